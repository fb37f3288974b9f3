// Answers about the whole graph: nobody has to fail. A headline, a picture, rows, notes.

import { makePicture } from "./answer.js";
import { buildAddress, buildPath, fetchJson } from "./api.js";
import { $, clip, formatCount, formatShare, make, makeName, makeTable, spellWords } from "./dom.js";

const buttons = () => [...document.querySelectorAll("#whole [data-verb]")];
const isShare = (key) => /(^|_)share|^probability/.test(key);

// The buttons ask; `onAsk` gets the verb and what is stated of it.
export function listenToButtons(onAsk) {
  for (const button of buttons()) button.addEventListener("click", () => onAsk(button.dataset.verb, []));
}

export async function askWhole(graph, verb, stated, onAsk) {
  const button = buttons().find((one) => one.dataset.verb === verb);
  const path = buildPath(graph, `/${verb}`);
  const answer = await fetchJson(path, stated);
  $("#rows-headline").textContent = answer.headline;
  $("#rows-links").replaceChildren(...makeLinks(path, stated, button, () => onAsk(verb, swapParent(stated))));
  const drawing = buildAddress(`${path}.svg`, stated.filter(([key]) => key !== "top"));
  $("#rows-picture").replaceChildren(...(button && "picture" in button.dataset ? [makePicture(drawing, answer.headline)] : []));
  $("#rows-table").replaceChildren(...(answer.rows.length ? [makeRows(answer.rows)] : []));
  $("#rows-more").textContent = answer.more ? `${answer.more.toLocaleString("en")} more rows: in the CSV` : "";
  $("#rows-notes summary").textContent = `Notes on this answer (${answer.notes.length})`;
  $("#rows-notes ul").replaceChildren(...answer.notes.map((note) => make("li", {}, note)));
  $("#rows-notes").hidden = !answer.notes.length;
  $("#rows").hidden = false;
  return answer;
}

const isByParent = (stated) => stated.some(([key, value]) => key === "by" && value === "parent");
const swapParent = (stated) => [...stated.filter(([key]) => key !== "by"), ...(isByParent(stated) ? [] : [["by", "parent"]])];

function makeLinks(path, stated, button, onSwap) {
  const all = [...stated.filter(([key]) => key !== "top"), ["top", "1000000"]];
  const link = (text, address, asked) => make("a", { href: buildAddress(address, asked) }, text);
  const swap = isByParent(stated) ? "each by itself" : "by groups of companies";
  return ["This answer as ", link("JSON", path, stated), ", ", link("CSV with all rows", `${path}.csv`, all),
    ...(button && "by" in button.dataset ? [". ", make("button", { type: "button", onclick: onSwap }, `Count ${swap}`)] : ["."])];
}

function makeRows(rows) {
  const keys = Object.keys(rows[0]).filter((key) => key !== "id" && rows.some((row) => row[key] !== null));
  const isNumber = (key) => rows.every((row) => row[key] === null || typeof row[key] === "number");
  const heads = keys.map((key) => ({ text: spellWords(key), number: isNumber(key) }));
  return makeTable(heads, rows.map((row) => keys.map((key) => makeCell(key, row))));
}

function makeCell(key, row) {
  const value = row[key];
  if (value === null || value === undefined) return "–";
  if (key === "name") return makeName(value, row.id);
  if (typeof value === "number") return isShare(key) ? formatShare(value) : formatCount(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return clip(Array.isArray(value) ? value.join(", ") : spellWords(String(value)));
}
