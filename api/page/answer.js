// The answer: figures, map, totals by kind, ranking with routes.

import { buildAddress, buildPath } from "./api.js";
import { offerCauses } from "./causes.js";
import { $, clip, formatCount, formatHours, formatRange, formatShare, make, makeName, makeTable, spellWords } from "./dom.js";
import { offerHelp } from "./help.js";

const VERDICTS = { hit: "● hit", spared: "○ spared", unknown: "? unknown" };

export function show(answer, names, { graph, query, onMore }) {
  $("#headline").textContent = answer.headline;
  $("#sureness").textContent = answer.assumption;
  $("#asked").textContent = answer.question;
  $("#figures").replaceChildren(...makeFigures(answer));
  $("#links").replaceChildren(...makeLinks(graph, query, answer.entities.length + answer.more, answer.scenario));
  const bare = query.filter(([key]) => key !== "top");
  const drawing = (rest) => buildAddress(buildPath(graph, `/whatif${rest}`), bare);
  $("#map").replaceChildren(makePicture(drawing(".svg"), `Map: ${answer.headline}`));
  $("#charts").replaceChildren(...listCharts(answer.scenario).flatMap(([name, title]) => [make("h3", {}, title),
    make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title },
      makePicture(drawing(`/${name}.svg`), `${title}: ${answer.headline}`))]));
  $("#kinds").replaceChildren(makeKinds(answer.totals, nameMiddle(answer)));
  $("#ranking").replaceChildren(makeRanking(answer, names, listCarried(query, answer.entities)));
  $("#more").replaceChildren(...makeMore(answer, onMore));
  $("#notes summary").textContent = `Notes on this answer (${answer.notes.length})`;
  $("#notes ul").replaceChildren(...answer.notes.map((note) => make("li", {}, note)));
  $("#notes").hidden = !answer.notes.length;
  offerCauses(graph, query, answer.entities);
  offerHelp(graph, query);
  $("#answer").hidden = false;
}

function makeFigures(answer) {
  const { totals, scenario, rollout } = answer;
  const drawn = scenario.exact ? "exact: all cases" : `${scenario.worlds.toLocaleString("en")} random worlds`;
  const middle = nameMiddle(answer);
  const ends = middle.startsWith("If") ? "Hits, unknown as 0 to as 1" : "Hits, from low to high";
  const lead = (name) => formatRange(totals[`${name}_low`], totals[`${name}_high`], formatCount);
  const also = (name) => (totals[`${name}_low`] === totals[`${name}_high`] ? "" : `${middle.toLowerCase()}: ${formatCount(totals[name])}; `);
  const error = scenario.exact ? drawn : `± ${formatCount(2 * totals.hit_std_error)}, ${drawn}`;
  const facts = [
    [also("hit") ? ends : "Expected hits", lead("hit"), `${also("hit")}${error}; origins not counted`],
    ["Mean impact", lead("impact"), `${also("impact")}weight × loss${scenario.hours === null ? "" : " × hours down"}; of the origins: ${formatCount(totals.impact_of_origins)}`],
    ["Impact in bad worlds", lead("p95"), `${also("p95")}1 in 20 is as bad or worse; 1 in 100: ${lead("p99")}`],
  ];
  const whole = rollout?.find((row) => row.rollout === "all at once");
  if (whole) facts.push(["Hits if all got it at once", formatCount(whole.hit),
    `the rings save ${formatShare(whole.impact ? 1 - totals.impact / whole.impact : 0)} of the impact`]);
  return facts.map(([term, figure, hint]) => make("div", {},
    make("dt", {}, term), make("dd", {}, make("strong", {}, figure), make("small", {}, hint))));
}

function makeLinks(graph, query, rows, scenario) {
  const bare = query.filter(([key]) => key !== "top");
  const link = (text, suffix, asked) => make("a", { href: buildAddress(buildPath(graph, `/whatif${suffix}`), asked) }, text);
  return ["This answer as ", link("JSON", "", query), ", ",
    link(`CSV with all ${rows.toLocaleString("en")} rows`, ".csv", [...bare, ["top", rows]]), ", ",
    link("SVG map", ".svg", bare), ...listCharts(scenario).flatMap(([name]) => [", ", link(`SVG ${name}`, `/${name}.svg`, bare)]),
    ". The address of this page asks the same question again."];
}

// The charts that the scenario allows: the name of each in its address, and its title.
function listCharts({ hours, rollout }) {
  return [hours !== null && ["timeline", "Who is down when"], rollout !== null && ["detection", "When to stop the rollout"],
    ["exceedance", "How bad it gets, and how often"]].filter(Boolean);
}

// An <object> keeps the tooltips of a picture, and runs nothing of it: its own policy forbids that.
export function makePicture(url, label) {
  const drawn = make("object", { type: "image/svg+xml", data: url, "aria-label": label },
    make("p", {}, "The picture could not be drawn. ", make("a", { href: url }, "See why")));
  drawn.addEventListener("load", () => {
    const svg = drawn.contentDocument?.documentElement;
    const [, , width, height] = svg?.getAttribute("viewBox")?.split(" ").map(Number) ?? [];
    if (!width) return;
    svg.setAttribute("width", "100%");
    svg.setAttribute("height", "100%");
    drawn.style.aspectRatio = `${width} / ${height}`;
    drawn.style.maxWidth = `${width * 1.25}px`;
  });
  return drawn;
}

// Where the weakest strength on a route comes from, where that is neither stated nor unknown.
const SOURCES = { "own table": "strengths from a table", register: "strengths from the register", incidents: "typical of past incidents" };

