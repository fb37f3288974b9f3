// The middle: headline, what is unsure, figures, and the answer as map, charts, tables and notes.

import { buildAddress, buildPath } from "./api.js";
import { listCarried, makeKinds, makeRows, nameMiddle } from "./data.js";
import { $, formatCount, formatRange, formatShare, make } from "./dom.js";
import { makeMenu } from "./menu.js";
import { Picture } from "./picture.js";

const SHOWN = 100; // rows of the table; every row is in the list and in the CSV

const bare = (query) => query.filter(([key]) => key !== "top");

// Figures and words at once; the map is asked for last. On a draft, pictures stay as they were.
export function showAnswer(answer, names, { graph, query, draft = false }) {
  $("#headline").textContent = answer.headline;
  $("#sureness").textContent = answer.assumption;
  $("#asked").textContent = answer.question;
  $("#figures").replaceChildren(...makeFigures(answer, draft));
  if (draft) return;
  const rows = answer.entities.length + answer.more;
  $("#kinds").replaceChildren(makeKinds(answer.totals, nameMiddle(answer)));
  const shown = { ...answer, entities: answer.entities.slice(0, SHOWN + answer.scenario.origins.length) };
  $("#rows-of-answer").replaceChildren(makeRows(shown, names, listCarried(query, answer.entities)));
  $("#data-more").textContent = rows > shown.entities.length ? `The first ${SHOWN} of ${rows.toLocaleString("en")} rows; the CSV has all.` : "";
  $("#data-menu").replaceChildren(makeMenu(buildPath(graph, "/whatif"), query, { forms: ["csv", "md"], label: "Save the table", all: rows }));
  $("#tab-notes").textContent = `Notes (${answer.notes.length})`;
  $("#notes").replaceChildren(...answer.notes.map((note) => make("li", {}, note)));
  $("#no-notes").hidden = answer.notes.length > 0;
}

function makeFigures(answer, draft) {
  const { totals, scenario, rollout } = answer;
  const drawn = draft ? `a draft of ${scenario.worlds} worlds` : scenario.exact ? "exact: all cases" : `${scenario.worlds.toLocaleString("en")} random worlds`;
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

// Draws the map; `marks`: what it does when a mark is hovered, chosen or taken.
export function showMap({ graph, query, open, label, marks, signal }) {
  const picture = new Picture(label, { zoomable: true, ...marks });
  const asked = [...bare(query), ...(open ? open.split("\n").map((key) => ["open", key]) : [])];
  const path = buildPath(graph, "/whatif");
  $("#map").replaceChildren(picture.element);
  picture.tools.append(makeMenu(path, asked, { picture, label: "Save the map", forms: ["svg", "md"] }));
  return picture.load(buildAddress(`${path}.svg`, asked), signal);
}

// A chart in its panel; null: the scenario has none, and the panel says what it needs.
export function showChart(place, name, { graph, query, headline, signal }, needs) {
  if (name === null) { place.replaceChildren(make("p", { class: "hint" }, needs)); return; }
  const picture = new Picture(`${name}: ${headline}`);
  const path = buildPath(graph, `/whatif/${name}`);
  const address = buildAddress(`${path}.svg`, bare(query));
  const save = make("a", { href: address, download: `${name}.svg` }, "Save the chart as SVG");
  place.append(make("div", { class: "scroll" }, picture.element), make("p", {}, save));
  picture.load(address, signal);
}
