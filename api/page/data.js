// The answer as tables: totals by kind, and every figure of each row.

import { clip, formatCount, formatHours, formatRange, formatShare, make, makeName, makeTable, spellWords } from "./dom.js";

const VERDICTS = { hit: "● hit", spared: "○ spared", unknown: "? unknown" };

export const nameVerdict = (verdict) => VERDICTS[verdict] ?? verdict;

// Where the weakest strength on a route comes from, where that is neither stated nor unknown.
const SOURCES = { "own table": "strengths from a table", register: "strengths from the register", incidents: "typical of past incidents" };

// What the figure in the middle rests on: the same words as in tables and pictures.
export function nameMiddle({ scenario: { assume }, strength_sources: from }) {
  const counts = `unknown counts ${assume}`;
  const tables = from.incidents ? "Typical of past incidents" : from["own table"] || from.register ? "At the middle of the tables" : "";
  return [tables || `If ${counts}`, ...(tables && from.none ? [counts] : [])].join(", ");
}

export function makeKinds({ by_kind: rows }, words) {
  const open = rows.some((row) => row.hit_low !== row.hit_high);
  const middle = open ? words : "Expected hits";
  const heads = [{ text: "Kind" }, { text: "Within reach", number: true }, { text: "of all", number: true },
    { text: "Hits, low–high", number: true }, { text: middle, number: true }, { text: "Impact", number: true }];
  return makeTable(heads, rows.map((row) => [spellWords(row.kind), formatCount(row.within_reach), formatCount(row.entities),
    formatRange(row.hit_low, row.hit_high, formatCount), formatCount(row.hit), formatCount(row.impact)]));
}

// The columns of the inventory that were asked for, as the rows name them.
export function listCarried(query, rows) {
  const asked = query.filter(([key]) => key === "columns").flatMap(([, names]) => names.split(",").map((name) => name.trim()));
  return [...new Set(asked.map((name) => (rows[0] && `entity.${name}` in rows[0] ? `entity.${name}` : name)).filter(Boolean))];
}

const formatCell = (value) => (value === null || value === undefined ? "–" : typeof value === "number" ? formatCount(value) : clip(String(value)));

export function makeRows(answer, names, carried) {
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
    make("span", { class: `verdict ${row.verdict}` }, nameVerdict(row.verdict)),
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
export function makeProbability({ probability: mid, probability_low: low, probability_high: high, std_error: error }) {
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
