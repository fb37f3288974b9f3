// Answers about the whole graph: nobody has to fail. A headline, a picture, rows, notes.

import { buildAddress, buildPath, fetchJson } from "./api.js";
import { $, clip, formatCount, formatShare, make, makeName, makeTable, spellWords } from "./dom.js";
import { makeMenu } from "./menu.js";
import { Picture } from "./picture.js";

const buttons = () => [...document.querySelectorAll("#whole [data-verb]")];
const isShare = (key) => /(^|_)share|^probability/.test(key);

// The buttons ask; `onAsk` gets the verb, null for the start.
export function listenToButtons(onAsk) {
  for (const button of buttons()) button.addEventListener("click", () => onAsk(button.dataset.verb));
  $("#whole [data-start]").addEventListener("click", () => onAsk(null));
}

export async function askWhole(graph, verb, stated, { signal, onAsk, onSelect }) {
  const button = buttons().find((one) => one.dataset.verb === verb);
  const path = buildPath(graph, `/${verb}`);
  const answer = await fetchJson(path, stated, signal);
  const drawn = button && "picture" in button.dataset;
  const picture = drawn ? new Picture(answer.headline, { onSelect }) : null;
  const bare = stated.filter(([key]) => key !== "top");
  $("#rows-headline").textContent = answer.headline;
  $("#rows-links").replaceChildren(...makeSwap(button, stated, onAsk),
    makeMenu(path, stated, { picture, forms: [drawn && "svg", "csv", "md"], all: answer.rows.length + answer.more }));
  $("#rows-picture").replaceChildren(...(picture ? [make("div", { class: "scroll" }, picture.element)] : []));
  $("#rows-table").replaceChildren(...(answer.rows.length ? [makeRows(answer.rows, onSelect)] : []));
  $("#rows-more").textContent = answer.more ? `${answer.more.toLocaleString("en")} more rows: in the CSV.` : "";
  $("#rows-notes summary").textContent = `Notes on this answer (${answer.notes.length})`;
  $("#rows-notes ul").replaceChildren(...answer.notes.map((note) => make("li", {}, note)));
  $("#rows-notes").hidden = !answer.notes.length;
  picture?.load(buildAddress(`${path}.svg`, bare), signal);
  return answer;
}

const isByParent = (stated) => stated.some(([key, value]) => key === "by" && value === "parent");

function makeSwap(button, stated, onAsk) {
  if (!button || !("by" in button.dataset)) return [];
  const swapped = [...stated.filter(([key]) => key !== "by"), ...(isByParent(stated) ? [] : [["by", "parent"]])];
  return [make("button", { type: "button", onclick: () => onAsk(button.dataset.verb, swapped) },
    `Count ${isByParent(stated) ? "each by itself" : "by groups of companies"}`)];
}

function makeRows(rows, onSelect) {
  const keys = Object.keys(rows[0]).filter((key) => key !== "id" && rows.some((row) => row[key] !== null));
  const isNumber = (key) => rows.every((row) => row[key] === null || typeof row[key] === "number");
  const heads = keys.map((key) => ({ text: spellWords(key), number: isNumber(key) }));
  return makeTable(heads, rows.map((row) => keys.map((key) => makeCell(key, row, onSelect))));
}

function makeCell(key, row, onSelect) {
  const value = row[key];
  if (value === null || value === undefined) return "–";
  if (key === "name") return row.id ? make("button", { type: "button", class: "entity", onclick: () => onSelect(row.id) }, makeName(value, row.id)) : makeName(value);
  if (typeof value === "number") return isShare(key) ? formatShare(value) : formatCount(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return clip(Array.isArray(value) ? value.join(", ") : spellWords(String(value)));
}
