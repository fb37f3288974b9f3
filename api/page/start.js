// Before a question: what would hurt, what many stand on, what was asked; and what there is, counted.

import { buildPath, fetchJson } from "./api.js";
import { formatAddress } from "./address.js";
import { $, formatCount, make, makeName, spellWords } from "./dom.js";

const SHOWN = 6;
const LISTED = 50;
const AT_ONCE = 20_000; // entities up to which all are looked at without being asked
const RECENT = "knockon-recent";

const link = (graph, id) => formatAddress({ graph, question: [["origin", id]] });

function makeCard(title, about) {
  const list = make("ol", {});
  return [list, make("section", { class: "card" }, make("h3", {}, title), make("p", { class: "hint" }, about), list)];
}

const makeItem = (graph, { id, name }, figure) => make("li", {}, make("a", { href: link(graph, id), title: id }, makeName(name)), make("small", {}, figure));

export function showStart(graph, about, signal) {
  const [worst, worstCard] = makeCard("Would hurt most", "Each failing alone, with the others it would hit.");
  const [needed, neededCard] = makeCard("Most depend on", "Dependents of their own, no chains.");
  const [carried, carriedCard] = makeCard("Carries most", "Users that stand on it, through chains too.");
  const recent = readRecent().filter((one) => one.graph === graph);
  const [asked, askedCard] = makeCard("Recent", "What was asked in this browser.");
  asked.replaceChildren(...recent.map((one) => make("li", {}, make("a", { href: one.address }, one.headline))));
  needed.replaceChildren(...about.most_needed.slice(0, SHOWN).map((row) => makeItem(graph, row, `${row.dependents.toLocaleString("en")} dependents`)));
  $("#cards").replaceChildren(worstCard, neededCard, carriedCard, ...(recent.length ? [askedCard] : []));
  showFacets(graph, about);
  const rank = () => fill(worst, graph, "/rank", ({ rows }) => rows.map((row) => [row, tellHits(row)]), signal);
  const carry = () => fill(carried, graph, "/concentration", ({ rows }) => takeFirst(rows).map((row) => [row, `${row.users_all.toLocaleString("en")} users, ${spellWords(row.relation)}`]), signal);
  for (const [list, ask] of [[worst, rank], [carried, carry]]) {
    if (about.entities <= AT_ONCE) ask();
    else list.replaceChildren(make("li", {}, make("button", { type: "button", onclick: ask }, `Look at all ${about.entities.toLocaleString("en")}`)));
  }
}

const tellHits = (row) => (row.hit_low === row.hit_high ? `${formatCount(row.hit_high)} hit` : `${formatCount(row.hit_low)} to ${formatCount(row.hit_high)} hit`);

function takeFirst(rows) {
  const seen = new Set();
  return [...rows].sort((a, b) => b.users_all - a.users_all).filter(({ id }) => id && !seen.has(id) && seen.add(id));
}

async function fill(list, graph, path, choose, signal) {
  list.replaceChildren(make("li", { class: "hint" }, "Computing…"));
  try {
    const answer = await fetchJson(buildPath(graph, path), { top: 20 }, signal);
    const rows = choose(answer).slice(0, SHOWN);
    list.replaceChildren(...(rows.length ? rows.map(([row, figure]) => makeItem(graph, row, figure)) : [make("li", { class: "hint" }, "Nothing.")]));
  } catch (fault) {
    if (fault.name !== "AbortError") list.replaceChildren(make("li", { class: "hint" }, fault.message));
  }
}

// What there is: each count opens its list, which the server cuts.
function showFacets(graph, about) {
  const list = make("ul", { class: "ends" });
  const told = make("p", { class: "hint", role: "status" });
  const open = async (key, value) => {
    const { entities, total } = await fetchJson(buildPath(graph, "/entities"), { [key]: value, limit: LISTED });
    list.replaceChildren(...entities.map((entity) => makeItem(graph, entity, [spellWords(entity.kind), entity.sector].filter(Boolean).join(" · "))));
    told.textContent = total > entities.length ? `The first ${LISTED} of ${total.toLocaleString("en")}; the search knows all.` : `${total.toLocaleString("en")} in all.`;
  };
  const chips = (title, key, rows) => rows.length ? [make("h4", {}, title), make("div", { class: "facets" }, ...rows.map((row) =>
    make("button", { type: "button", onclick: () => open(key, row[key]) }, `${spellWords(row[key])} ${row.entities.toLocaleString("en")}`)))] : [];
  const relations = about.relations.map((row) => `${spellWords(row.relation)} ${row.dependencies.toLocaleString("en")}${row.unknown ? ` (${row.unknown === row.dependencies ? "all" : row.unknown.toLocaleString("en")} of unknown strength)` : ""}`);
  $("#facets").replaceChildren(...chips("Kind", "kind", about.kinds), ...chips("Sector", "sector", about.sectors), ...chips("Country", "country", about.countries),
    make("h4", {}, "Dependencies"), make("p", {}, relations.join(", ") || "none"), list, told);
}

// What was asked here before; a browser may refuse to keep it.
export function readRecent() {
  try { return JSON.parse(localStorage.getItem(RECENT)) ?? []; } catch { return []; }
}

export function keepRecent(graph, headline, address) {
  const others = readRecent().filter((one) => one.address !== address);
  try { localStorage.setItem(RECENT, JSON.stringify([{ graph, headline, address }, ...others].slice(0, 12))); } catch { /* not kept */ }
}
