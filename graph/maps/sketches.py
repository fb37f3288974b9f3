"""The boxes and lines of each picture that has them, for DOT and Mermaid."""

from collections.abc import Callable
from typing import Any

from knockon.graph.analysis.comparison import Comparison
from knockon.graph.analysis.cuts import CutSets
from knockon.graph.analysis.impact import Impact
from knockon.graph.analysis.why import Explanation
from knockon.graph.maps.boxes import list_shown
from knockon.graph.maps.changed import CHANGES, Moves, grow_forest
from knockon.graph.maps.marks import Subject, find_verdict
from knockon.graph.maps.move_boxes import describe_failing, describe_move, describe_sums
from knockon.graph.maps.plan import Box, list_plans_of, plan_map
from knockon.graph.maps.ribbons import find_knowledge
from knockon.graph.maps.sets import list_drawn, list_lines, may_hold
from knockon.graph.maps.sketch import Sketch
from knockon.graph.maps.text import clean
from knockon.graph.maps.view import PLAIN, MapView
from knockon.graph.maps.ways import give_roles, list_routes, list_spare, list_steps
from knockon.graph.words import chance, percent, range_of


def sketch_map(impact: Impact, view: MapView = PLAIN) -> Sketch:
    """The boxes of the map, each with how many are hit; lines with how many pass."""
    plan = plan_map(impact, view)
    subject = Subject(impact, plan, view)
    boxes = [(b.key, _name(subject, b), find_verdict(b)) for b in plan.boxes]
    lines = [
        (w.tail, w.head, f"{w.count:,}", find_knowledge(w) == "stated") for w in plan.lines
    ]  # fmt: skip
    return Sketch(impact.headline, boxes, lines)


def _name(subject: Subject, box: Box) -> list[str]:
    """What stands in a box: names, how many more, how many are hit."""
    names = [subject.name(row) for row in list_shown(box)]
    rest = len(box.members) - len(names)
    said = [f"+ {rest:,} more"] if rest else []
    figure = "fail" if box.origin else range_of(box.low, box.middle, box.high, len(box.members))
    return [*names, *said, figure]


def sketch_moves(answer: Comparison, _: MapView = PLAIN) -> Sketch:
    """The boxes of both answers, each with what was and what is."""
    forest = grow_forest(answer)
    plan = next(iter(list_plans_of(forest, PLAIN)))
    moves = Moves(answer, forest, plan)
    boxes = []
    for box in plan.boxes:
        names = [moves.name(row) for row in list_shown(box)]
        rest = len(box.members) - len(names)
        said = [*names, *([f"+ {rest:,} more"] if rest else [])]
        change = moves.change(box)
        if box.single:
            row = box.members[0]
            said.append(describe_failing(moves, row) if box.origin else describe_move(moves, row))
        else:
            said.append(describe_sums(moves, box))
        of = "fails" if box.origin else change if change in CHANGES else "mixed"
        boxes.append((box.key, said, of))
    lines = [(w.tail, w.head, f"{w.count:,}", w.known == 1) for w in plan.lines]
    return Sketch(answer.headline, boxes, lines)


def sketch_ways(answer: Explanation, _: MapView = PLAIN) -> Sketch:
    """The routes to the target, with the strengths that are known."""
    rows = list_routes(answer)
    names = {i: clean(name) for i, name in answer.entities.items()}
    target = str(answer.target["id"])
    figures = [answer.target[f"probability{end}"] for end in ("_low", "", "_high")]
    hit = f"hit with {chance(figures[0], figures[1], figures[2])}"
    if not rows:
        named = clean(answer.target["name"])
        return Sketch(answer.headline, [(target, [named, "not hit"], "spared")], [])
    verdict = "hit" if figures[0] >= 0.5 else "spared" if figures[2] < 0.5 else "unknown"
    classes = {
        "fails": "fails", "passed": "saves", "lost": "mixed", "left": "spared", "target": verdict,
    }  # fmt: skip
    words = {"fails": "fails", "passed": "made safe, saves it", "left": "is left", "target": hit}
    boxes = [
        (i, [names.get(i, i), *([words[role]] if role in words else [])], classes[role])
        for i, role in give_roles(answer, rows).items()
    ]
    steps = list_steps(rows)
    lines = [
        (*ends, "" if s["strength_source"] == "none" else percent(s["strength"]),
         s["strength_source"] != "none")
        for ends, s in steps.items()
    ]  # fmt: skip
    lines += [(*ends, "", True) for ends in list_spare(rows) if ends not in steps]
    return Sketch(answer.headline, boxes, lines)


def sketch_sets(answer: CutSets, _: MapView = PLAIN) -> Sketch:
    """Who takes the target down, alone or all of a set."""
    rows = list_drawn(answer)
    names = {**answer.entities, answer.target: answer.target_name}
    alone = {f"e{r['members'][0]}": may_hold(r) for r in rows if r["order"] == 1}
    target = f"e{answer.target}"
    lines = list_lines(answer, rows)
    boxes: dict[str, tuple[str, list[str], str]] = {}
    for key in [*(end for ends in lines for end in ends), target]:
        if key[0] == "s":
            of, said = "mixed", [f"all {rows[int(key[1:])]['order']}"]
        else:
            of = "mixed" if key not in alone else "unknown" if alone[key] else "fails"
            said = [clean(names[key[1:]])]
        boxes.setdefault(key, (key, said, "hit" if key == target else of))
    drawn = [(*ends, "", row is None or not may_hold(row)) for ends, row in lines.items()]
    return Sketch(answer.headline, list(boxes.values()), drawn)


SKETCHES: dict[str, Callable[[Any, MapView], Sketch]] = {
    "map": sketch_map, "compare": sketch_moves, "why": sketch_ways, "cuts": sketch_sets,
}  # fmt: skip
"""Pictures of boxes and lines, by name."""
