// Two answers side by side: the pinned one is before, the next is after, over the same worlds.

import { buildAddress, buildPath, fetchJson } from "./api.js";
import { formatCount, formatRange, formatShare, make, makeName, makeTable, spellWords } from "./dom.js";
import { makeMenu } from "./menu.js";
import { Picture } from "./picture.js";

const VIEW = ["top", "kind", "columns", "where"];
const NAMES = { origin: "origins" };

// As `compare` is asked: the first question, and each field that is another one in the second.
export function buildComparison(before, after, defaults) {
  const first = before.filter(([key]) => !VIEW.includes(key));
  const second = after.filter(([key]) => !VIEW.includes(key));
  const list = (pairs, key) => pairs.filter(([name]) => name === key).map(([, value]) => value);
  const keys = [...new Set([...first, ...second].map(([key]) => key))];
  const changed = keys.filter((key) => key === "protect" // else it holds for the second only
    || list(first, key).join("\n") !== list(second, key).join("\n"));
  return [...first, ...changed.map((key) => ["after", `${NAMES[key] ?? key}=${writeValue(key, list(second, key), defaults)}`])];
}

function writeValue(key, values, defaults) {
  if (key === "origin" || key === "protect") return JSON.stringify(values);
  return values[0] ?? defaults(key);
}

export async function showComparison(place, graph, asked, { onSelect, signal }) {
  place.replaceChildren(make("p", { role: "status" }, "Comparing, over the same worlds…"));
  const path = buildPath(graph, "/compare");
  let answer;
  try {
    answer = await fetchJson(path, [...asked, ["top", "100"]], signal);
  } catch (fault) {
    if (fault.name !== "AbortError") place.replaceChildren(make("p", { class: "problem", role: "alert" }, fault.message));
    return;
  }
  const picture = new Picture(answer.headline, { onSelect });
  place.replaceChildren(make("h3", { id: "compared" }, answer.headline), make("p", {}, answer.question),
    make("div", { class: "scroll" }, picture.element), makeMenu(path, asked, { label: "Save the comparison", picture, all: answer.rows.length + answer.more }),
    ...(answer.rows.length ? [make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Who moved" }, makeChanges(answer, onSelect))] : []),
    make("p", { class: "hint" }, answer.more ? `${answer.more.toLocaleString("en")} more rows: in the CSV.` : ""),
    make("ul", {}, ...answer.notes.map((one) => make("li", {}, one))));
  picture.load(buildAddress(`${path}.svg`, asked), signal);
}

function makeChanges({ rows }, onSelect) {
  const share = (row, side) => (row[side] === null ? "absent" : formatRange(row[`${side}_low`], row[`${side}_high`], formatShare));
  const heads = [{ text: "Who" }, { text: "Before", number: true }, { text: "After", number: true }, { text: "Change", number: true },
    { text: "Impact, before", number: true }, { text: "after", number: true }, { text: "Because", wide: true }];
  return makeTable(heads, rows.map((row) => [
    make("div", {}, make("button", { type: "button", class: "entity", onclick: () => onSelect(row.id) }, makeName(row.name)), make("small", {}, spellWords(row.kind))),
    share(row, "before"), share(row, "after"),
    make("span", { class: row.change > 0 ? "worse" : row.change < 0 ? "better" : "" }, formatChange(row)),
    formatNull(row.impact_before), formatNull(row.impact_after), describe(row.because)]));
}

const formatNull = (value) => (value === null ? "–" : formatCount(value));
const describe = (because) => (because === null ? "–" : Array.isArray(because) ? because.join("; ") : String(because));

function formatChange({ change, std_error: error }) {
  if (change === null) return "–";
  if (change === 0) return "same";
  const points = `${change > 0 ? "▲ +" : "▼ −"}${(Math.abs(change) * 100).toFixed(1)} points`;
  return error ? `${points} ± ${(200 * error).toFixed(1)}` : points;
}
