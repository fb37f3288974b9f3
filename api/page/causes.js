// What takes one entity down: its single points of failure, and pairs of others, when asked for.

import { buildAddress, buildPath } from "./api.js";
import { makePicture } from "./answer.js";
import { $, clip, formatRange, formatShare, make, makeTable } from "./dom.js";
import { askInto } from "./panel.js";

const KEPT = ["mode", "assume", "protect"]; // of what is asked: who fails is what is looked for
const SHOWN = 15;
let latest = 0;

export function offerCauses(graph, query, entities) {
  latest += 1;
  const target = make("select", { id: "target" },
    ...entities.map(({ id, name }) => make("option", { value: id }, clip(name))));
  const found = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "What takes it down" });
  const kept = query.filter(([key]) => KEPT.includes(key));
  const find = () => showCauses(found, graph, [["target", target.value], ...kept, ["order", "2"]]);
  $("#causes").replaceChildren(
    make("div", { class: "row" },
      make("div", { class: "field" }, make("label", { for: "target" }, "Target"), target),
      make("button", { type: "button", onclick: find }, "Find its single points of failure")),
    found);
}

async function showCauses(place, graph, query) {
  const mine = ++latest;
  const path = buildPath(graph, "/cuts");
  const answer = await askInto(place, path, [...query, ["top", String(SHOWN)]], () => mine === latest);
  if (answer === null) return;
  const link = (text, suffix) => make("a", { href: buildAddress(`${path}${suffix}`, query) }, text);
  place.replaceChildren(
    make("p", {}, make("strong", {}, answer.headline)),
    ...(answer.rows.length ? [makeSets(answer), makePicture(buildAddress(`${path}.svg`, query), answer.headline)] : []),
    make("ul", {}, ...answer.notes.map((note) => make("li", {}, note))),
    make("p", {}, answer.more ? `${answer.more.toLocaleString("en")} more sets. ` : "",
      "This answer as ", link("JSON", ""), ", ", link("CSV", ".csv"), "."));
}

function makeSets({ rows, entities }) {
  const stated = rows.some((row) => row.probability !== null);
  const heads = [{ text: "Fail together", wide: true }, ...(stated ? [{ text: "Probability", number: true }] : []),
    { text: "Then hits", number: true }];
  return makeTable(heads, rows.map((row) => [
    row.members.map((id) => clip(entities[id] ?? id)).join(" + "),
    ...(stated ? [row.probability === null ? "–" : row.probability.toPrecision(3)] : []),
    row.hits === null ? "–" : formatRange(row.hits_low, row.hits_high, formatShare),
  ]));
}
