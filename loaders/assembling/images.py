"""Container images as entities: one id for what manifests, Compose files and BOMs say.

A reference is `[registry/]name[:tag][@digest]` (https://github.com/distribution/reference). Docker
Hub is the registry where none is named, and `library` its owner where none is named, so that
`redis`, `docker.io/redis:7` and `index.docker.io/library/redis` are one image. The id leaves the
version out: a bad update or a compromise of an image is asked for by its name.
"""

import json
import re
from dataclasses import dataclass, field

from knockon.graph.errors import clip
from knockon.loaders.assembling.gather import Rows

_SCHEME = re.compile(r"^(?:docker|docker-pullable|oci|containerd)://", re.IGNORECASE)
_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com")
_REFERENCE = re.compile(r"[\w][\w.:/-]*")


def split_image(reference: str) -> tuple[str, str | None]:
    """The name of an image and its version: the tag, else the digest, else None.

    The name is empty where the text is no reference, such as one that a variable was to fill.

    >>> split_image("docker.io/library/redis:7"), split_image("ghcr.io/acme/api@sha256:ab")
    (('redis', '7'), ('ghcr.io/acme/api', 'sha256:ab'))
    """
    text = _SCHEME.sub("", reference.strip())
    name, _, digest = text.partition("@")
    version = digest or None
    if ":" in name.rpartition("/")[2]:
        name, _, tag = name.rpartition(":")
        version = tag or version
    if not _REFERENCE.fullmatch(name) or name.endswith("/"):
        return "", version
    registry, slash, rest = name.partition("/")
    if slash and registry.lower() in _HUB:
        name = rest
    elif slash and ("." in registry or ":" in registry):  # the host of a registry has no case
        name = f"{registry.lower()}/{rest}"
    return name.removeprefix("library/"), version


def make_image_id(name: str) -> str:
    """The id of the image of this name (`split_image`): `image:redis`."""
    return f"image:{name}"


@dataclass
class Images:
    """The images that the rows of one source run."""

    rows: Rows
    _used: set[tuple[str, str]] = field(default_factory=set)
    _digests: dict[str, set[str]] = field(default_factory=dict)

    def run(self, dependent: str, reference: str, where: str) -> None:
        """Add what runs an image, once; a name that is not understood is counted."""
        name, version = split_image(reference)
        identifier = make_image_id(name)
        if not name:
            reason = "an image whose name is not understood"
            self.rows.findings.add("dropped", reason, f"{clip(reference, 60)} at {where}")
            return
        self._digests.setdefault(identifier, set()).add(reference.partition("@")[2].strip())
        if (dependent, identifier) in self._used:
            return
        self._used.add((dependent, identifier))
        self.rows.add_entity(identifier, where, name=identifier, kind="component")
        self.rows.add_dependency(
            dependent=dependent, provider=identifier, relation="runs", where=where, version=version
        )

    def name_digests(self) -> None:
        """An image of which all that run it name one digest goes by that, too: BOMs may know it."""
        for identifier, digests in self._digests.items():
            if len(digests) == 1 and digests != {""}:
                self.rows.entities[identifier]["also_known_as"] = json.dumps(list(digests))