// What the figure in the middle rests on: the same words as in tables and pictures.
function nameMiddle({ scenario: { assume }, strength_sources: from }) {
  const counts = `unknown counts ${assume}`;
  const tables = from.incidents ? "Typical of past incidents" : from["own table"] || from.register ? "At the middle of the tables" : "";
  return [tables || `If ${counts}`, ...(tables && from.none ? [counts] : [])].join(", ");
}

function makeKinds({ by_kind: rows }, words) {
  const open = rows.some((row) => row.hit_low !== row.hit_high);
  const middle = open ? words : "Expected hits";
  const heads = [{ text: "Kind" }, { text: "Within reach", number: true }, { text: "of all", number: true },
    { text: "Hits, low–high", number: true }, { text: middle, number: true }, { text: "Impact", number: true }];
  return makeTable(heads, rows.map((row) => [spellWords(row.kind), formatCount(row.within_reach), formatCount(row.entities),
    formatRange(row.hit_low, row.hit_high, formatCount), formatCount(row.hit), formatCount(row.impact)]));
}

// The columns of the inventory that were asked for, as the rows name them.
function listCarried(query, rows) {
  const asked = query.filter(([key]) => key === "columns").flatMap(([, names]) => names.split(",").map((name) => name.trim()));
  return [...new Set(asked.map((name) => (rows[0] && `entity.${name}` in rows[0] ? `entity.${name}` : name)).filter(Boolean))];
}

const formatCell = (value) => (value === null || value === undefined ? "–" : typeof value === "number" ? formatCount(value) : clip(String(value)));

function makeRanking(answer, names, carried) {
  const { entities, scenario: { hours }, recovery = [] } = answer;
  const rows = entities.filter((row) => row.rank > 0);
  const timed = hours !== null;
  const stated = new Map(recovery.map((row) => [row.id, row]));
  const heads = [{ text: "#", number: true }, { text: "Who" },
    { text: "Probability", title: `low to high; tick: ${nameMiddle(answer).toLowerCase()}`, wide: true }, { text: "Verdict" },
    ...(timed ? [{ text: "Down after", number: true, title: "mean hours until it is down, in worlds that take it down" },
      { text: "Down for", number: true, title: "mean hours down, in worlds that take it down" }] : []),
    { text: "Loss", number: true, title: "mean share of its function, in worlds that hit it" },
    { text: "Impact", number: true, title: `mean of weight × loss${timed ? " × hours down" : ""}` },
    { text: "Carries", number: true, title: "expected entities whose route runs through it" },
    ...(stated.size ? [{ text: "Recovery stated", title: "the recovery time that the inventory states, and whether the outage exceeds it" }] : []),
    ...carried.map((name) => ({ text: spellWords(name) })), { text: "Route", wide: true }];
  return makeTable(heads, rows.map((row) => [
    row.rank.toLocaleString("en"),
    make("div", {}, makeName(row.name, row.id), make("small", {}, [spellWords(row.kind), row.sector].filter(Boolean).join(" · "))),
    makeProbability(row),
    make("span", { class: `verdict ${row.verdict}` }, VERDICTS[row.verdict] ?? row.verdict),
    ...(timed ? [formatStart(row.start_hours), makeDuration(row)] : []),
    row.loss === null ? "–" : formatShare(row.loss),
    formatCount(row.impact),
    row.carries >= 0.05 ? formatCount(row.carries) : "–",
    ...(stated.size ? [makeRecovery(stated.get(row.id))] : []),
    ...carried.map((name) => formatCell(row[name])),
    make("div", {}, makeRoute(row.route ?? [], names), SOURCES[row.strength_source] && make("small", {}, SOURCES[row.strength_source])),
  ]));
}

const formatStart = (hours) => (hours === null ? "–" : formatHours(hours));

function makeRecovery(row) {
  if (!row) return "–";
  const over = { true: " exceeded", null: " perhaps exceeded", false: "" }[row.exceeds];
  return make("span", {}, formatHours(row.recovery_hours), over ? make("strong", {}, over) : null);
}

// The mean, and below it what 1 world in 20 reaches, where that is another figure.
function makeDuration({ down_hours: mean, down_hours_p95: late }) {
  if (mean === null) return "–";
  const longer = formatHours(late) === formatHours(mean) ? null : make("small", {}, ` 1 in 20: ${formatHours(late)}`);
  return make("span", {}, formatHours(mean), longer);
}

// A bar from low to high with a tick at the assumed strength; the figures stand beside it.
function makeProbability({ probability: mid, probability_low: low, probability_high: high, std_error: error }) {
  const range = make("span", { class: "range" });
  const tick = make("span", { class: "tick" }); // at the assumed strength, named in the head
  range.style.left = `${low * 100}%`;
  range.style.width = `${(high - low) * 100}%`;
  tick.style.left = `${mid * 100}%`;
  const drawn = error > 0 && (mid === 0 || mid === 1); // what is drawn is never certain
  const text = low !== high ? formatRange(low, high, formatShare) : drawn ? (mid ? ">99%" : "<1%") : formatShare(mid);
  return make("div", { class: "chance" }, text, make("span", { class: "bar", "aria-hidden": "true" }, range, tick));
}

function makeRoute(ids, names) {
  const steps = ids.flatMap((id, i) => [i ? " → " : "", makeName(clip(names.get(id) ?? id), id)]);
  return make("span", { class: "route" }, ...(steps.length ? steps : ["–"]));
}

function makeMore({ more: left, entities }, onMore) {
  if (!left) return [];
  return [make("button", { type: "button", onclick: () => onMore(entities.length + Math.min(left, 500)) },
    `Show ${left > 500 ? "500 of the" : "the"} ${left.toLocaleString("en")} other rows`)];
}
