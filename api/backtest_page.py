"""A back-test as one HTML page: self-contained, no scripts, every name escaped."""

import base64
import hashlib
from typing import Any

from knockon.api.backtest_json import (
    FORECAST_HEADINGS,
    FORECAST_KEY,
    POOLS,
    count_shared_assumptions,
    describe_question,
    list_forecasts,
)
from knockon.graph.analysis.backtest.backtest import Backtest, Outcome, Verdict, share
from knockon.graph.analysis.backtest.reports import READINGS
from knockon.graph.analysis.backtest.scores import Confusion
from knockon.graph.maps.text import xml
from knockon.graph.words import chance, number

_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1b2733;max-width:72rem;margin:2rem auto}
body{padding:0 1rem}h1{font-size:1.5rem;line-height:1.3}h2{font-size:1.15rem;margin-top:2.5rem}
table{border-collapse:collapse;margin:1rem 0;width:100%}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #dde3e9;vertical-align:top}
th{font-weight:600;color:#44525f}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
tr.wrong td{background:#fdf3e7}b.right{color:#1a6b3c}b.wrong{color:#a3261c}
b.tie,b.order{color:#8a5a00}.quiet{color:#5b6975}.scroll{overflow-x:auto}summary{cursor:pointer}
svg{max-width:100%}
""".strip()
# what each stretch of a strip means: the count, its colour, its word
_STRIP = (
    ("hits", "#b5402f", "hit, as predicted"),
    ("misses", "#f0b429", "hit, but missed"),
    ("alarms", "#7a4fa3", "spared, but predicted hit"),
    ("quiet", "#5f9ea0", "spared, as predicted"),
)
_HEADINGS = {
    "predicted": "knockon",
    "sure": "knockon, stated strengths alone",
    "possible": "knockon, unknown strengths at 1",
    "reachable": "baseline: everything reachable fails",
    "customer": "baseline: every customer of the owner fails",
}


def render_backtest(found: Backtest) -> str:
    """The page: result, baselines, paired tests, and one section per incident."""
    common = count_shared_assumptions(found)
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'"
    body = [
        f"<h1>{xml(found.headline)}</h1>",
        _render_list(
            [*found.notes, *(f"assumed in {n} incidents: {t}" for t, n in common.items())]
        ),
        "<h2>Beside simple rules</h2>",
        _render_pools(found),
        "<h2>Paired tests</h2>",
        _render_paired(found.paired),
        *_render_forecasts(found),
        "<h2>Incidents</h2>",
        _render_overview(found),
        *(_render_section(i, o, common) for i, o in enumerate(found.outcomes)),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>knockon back-test</title><style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _render_pools(found: Backtest) -> str:
    """Precision and recall by reading, for all incidents and the two kinds of graphs."""
    rows = []
    for name, hindsight in POOLS.items():
        of = len(found.of(hindsight=hindsight))
        for reading in READINGS:
            score = found.pooled(reading, hindsight=hindsight)
            rows.append(
                [f"{name.replace('_', ' ')} ({of})", _HEADINGS[reading], *_format_shares(score)]
            )
    loose = found.pooled(strict=False)
    rows.append(["all, with users' reports", _HEADINGS["predicted"], *_format_shares(loose)])
    return _render_table(
        ("incidents", "rule"), ("precision", "recall", "spared right", "reports"), rows
    )


def _format_shares(score: Confusion) -> list[str]:
    figures = (score.precision, score.recall, score.spared_right)
    return [*map(share, figures), f"{score.rows:,}"]


def _render_paired(tests: list[tuple[Outcome, Verdict]]) -> str:
    if not tests:
        return "<p>None.</p>"
    lines = []
    for outcome, v in tests:
        graph = outcome.graph
        worse, better = (graph.names[graph.find(i)] for i in (v.pair.worse, v.pair.better))
        figures = f"{share(v.worse)} / {share(v.better)}"
        lines.append(
            f"<tr><td>{xml(v.pair.name)}</td><td>{xml(outcome.incident.name)}</td>"
            f"<td>{xml(worse)}</td><td>{xml(better)}</td>"
            f"<td>{xml(v.figure.replace('_', ' '))}</td><td>{figures}</td>"
            f'<td><b class="{v.verdict}">{v.verdict}</b></td>'
            f"<td>{xml(v.pair.why)} <span class=quiet>{xml(v.pair.source)}</span></td></tr>"
        )
    heads = ("test", "incident", "fared worse", "fared better", "by", "predicted", "verdict", "why")
    return _frame_table("".join(f"<th>{h}</th>" for h in heads), lines)


def _render_forecasts(found: Backtest) -> list[str]:
    rows = list_forecasts(found)
    if not rows:
        return []
    heads = FORECAST_HEADINGS
    return [
        "<h2>How many were hit</h2>",
        f"<p>{xml(FORECAST_KEY[:1].upper() + FORECAST_KEY[1:])}.</p>",
        _render_table(heads[:2], heads[2:], rows),
    ]


def _render_overview(found: Backtest) -> str:
    legend = "".join(f"<li>{_render_swatch(colour)} {word}</li>" for _, colour, word in _STRIP)
    most = max(o.score(strict=False).rows for o in found.outcomes)
    lines = []
    for i, outcome in enumerate(found.outcomes):
        score = outcome.score(strict=False)
        ranks = map(share, (outcome.impact_rank, outcome.recovery_rank))
        lines.append(
            f'<tr><td><a href="#i{i}">{xml(outcome.incident.name)}</a></td>'
            f"<td>{_render_strip(score, most)}</td>"
            + "".join(f"<td class=n>{c}</td>" for c in (*_format_shares(outcome.score()), *ranks))
            + "</tr>"
        )
    heads = "<th>incident</th><th>reports</th>" + "".join(
        f"<th class=n>{h}</th>"
        for h in ("precision", "recall", "spared right", "rows", "impact rank", "recovery rank")
    )
    return f"<ul>{legend}</ul>" + _frame_table(heads, lines)


def _render_swatch(colour: str) -> str:
    return f'<svg width="28" height="10"><rect width="28" height="10" fill="{colour}"/></svg>'


def _render_strip(score: Confusion, most: int) -> str:
    """One bar, as long as there are reports, in the stretches of _STRIP."""
    scale, x, parts = 300 / most, 0.0, []
    for cell, colour, word in _STRIP:
        count = getattr(score, cell)
        if count:
            wide = count * scale
            parts.append(
                f'<rect x="{x:.1f}" width="{max(wide - 1, 1):.1f}" height="14" fill="{colour}">'
                f"<title>{count} {word}</title></rect>"
            )
            x += wide
    label = ", ".join(f"{getattr(score, c)} {w}" for c, _, w in _STRIP if getattr(score, c))
    return f'<svg width="300" height="14" role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _render_section(number_of: int, outcome: Outcome, known: dict[str, int]) -> str:
    """One incident: what failed, what was assumed, what came out wrong, and every row."""
    incident = outcome.incident
    dated = incident.date is None or incident.date[:4] in incident.title
    when = "" if dated else f" ({incident.date})"
    how = (
        f"Written in hindsight: {incident.hindsight}."
        if incident.hindsight
        else "The dependencies were known before the event."
    )
    own = [line for line in incident.assumed if line not in known]
    shared = len(incident.assumed) - len(own)
    lines = [*own, *([f"and {shared} more, in the notes above"] if shared else [])]
    wrong = outcome.wrong.to_dicts()
    return "\n".join(
        [
            f'<h2 id="i{number_of}">{xml(incident.title + when)}</h2>',
            f"<p>{xml(describe_question(outcome))}. {xml(how)}</p>",
            "<p>Assumed:</p>" + _render_list(lines) if lines else "",
            "<p>Came out wrong:</p>" + _render_rows(wrong)
            if wrong
            else "<p>No row came out wrong.</p>",
            f"<details><summary>All {outcome.rows.height} reports</summary>",
            _render_rows(outcome.rows.sort("reported", "id").to_dicts()),
            "</details>",
        ]
    )


def _render_rows(rows: list[dict[str, Any]]) -> str:
    """Reports beside predictions; those that came out wrong say why."""
    lines = []
    for row in rows:
        chances = (row["probability_low"], row["probability"], row["probability_high"])
        hours = (row["down_hours"], row["reported_recovery_hours"])
        why = row["note"] or (row["spared_because"] or "").replace("_", " ")
        cells = (
            xml(row["name"]), f"{row['reported']} ({xml(row['attribution'])})", chance(*chances),
            *("" if h is None else number(h) for h in hours),
            "" if row["reported_impact"] is None else f"{row['reported_impact']:g}", xml(why),
        )  # fmt: skip
        kind = "" if row["right"] else " class=wrong"
        lines.append(f"<tr{kind}>{''.join(f'<td>{c}</td>' for c in cells)}</tr>")
    heads = ("who", "reported", "predicted", "hours down", "hours reported", "impact", "why")
    return _frame_table("".join(f"<th>{h}</th>" for h in heads), lines)


def _render_table(words: tuple[str, ...], figures: tuple[str, ...], rows: list[list[str]]) -> str:
    heads = "".join(f"<th>{h}</th>" for h in words)
    heads += "".join(f"<th class=n>{h}</th>" for h in figures)
    lines = [
        "<tr>"
        + "".join(f"<td>{xml(c)}</td>" for c in row[: len(words)])
        + "".join(f"<td class=n>{c}</td>" for c in row[len(words) :])
        + "</tr>"
        for row in rows
    ]
    return _frame_table(heads, lines)


def _frame_table(heads: str, lines: list[str]) -> str:
    return (
        f"<div class=scroll><table><thead><tr>{heads}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _render_list(lines: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{xml(line)}</li>' for line in lines)}</ul>"
