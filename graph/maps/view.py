"""How a map is shown: what is named, gathered, opened and linked; the answer stays the same."""

from dataclasses import dataclass

NODES = 40  # marks by name that a page holds


@dataclass(frozen=True)
class MapView:
    """group_by: a column of entities whose values stacks are told apart by, empty: none;
    focus: id of the entity whose routes alone are shown, empty: all
    depth: columns right of what fails, the last holds what lies beyond; 0: as many as read well
    max_nodes: up to so many entities stand all by name, and so many boxes are drawn at most
    open: stacks whose members stand all by name: keys, or ids or names of what they stand behind
    link: an address with `{id}` (and `{name}`, `{kind}`), empty: no links
    """

    group_by: str = ""
    focus: str = ""
    depth: int = 0
    max_nodes: int = NODES
    open: tuple[str, ...] = ()
    link: str = ""


PLAIN = MapView()
