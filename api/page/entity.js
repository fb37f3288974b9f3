// The right pane, on one entity: why it is hit, what it needs, who needs it, what takes it down.

import { buildAddress, buildPath, fetchJson } from "./api.js";
import { $, clip, formatHours, formatRange, formatShare, make, makeName, makeTable, spellWords } from "./dom.js";
import { copyText, makeMenu } from "./menu.js";
import { askInto } from "./panel.js";
import { Picture } from "./picture.js";

const ENDS = 40; // of its dependencies, and of those on it
const KEPT = ["mode", "assume", "protect", "strengths", "trust_register"]; // of what is asked, where who fails is what is looked for
const VIEW = ["columns", "where"];

export class EntityPane {
  // onFail, onProtect, onStart: get {id, name}; onSelect: an id; onClose: back to the list
  constructor(root, actions) {
    Object.assign(this, { root, actions });
  }

  async show(graph, id, query) {
    this.request?.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    const mine = () => !signal.aborted;
    this.root.replaceChildren(make("p", { role: "status" }, "Looking it up…"));
    let known;
    try {
      known = await fetchJson(buildPath(graph, `/entities/${encodeURIComponent(id)}`), { limit: ENDS }, signal);
    } catch (fault) {
      if (mine()) this.root.replaceChildren(this.makeBack(), make("p", { class: "problem", role: "alert" }, fault.message));
      return;
    }
    const { entity } = known;
    const origins = query.filter(([key]) => key === "origin").map(([, origin]) => origin);
    const why = make("div", { id: "why" });
    const cuts = make("div", { id: "cuts" });
    const cause = make("details", {}, make("summary", {}, "Single points of failure"), cuts);
    cause.addEventListener("toggle", () => cause.open && !cuts.hasChildNodes() && showCuts(cuts, graph, entity, query, mine));
    this.root.replaceChildren(this.makeBack(), ...makeHead(entity), this.makeActions(entity, origins.includes(entity.id)), why,
      ...makeGroups(known.dependencies.rows, this.actions), cause,
      this.makeEnds("What it needs", known.dependencies), this.makeEnds("Who needs it", known.dependents), makeColumns(entity));
    $("h2", this.root).focus({ preventScroll: true });
    if (origins.includes(entity.id)) why.append(make("p", {}, "It fails: here the question begins."));
    else if (origins.length) await showWhy(why, graph, entity, query.filter(([key]) => !VIEW.includes(key)), mine);
  }

  makeBack() {
    return make("button", { type: "button", class: "back", onclick: () => this.actions.onClose() }, "← Back to the list");
  }

  makeActions({ id, name }, fails) {
    const { onFail, onProtect, onStart } = this.actions;
    const told = make("span", { role: "status", class: "hint" });
    const button = (text, key, press) => make("button", { type: "button", "data-key": key, onclick: press }, text);
    return make("div", { class: "actions" },
      ...(fails ? [] : [button("Fail it too", "f", () => onFail({ id, name })), button("Make it safe", "p", () => onProtect({ id, name }))]),
      button("Start here", null, () => onStart({ id, name })),
      button("Copy link", null, () => copyText(location.href, told)), told);
  }

  makeEnds(title, { total, more, rows }) {
    const list = rows.map((row) => make("li", {},
      make("button", { type: "button", class: "entity", title: row.id, onclick: () => this.actions.onSelect(row.id) }, makeName(row.name)),
      make("small", {}, [spellWords(row.relation), describeStrength(row), row.grace_hours ? `grace ${formatHours(row.grace_hours)}` : "",
        row.source].filter(Boolean).join(" · "))));
    return make("details", { open: total > 0 && total <= 12 }, make("summary", {}, `${title} (${total.toLocaleString("en")})`),
      make("ul", { class: "ends" }, ...list), more ? make("p", { class: "hint" }, `${more.toLocaleString("en")} more.`) : null);
  }
}

const describeStrength = ({ probability }) => (probability === null ? "strength unknown" : `strength ${formatShare(probability)}`);

function makeHead({ id, name, kind, sector, parent, country }) {
  const about = [spellWords(kind), sector, country, parent && `part of ${parent}`].filter(Boolean).join(" · ");
  return [make("h2", { tabindex: "-1" }, makeName(name, id)), make("p", { class: "hint" }, about, make("br"), makeName(id))];
}

