"""Draws the rooms of the house from its imports: docs/house.svg and the tables of docs/house.md.

python docs/house.py           writes both
python docs/house.py --check   ends with 1 where they are not current
"""

import re
import sys
from collections import Counter
from pathlib import Path

import graphviz
import grimp
import networkx as nx

from knockon.graph.maps.layout import run_graphviz

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
BEGIN, END = "<!-- made by docs/house.py -->", "<!-- end -->"
COLOURS = {"api": "#dce9f5", "loaders": "#e4f0dc", "graph": "#f7ecd5"}
UPWARDS = {("graph.analysis", "graph.maps")}  # a notebook asks an answer for its picture


def room_of(module: str) -> str:
    """The room a module stands in: the folder, two levels below `knockon` at most, or itself."""
    parts = module.split(".")[1:]
    return ".".join(parts[:2]) if parts else "knockon"


def read_rooms() -> tuple[dict[str, int], Counter[tuple[str, str]]]:
    """Files in each room, and imports from room to room."""
    graph = grimp.build_graph("knockon", exclude_type_checking_imports=False)
    sizes: Counter[str] = Counter()
    arrows: Counter[tuple[str, str]] = Counter()
    for module in sorted(graph.modules):
        room = room_of(module)
        if room.count("."):
            sizes[room] += not ROOT.joinpath(*module.split(".")[1:]).is_dir()
            for other in graph.find_modules_directly_imported_by(module):
                ends = room, room_of(other)
                if ends[0] != ends[1] and ends[1].count("."):
                    arrows[ends] += 1
    return dict(sizes), arrows


def write_dot(sizes: dict[str, int], arrows: Counter[tuple[str, str]]) -> str:
    """DOT text: each floor with its rooms, and what a room builds on that no room between does.

    Arrows that follow from others are left out (transitive reduction), those from floor to floor
    are one each.
    """
    dot = graphviz.Digraph(
        graph_attr={"rankdir": "LR", "nodesep": "0.18", "ranksep": "0.45", "compound": "true"},
        node_attr={"shape": "box", "style": "filled,rounded", "fontname": "Helvetica",
                   "fontsize": "12", "height": "0.4"},
        edge_attr={"color": "#555555", "arrowsize": "0.6"},
    )  # fmt: skip
    for floor, colour in reversed(COLOURS.items()):  # the first one is drawn lowest
        rooms = sorted(r for r in sizes if r.split(".")[0] == floor)
        with dot.subgraph(name=f"cluster_{floor}") as box:
            box.attr(label=f"{floor}/", style="rounded", color="#999999", fontsize="14",
                     fontname="Helvetica")  # fmt: skip
            for room in rooms:
                name, files = room.partition(".")[2], sizes[room]
                folder = ROOT.joinpath(*room.split(".")).is_dir()
                words = f"{name}/\n{files} file{'' if files == 1 else 's'}" if folder else name
                look = {"fillcolor": colour} if folder else {"style": "rounded"}
                box.node(room.replace(".", "_"), words, **look)
        inside = nx.DiGraph((a, b) for a, b in arrows if {a, b} <= set(rooms))
        inside.remove_edges_from(UPWARDS)
        for a, b in sorted(nx.transitive_reduction(inside).edges):
            dot.edge(a.replace(".", "_"), b.replace(".", "_"))
    for a, b in sorted(UPWARDS & set(arrows)):
        dot.edge(a.replace(".", "_"), b.replace(".", "_"), style="dashed", constraint="false",
                 tooltip="the one import upwards")  # fmt: skip
    return str(dot.source)


def write_table(sizes: dict[str, int], arrows: Counter[tuple[str, str]]) -> str:
    """A Markdown table: rooms, their files, what each builds on, and the head of its folder."""
    lines = ["| room | files | builds on | what it is for |", "| --- | --- | --- | --- |"]
    for room in sorted(r for r in sizes if ROOT.joinpath(*r.split(".")).is_dir()):
        on = sorted(b for a, b in arrows if a == room and b.split(".")[0] == room.split(".")[0])
        head = ROOT.joinpath(*room.split("."), "__init__.py")
        text = head.read_text(encoding="utf-8") if head.exists() else ""
        first = re.search(r'"""(.*?)(?:\n\n|""")', text, re.DOTALL)
        words = " ".join(first[1].split()) if first else ""
        others = ", ".join(f"`{b.partition('.')[2] or b}`" for b in on)
        lines.append(f"| `{room.replace('.', '/')}` | {sizes[room]} | {others} | {words} |")
    return "\n".join(lines)


def made() -> dict[Path, str]:
    """The files as they should be."""
    sizes, arrows = read_rooms()
    dot = write_dot(sizes, arrows)
    page = DOCS / "house.md"
    text = page.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGIN)
    tail = rest.partition(END)[2]
    table = f"{BEGIN}\n\n{write_table(sizes, arrows)}\n\n{END}"
    return {
        DOCS / "house.dot": dot,
        DOCS / "house.svg": run_graphviz(dot, "svg").decode(),
        page: head + table + tail,
    }


def main() -> int:
    stale = []
    for path, text in made().items():
        if "--check" in sys.argv[1:]:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                stale.append(path.name)
        else:
            path.write_text(text, encoding="utf-8")
    if stale:
        sys.stderr.write(f"not current: {', '.join(stale)}; run `python docs/house.py`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
