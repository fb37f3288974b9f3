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

from knockon.graph.maps.layout import run_graphviz

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
BEGIN, END = "<!-- made by docs/house.py -->", "<!-- end -->"
COLOURS = {"api": "#dce9f5", "loaders": "#e4f0dc", "graph": "#f7ecd5"}
FACES = {"knockon"}


def room_of(module: str) -> str:
    """The room a module stands in: the folder, two levels below `knockon` at most."""
    parts = module.split(".")[1:]
    if not parts:
        return "knockon"
    folder = ROOT.joinpath(*parts[:2])
    return ".".join(parts[:2]) if folder.is_dir() else parts[0]


def read_rooms() -> tuple[dict[str, int], Counter[tuple[str, str]]]:
    """Files in each room, and imports from room to room."""
    graph = grimp.build_graph("knockon", exclude_type_checking_imports=False)
    sizes: Counter[str] = Counter()
    arrows: Counter[tuple[str, str]] = Counter()
    for module in sorted(graph.modules):
        if not (ROOT / Path(*module.split(".")[1:])).is_dir():
            sizes[room_of(module)] += 1
        for other in graph.find_modules_directly_imported_by(module):
            ends = room_of(module), room_of(other)
            if ends[0] != ends[1] and ends[0] not in FACES:
                arrows[ends] += 1
    return dict(sizes), arrows


def write_dot(sizes: dict[str, int], arrows: Counter[tuple[str, str]]) -> str:
    """DOT text: rooms in the order of their names, arrows by the number of imports."""
    dot = graphviz.Digraph(
        graph_attr={"rankdir": "TB", "nodesep": "0.25", "ranksep": "0.5", "fontname": "Helvetica"},
        node_attr={"shape": "box", "style": "filled,rounded", "fontname": "Helvetica",
                   "fontsize": "11"},
        edge_attr={"color": "#777777", "arrowsize": "0.6"},
    )  # fmt: skip
    for floor, colour in COLOURS.items():
        with dot.subgraph(name=f"cluster_{floor}") as box:
            box.attr(label=f"{floor}/", style="rounded", color="#999999", fontsize="12")
            for room in sorted(r for r in sizes if r.split(".")[0] == floor):
                name = room.partition(".")[2] or "beside the rooms"
                files = f"{sizes[room]} file{'' if sizes[room] == 1 else 's'}"
                box.node(room.replace(".", "_"), f"{name}\n{files}", fillcolor=colour)
    for (a, b), number in sorted(arrows.items()):
        if b == "knockon" or a not in sizes or b not in sizes:
            continue
        wide = f"{min(0.6 + number / 12, 4):.2f}"
        ends = (a.replace(".", "_"), b.replace(".", "_"))
        dot.edge(*ends, penwidth=wide, tooltip=f"{number} imports")
    return str(dot.source)


def write_table(sizes: dict[str, int], arrows: Counter[tuple[str, str]]) -> str:
    """A Markdown table: rooms, their files, what each builds on, and the head of its folder."""
    lines = ["| room | files | builds on | what it is for |", "| --- | --- | --- | --- |"]
    for room in sorted(sizes):
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
    sizes.pop("knockon", None)
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
