// The answer: figures, map, totals by kind, ranking with routes.

import { address, at } from "./api.js";
import { $, clip, count, make, nameOf, percent, span, table, words } from "./dom.js";

const VERDICTS = { hit: "● hit", spared: "○ spared", unknown: "? unknown" };

export function show(answer, names, { graph, query, onMore }) {
  $("#headline").textContent = answer.headline;
  $("#sureness").textContent = answer.assumption;
  $("#figures").replaceChildren(...figures(answer));
  $("#links").replaceChildren(...links(graph, query, answer.entities.length + answer.more));
  showMap(address(at(graph, "/whatif.svg"), query.filter(([key]) => key !== "top")), $("#headline").textContent);
  $("#kinds").replaceChildren(kinds(answer.totals.by_kind));
  $("#ranking").replaceChildren(ranking(answer.entities.filter((row) => row.rank > 0), names));
  $("#more").replaceChildren(...more(answer, onMore));
  $("#notes summary").textContent = `Notes on this answer (${answer.notes.length})`;
  $("#notes ul").replaceChildren(...answer.notes.map((note) => make("li", {}, note)));
  $("#notes").hidden = !answer.notes.length;
  $("#answer").hidden = false;
}

function figures({ totals, scenario }) {
  const drawn = scenario.exact ? "exact: all cases" : `${scenario.worlds.toLocaleString("en")} random worlds`;
  const facts = [
    ["Expected hits", count(totals.hit), scenario.exact ? drawn : `± ${count(2 * totals.hit_std_error)}, ${drawn}`],
    ["Hits, unknown as 0 to as 1", span(totals.hit_low, totals.hit_high, count), "origins not counted"],
    ["Mean impact", count(totals.impact), "weight × loss, origins counted"],
    ["Impact in bad worlds", count(totals.p95), `1 in 20 is as bad or worse; 1 in 100: ${count(totals.p99)}`],
  ];
  return facts.map(([term, figure, hint]) => make("div", {},
    make("dt", {}, term), make("dd", {}, make("strong", {}, figure), make("small", {}, hint))));
}

function links(graph, query, rows) {
  const bare = query.filter(([key]) => key !== "top");
  const link = (text, suffix, asked) => make("a", { href: address(at(graph, `/whatif${suffix}`), asked) }, text);
  return ["This answer as ", link("JSON", "", query), ", ",
    link(`CSV with all ${rows.toLocaleString("en")} rows`, ".csv", [...bare, ["top", rows]]), ", ",
    link("SVG map", ".svg", bare), ". The address of this page asks the same question again."];
}

// An <object> keeps the tooltips of the map, and runs nothing of it: its own policy forbids that.
function showMap(url, label) {
  const map = make("object", { type: "image/svg+xml", data: url, "aria-label": `Map: ${label}` },
    make("p", {}, "The map could not be drawn. ", make("a", { href: url }, "See why")));
  map.addEventListener("load", () => {
    const svg = map.contentDocument?.documentElement;
    const [, , width, height] = svg?.getAttribute("viewBox")?.split(" ").map(Number) ?? [];
    if (!width) return;
    svg.setAttribute("width", "100%");
    svg.setAttribute("height", "100%");
    map.style.aspectRatio = `${width} / ${height}`;
    map.style.maxWidth = `${width * 1.25}px`;
  });
  $("#map").replaceChildren(map);
}

function kinds(rows) {
  const heads = [{ text: "Kind" }, { text: "Within reach", number: true }, { text: "of all", number: true },
    { text: "Expected hits", number: true }, { text: "Low–high", number: true }, { text: "Impact", number: true }];
  return table(heads, rows.map((row) => [words(row.kind), count(row.within_reach), count(row.entities),
    count(row.hit), span(row.hit_low, row.hit_high, count), count(row.impact)]));
}

function ranking(rows, names) {
  const heads = [{ text: "#", number: true }, { text: "Who" }, { text: "Probability", title: "assumed; low to high" },
    { text: "Verdict" }, { text: "Loss", number: true, title: "mean share of its function, in worlds that hit it" },
    { text: "Impact", number: true, title: "mean of weight × loss" },
    { text: "Carries", number: true, title: "expected entities whose route runs through it" }, { text: "Route" }];
  return table(heads, rows.map((row) => [
    row.rank.toLocaleString("en"),
    make("div", {}, nameOf(row.name, row.id), make("small", {}, [words(row.kind), row.sector].filter(Boolean).join(" · "))),
    probability(row),
    make("span", { class: `verdict ${row.verdict}` }, VERDICTS[row.verdict] ?? row.verdict),
    row.loss === null ? "–" : percent(row.loss),
    count(row.impact),
    row.carries >= 0.05 ? count(row.carries) : "–",
    route(row.route ?? [], names),
  ]));
}

// A bar from low to high with a tick at the assumed strength; the figures stand beside it.
function probability({ probability: mid, probability_low: low, probability_high: high }) {
  const range = make("span", { class: "range" });
  const tick = make("span", { class: "tick" });
  range.style.left = `${low * 100}%`;
  range.style.width = `${(high - low) * 100}%`;
  tick.style.left = `${mid * 100}%`;
  const text = low === high ? percent(mid) : `${percent(mid)} (${span(low, high, percent)})`;
  return make("div", { class: "chance" }, text, make("span", { class: "bar", "aria-hidden": "true" }, range, tick));
}

function route(ids, names) {
  const steps = ids.flatMap((id, i) => [i ? " → " : "", nameOf(clip(names.get(id) ?? id), id)]);
  return make("span", { class: "route" }, ...(steps.length ? steps : ["–"]));
}

function more({ more: left, entities }, onMore) {
  if (!left) return [];
  return [make("button", { type: "button", onclick: () => onMore(entities.length + Math.min(left, 500)) },
    `Show ${left > 500 ? "500 of the" : "the"} ${left.toLocaleString("en")} other rows`)];
}
