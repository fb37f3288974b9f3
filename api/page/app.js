// The page: its address holds the question, the REST API holds the answers.

import { show } from "./answer.js";
import { at, get, namesOf, Problem } from "./api.js";
import { $, make, nameOf } from "./dom.js";
import { Picker } from "./picker.js";

const TIME = ["hours", "rollout", "halt"];
const PLAIN = ["mode", ...TIME, "assume", "worlds", "seed"];
const MODE = "outage";
const graph = $("#graph");
const origins = new Picker($("#origin"), () => graph.value);
const guarded = new Picker($("#protect"), () => graph.value);
let latest = 0; // answers to older questions are dropped

function question() {
  const plain = PLAIN.map((key) => [key, $(`#${key}`).value.trim()])
    .filter(([key, value]) => value && !(key === "mode" && value === MODE));
  return [...origins.values.map((id) => ["origin", id]), ...plain, ...guarded.values.map((id) => ["protect", id])];
}

function readAddress() {
  const given = new URLSearchParams(location.search);
  const wanted = given.get("graph");
  if (wanted !== null) graph.value = wanted;
  const unconfirmed = (id) => ({ id, name: id, known: false });
  origins.set(given.getAll("origin").map(unconfirmed));
  guarded.set(given.getAll("protect").map(unconfirmed));
  for (const key of PLAIN) $(`#${key}`).value = given.get(key) ?? (key === "mode" ? MODE : "");
  const stated = question().map(([key]) => key);
  $("#time").open ||= stated.some((key) => TIME.includes(key));
  $("#assumptions").open ||= stated.some((key) => !["origin", "mode", ...TIME].includes(key));
  $("#answer").hidden = true;
  $("#problem").hidden = true;
  if (wanted !== null && graph.value !== wanted) {
    graph.selectedIndex = 0;
    return fail(new Problem({ title: "Unknown graph", detail: `No graph has the name “${wanted}”. Choose one above.` }));
  }
  describe();
  return origins.values.length ? ask() : undefined;
}

async function ask(top) {
  const mine = ++latest;
  const query = question();
  const asked = top ? [...query, ["top", top]] : query;
  $("#status").textContent = "Computing…";
  $("#problem").hidden = true;
  try {
    const answer = await get(at(graph.value, "/whatif"), asked);
    const names = new Map(answer.entities.map((row) => [row.id, row.name]));
    await namesOf(graph.value, [...answer.scenario.protect, ...answer.entities.flatMap((row) => row.route ?? [])], names);
    if (mine !== latest) return;
    origins.set(answer.scenario.origins.map(({ id, name }) => ({ id, name, known: true })));
    guarded.set(answer.scenario.protect.map((id) => ({ id, name: names.get(id) ?? id, known: true })));
    show(answer, names, { graph: graph.value, query: asked, onMore: ask });
    document.title = `${$("#headline").textContent} – knockon`;
    $("#status").textContent = "";
    if (!top) $("#headline").focus({ preventScroll: true });
  } catch (fault) {
    if (mine === latest) fail(fault);
  }
}

function fail(fault) {
  const body = fault.body ?? { title: "The page failed", detail: fault.message };
  const near = body.nearest ?? body.matches ?? [];
  const choices = near.map((entity) => make("li", {},
    make("button", { type: "button", onclick: () => mend(body.detail, entity) }, nameOf(entity.name),
      entity.name === entity.id ? null : make("small", {}, nameOf(entity.id)))));
  $("#problem").replaceChildren(make("h2", {}, body.title), make("p", {}, body.detail));
  if (near.length) $("#problem").append(make("p", {}, "Did you mean:"), make("ul", {}, ...choices));
  $("#problem").hidden = false;
  $("#answer").hidden = true;
  $("#status").textContent = "";
}

// Puts the right entity where the wrong word was, and asks again.
function mend(detail, { id, name }) {
  const fields = [origins, guarded];
  const wrong = (field) => field.chosen.findIndex((entity) => !entity.known && detail.includes(entity.id));
  const field = fields.find((one) => wrong(one) >= 0) ?? origins;
  const index = wrong(field) >= 0 ? wrong(field) : field.chosen.length - 1;
  const rest = field.chosen.filter((entity, i) => i !== index && entity.id !== id);
  field.set([...rest, { id, name, known: true }]);
  submit();
}

function submit() {
  for (const field of [origins, guarded]) field.takeText();
  if (!origins.values.length) {
    fail(new Problem({ title: "What fails?", detail: "Name at least one entity that fails." }));
    origins.input.focus();
    return;
  }
  history.pushState(null, "", `?${new URLSearchParams([["graph", graph.value], ...question()])}`);
  ask();
}

async function describe() {
  const name = graph.value;
  $("#about").textContent = "";
  try {
    const about = await get(at(name));
    if (name !== graph.value) return;
    const number = (many) => many.toLocaleString("en");
    const unknown = about.relations.reduce((sum, row) => sum + row.unknown, 0);
    const strengths = unknown ? `, ${unknown === about.dependencies ? "all" : number(unknown)} of unknown strength` : "";
    const unit = about.weight_unit ? `; weight counts ${about.weight_unit}` : "";
    $("#about").textContent = `${number(about.entities)} entities, ${number(about.dependencies)} dependencies${strengths}${unit}.`;
  } catch (fault) {
    fail(fault);
  }
}

async function start() {
  try {
    const { graphs } = await get("");
    const shared = ({ title }) => graphs.filter((other) => other.title === title).length > 1;
    graph.replaceChildren(...graphs.map((one) => make("option", { value: one.name },
      shared(one) ? `${one.title} (${one.name})` : one.title)));
  } catch (fault) {
    fail(fault);
    return;
  }
  $("#question").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  graph.addEventListener("change", () => {
    latest += 1;
    history.pushState(null, "", `?${new URLSearchParams({ graph: graph.value })}`);
    readAddress();
  });
  addEventListener("popstate", readAddress);
  readAddress();
}

start();
