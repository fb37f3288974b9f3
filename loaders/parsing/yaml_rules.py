"""What a format allows of YAML; apart from the parser, so that formats can name their rules."""

from dataclasses import dataclass

MAX_DEPTH = 64


@dataclass(frozen=True)
class Rules:
    """What a format allows.

    depth:      levels of lists and mappings within each other, aliases followed
    structures: an alias may stand for a list or a mapping, and `<<` merges mappings; otherwise
                only for a single value
    many:       several documents may follow each other
    tags:       tags of the format's own that the value of a key may have (`YamlMap.tags`)
    """

    depth: int = MAX_DEPTH
    structures: bool = True
    many: bool = False
    tags: tuple[str, ...] = ()


ONE = Rules()
MANY = Rules(many=True)
