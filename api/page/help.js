// What would help: the best fixes within a budget against the failure that is shown, when asked for.

import { buildPath } from "./api.js";
import { $, formatCount, make, makeTable } from "./dom.js";
import { makeMenu } from "./menu.js";
import { askInto } from "./panel.js";

const VIEW = ["top", "kind", "columns", "where"]; // of the rows of a what-if, not of what fails
let latest = 0;

export function offerHelp(graph, query) {
  latest += 1;
  const budget = make("input", { id: "budget", type: "number", min: "0", step: "any", value: "3" });
  const found = make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "What would help" });
  const find = () => showFixes(found, graph, [...query.filter(([key]) => !VIEW.includes(key)), ["budget", budget.value]]);
  $("#help").replaceChildren(
    make("div", { class: "row" },
      make("div", { class: "field" }, make("label", { for: "budget" }, "Budget, in fixes of cost 1"), budget),
      make("button", { type: "button", onclick: find }, "Find the best fixes")),
    found);
}

async function showFixes(place, graph, query) {
  const mine = latest;
  const answer = await askInto(place, buildPath(graph, "/harden"), query, () => mine === latest);
  if (answer === null) return;
  place.replaceChildren(
    make("p", {}, make("strong", {}, answer.headline)),
    makeFixes(answer),
    make("ul", {}, ...answer.notes.map((note) => make("li", {}, note))),
    makeMenu(buildPath(graph, "/harden"), query, { label: "Save the plan" }));
}

function makeFixes({ rows, words, scenario: { assume } }) {
  const ranged = rows.some((row) => row.saves_low !== row.saves_high);
  const heads = [{ text: "#", number: true }, { text: "Fix", wide: true },
    { text: ranged ? `Saves, if unknown counts ${assume}` : "Saves", number: true },
    ...(ranged ? [{ text: "if it counts 0, 1", number: true }] : []),
    { text: "Alone", number: true }, { text: "Cost", number: true }];
  return makeTable(heads, rows.map((row, i) => [
    row.step.toLocaleString("en"), words[i],
    `${formatCount(row.saves)}${row.std_error ? ` ± ${formatCount(2 * row.std_error)}` : ""}`,
    ...(ranged ? [`${formatCount(row.saves_low)}, ${formatCount(row.saves_high)}`] : []),
    formatCount(row.saves_alone), formatCount(row.cost),
  ]));
}
