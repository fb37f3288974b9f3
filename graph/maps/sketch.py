"""Boxes and lines as text for other tools: DOT of Graphviz, a flowchart of Mermaid.

In neither is anything of a name markup.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sketch:
    """headline; boxes: (key, lines of text, class), keys in the order drawn; lines: (tail, head,
    text, whether all of its strength is known)."""

    headline: str
    boxes: Sequence[tuple[str, Sequence[str], str]]
    lines: Sequence[tuple[str, str, str, bool]]


_STYLES: Mapping[str, tuple[str, str]] = {  # of Graphviz, of Mermaid
    "fails": ("bold,filled", "fill:#7f0000,color:#fff"),
    "hit": ("filled", "fill:#f08a5d,color:#1a1a1a"),
    "unknown": ("dashed", "fill:#fdf6ec,color:#1a1a1a,stroke-dasharray:5 3"),
    "spared": ("rounded", "fill:#fff,color:#1a1a1a,stroke:#00694b,stroke-width:3px"),
    "mixed": ("solid", "fill:#f2f2f2,color:#1a1a1a"),
    "saves": ("rounded,filled", "fill:#dceaf7,color:#1a1a1a,stroke:#0072b2,stroke-width:3px"),
    "new": ("filled", "fill:#f08a5d,color:#1a1a1a"),
    "worse": ("filled", "fill:#fbd3bd,color:#1a1a1a"),
    "better": ("rounded", "fill:#cfe3f1,color:#1a1a1a"),
    "gone": ("dashed", "fill:#8fc1e3,color:#1a1a1a,stroke-dasharray:5 3"),
    "range": ("dashed", "fill:#f2f2f2,color:#1a1a1a,stroke-dasharray:5 3"),
    "same": ("solid", "fill:#f2f2f2,color:#1a1a1a"),
}


def write_dot(sketch: Sketch) -> str:
    """The sketch as DOT."""
    number = {key: f"n{i}" for i, (key, _, _) in enumerate(sketch.boxes)}
    lines = [
        f"digraph {{\n  label={_quote([sketch.headline])}\n  rankdir=LR\n  node [shape=box]",
        *(
            f"  {number[key]} [label={_quote(said)}, class={_quote([of])}, "
            f"style={_quote([_STYLES[of][0]])}]"
            for key, said, of in sketch.boxes
        ),
        *(
            f"  {number[tail]} -> {number[head]} [label={_quote([said])}"
            f"{'' if known else ', style=dashed'}]"
            for tail, head, said, known in sketch.lines
        ),
    ]
    return "\n".join([*lines, "}", ""])


def write_mermaid(sketch: Sketch) -> str:
    """The sketch as a flowchart of Mermaid."""
    number = {key: f"n{i}" for i, (key, _, _) in enumerate(sketch.boxes)}
    lines = [f'---\ntitle: "{_entities(sketch.headline)}"\n---\nflowchart LR']
    for key, said, of in sketch.boxes:
        label = "<br/>".join(_entities(part) for part in said)
        lines.append(f'  {number[key]}["{label}"]:::{of}')
    for tail, head, said, known in sketch.lines:
        arrow = "-->" if known else "-.->"
        label = f'|"{_entities(said)}"|' if said else ""
        lines.append(f"  {number[tail]} {arrow}{label} {number[head]}")
    used = {of for _, _, of in sketch.boxes}
    lines += [f"  classDef {of} {style}" for of, (_, style) in _STYLES.items() if of in used]
    return "\n".join([*lines, ""])


def _quote(parts: Sequence[str]) -> str:
    r"""A string of DOT; `\n` between parts, everything else as it is."""
    escaped = (p.replace("\\", "\\\\").replace('"', '\\"') for p in parts)
    return '"' + "\\n".join(escaped) + '"'


def _entities(said: str) -> str:
    """Text of Mermaid, in which nothing is markup."""
    return "".join(ch if ch.isalnum() or ch in " .,:-()%+" else f"#{ord(ch)};" for ch in said)
