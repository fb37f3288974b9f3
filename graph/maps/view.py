"""How a map is shown: what is named, gathered, opened and linked; the answer stays the same."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from knockon.graph.errors import ScenarioError, clip, did_you_mean
from knockon.graph.scenario.fields import LOOK

NODES = 40  # marks by name that a page holds


@dataclass(frozen=True)
class MapView:
    """group_by: a column of entities whose values stacks are told apart by, empty: none;
    focus: id or name of the entity whose routes alone are shown, empty: all
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

    @classmethod
    def of(cls, look: Mapping[str, Any]) -> "MapView":
        """From the fields of the table `LOOK`, at their defaults where they are not stated.

        Raises ScenarioError for a field that is none, and an address that is none.
        """
        names = [f.name for f in LOOK]
        for name in look:
            if name not in names:
                raise ScenarioError(f"unknown option {clip(name)!r}{did_you_mean(name, names)}")
        link = look.get("link") or ""
        link = "" if link == "none" else link
        if link and not re.match(r"(https?://|mailto:|[/?#.])", link):
            raise ScenarioError(
                f"link: expected an address such as https://cmdb.example/{{id}}, got {clip(link)!r}"
            )
        opened = look.get("open") or ()
        return cls(
            group_by=look.get("group_by") or "", focus=look.get("focus") or "",
            depth=look.get("depth") or 0, max_nodes=look.get("max_nodes") or NODES,
            open=(opened,) if isinstance(opened, str) else tuple(opened), link=link,
        )  # fmt: skip

    def describe(self) -> str:
        """What of it is not the default, as a sentence; empty where all is."""
        said = [
            *([f"stacks by {self.group_by}"] if self.group_by else []),
            *([f"only what leads to or through {self.focus}"] if self.focus else []),
            *([f"depth {self.depth}"] if self.depth else []),
            *([f"up to {self.max_nodes} marks by name"] if self.max_nodes != NODES else []),
            *([f"opened: {', '.join(self.open)}"] if self.open else []),
        ]
        return f"Shown: {'; '.join(said)}." if said else ""


PLAIN = MapView()