// Alternatives that stand in for each other: k of n.
function makeGroups(rows, { onSelect }) {
  const groups = Map.groupBy ? Map.groupBy(rows.filter((row) => row.group), (row) => row.group) : groupBy(rows);
  if (!groups.size) return [];
  return [make("h3", {}, "Its groups"), make("ul", {}, ...[...groups].map(([group, members]) =>
    make("li", {}, `${clip(group)}: needs ${members[0].needs} of ${members.length}: `,
      ...members.flatMap(({ id, name }, i) => [i ? ", " : "",
        make("button", { type: "button", class: "entity", onclick: () => onSelect(id) }, makeName(name))]))))];
}

function groupBy(rows) {
  const groups = new Map();
  for (const row of rows) if (row.group) groups.set(row.group, [...(groups.get(row.group) ?? []), row]);
  return groups;
}

function makeColumns({ weight, failure_probability: probability, failures_per_year: yearly, repair_hours: repair, other }) {
  const stated = { weight, "fails with probability": probability, "failures a year": yearly, "repair hours": repair || null, ...other };
  const rows = Object.entries(stated).filter(([, value]) => value !== null && value !== "");
  return make("details", {}, make("summary", {}, "In the inventory"),
    make("dl", { class: "columns" }, ...rows.flatMap(([key, value]) => [make("dt", {}, spellWords(key)), make("dd", {}, clip(String(value), 200))])));
}

async function showWhy(place, graph, entity, query, mine) {
  const path = buildPath(graph, "/why");
  const asked = [...query, ["target", entity.id]];
  const answer = await askInto(place, path, asked, mine);
  if (answer === null) return;
  const name = (id) => answer.entities[id] ?? id;
  const picture = new Picture(answer.headline);
  const drawn = make("details", {}, make("summary", {}, "As a map"), make("div", { class: "scroll" }, picture.element));
  drawn.addEventListener("toggle", () => drawn.open && !picture.text && picture.load(buildAddress(`${path}.svg`, asked)));
  place.replaceChildren(make("h3", {}, "Why"), make("p", { class: "verdict-line" }, make("strong", {}, answer.headline)),
    make("ul", {}, ...answer.sentences.map((sentence) => make("li", {}, sentence))),
    ...answer.rows.map((row, i) => makeWay(row, i, name)),
    drawn, makeMenu(path, asked, { label: "Save the why", picture }));
}

// A route, step by step, with what each step rests on.
function makeWay({ share, steps, groups }, number, name) {
  const lines = steps.map((step) => make("li", {}, makeName(clip(name(step.dependent)), step.dependent), ` ${spellWords(step.relation)} `,
    makeName(clip(name(step.provider)), step.provider),
    make("small", {}, [`strength ${formatRange(step.strength_low, step.strength_high, formatShare)}`,
      step.strength_source === "none" ? "nobody stated it" : step.strength_source, step.source, step.evidence].filter(Boolean).join(" · "))));
  const lost = groups.map((group) => make("li", {}, `${clip(name(group.dependent))} needs ${group.needs} of ${clip(group.group)}; lost: ${group.lost.map((id) => clip(name(id))).join(", ")}`));
  const head = `Way ${number + 1}, ${steps.length} step${steps.length === 1 ? "" : "s"}${share === null ? "" : `, seen in ${formatShare(share)} of worlds`}`;
  return make("details", { open: number === 0 }, make("summary", {}, head), make("ol", { class: "steps" }, ...lines, ...lost));
}

async function showCuts(place, graph, entity, query, mine) {
  const path = buildPath(graph, "/cuts");
  const asked = [["target", entity.id], ...query.filter(([key]) => KEPT.includes(key)), ["order", "2"]];
  const answer = await askInto(place, path, [...asked, ["top", "15"]], mine);
  if (answer === null) return;
  const stated = answer.rows.some((row) => row.probability !== null);
  const heads = [{ text: "Fail together", wide: true }, ...(stated ? [{ text: "Probability", number: true }] : []), { text: "Then hits", number: true }];
  const rows = answer.rows.map((row) => [row.members.map((id) => clip(answer.entities[id] ?? id)).join(" + "),
    ...(stated ? [row.probability === null ? "–" : row.probability.toPrecision(3)] : []),
    row.hits === null ? "–" : formatRange(row.hits_low, row.hits_high, formatShare)]);
  place.replaceChildren(make("p", {}, make("strong", {}, answer.headline)), ...(rows.length ? [makeTable(heads, rows)] : []),
    make("p", { class: "hint" }, answer.more ? `${answer.more.toLocaleString("en")} more sets.` : ""),
    make("ul", {}, ...answer.notes.map((one) => make("li", {}, one))), makeMenu(path, asked, { label: "Save the cut sets" }));
}
