// The page: its address holds the question, the REST API holds the answers.

import { show } from "./answer.js";
import { buildPath, fetchJson, fetchNames, Problem } from "./api.js";
import { $, make, makeName } from "./dom.js";
import { Picker } from "./picker.js";
import { askWhole, listenToButtons } from "./rows.js";

const form = $("#question");
const graph = $("#graph");
const fields = [...form.querySelectorAll("[data-field]")];
const pickers = new Map([...form.querySelectorAll("[data-list]")]
  .map((root) => [root.dataset.list, new Picker(root, () => graph.value)]));
const origins = pickers.get("origin");
const keyOf = (element) => element.dataset.field ?? element.dataset.list;
let latest = 0; // answers to older questions are dropped

// What is asked, as it stands in an address: defaults are left out.
function readQuestion() {
  const plain = fields.map((field) => [keyOf(field), field.value.trim(), field.dataset.default])
    .filter(([, value, byDefault]) => value && value !== byDefault).map(([key, value]) => [key, value]);
  const listed = (key) => pickers.get(key).values.map((id) => [key, id]);
  const others = [...pickers.keys()].filter((key) => key !== "origin");
  return [...listed("origin"), ...plain, ...others.flatMap(listed)];
}

function readAddress() {
  const given = new URLSearchParams(location.search);
  const wanted = given.get("graph");
  if (wanted !== null) graph.value = wanted;
  for (const [key, picker] of pickers) picker.set(given.getAll(key).map((id) => ({ id, name: id, known: false })));
  for (const field of fields) field.value = given.get(keyOf(field)) ?? field.dataset.default ?? "";
  const stated = new Set(readQuestion().map(([key]) => key));
  for (const part of form.querySelectorAll("details")) {
    part.open ||= [...part.querySelectorAll("[data-field], [data-list]")].some((element) => stated.has(keyOf(element)));
  }
  $("#answer").hidden = true;
  $("#rows").hidden = true;
  $("#problem").hidden = true;
  if (wanted !== null && graph.value !== wanted) {
    graph.selectedIndex = 0;
    return showProblem(new Problem({ title: "Unknown graph", detail: `No graph has the name “${wanted}”. Choose one above.` }));
  }
  describeGraph();
  const verb = given.get("ask");
  if (verb !== null) return showWhole(verb, [...given].filter(([key]) => key !== "graph" && key !== "ask"));
  return origins.values.length ? ask() : undefined;
}

// A question about the whole graph: the address then holds it.
function askAboutAll(verb, stated) {
  history.pushState(null, "", `?${new URLSearchParams([["graph", graph.value], ["ask", verb], ...stated])}`);
  return showWhole(verb, stated);
}

async function showWhole(verb, stated) {
  const mine = ++latest;
  $("#status").textContent = "Computing…";
  $("#problem").hidden = true;
  $("#answer").hidden = true;
  try {
    const answer = await askWhole(graph.value, verb, stated, askAboutAll);
    if (mine !== latest) return;
    document.title = `${answer.headline} – knockon`;
    $("#status").textContent = "";
    $("#rows-headline").focus({ preventScroll: true });
  } catch (fault) {
    if (mine === latest) showProblem(fault);
  }
}

async function ask(top) {
  const mine = ++latest;
  const query = readQuestion();
  const asked = top ? [...query, ["top", top]] : query;
  $("#status").textContent = "Computing…";
  $("#problem").hidden = true;
  $("#rows").hidden = true;
  try {
    const answer = await fetchJson(buildPath(graph.value, "/whatif"), asked);
    const names = new Map(answer.entities.map((row) => [row.id, row.name]));
    await fetchNames(graph.value, [...answer.scenario.protect, ...answer.entities.flatMap((row) => row.route ?? [])], names);
    if (mine !== latest) return;
    origins.set(answer.scenario.origins.map(({ id, name }) => ({ id, name, known: true })));
    pickers.get("protect").set(answer.scenario.protect.map((id) => ({ id, name: names.get(id) ?? id, known: true })));
    show(answer, names, { graph: graph.value, query: asked, onMore: ask });
    document.title = `${$("#headline").textContent} – knockon`;
    $("#status").textContent = "";
    if (!top) $("#headline").focus({ preventScroll: true });
  } catch (fault) {
    if (mine === latest) showProblem(fault);
  }
}

function showProblem(fault) {
  const body = fault.body ?? { title: "The page failed", detail: fault.message };
  const near = body.nearest ?? body.matches ?? [];
  const choices = near.map((entity) => make("li", {},
    make("button", { type: "button", onclick: () => mend(body.detail, entity) }, makeName(entity.name),
      entity.name === entity.id ? null : make("small", {}, makeName(entity.id)))));
  $("#problem").replaceChildren(make("h2", {}, body.title), make("p", {}, body.detail));
  if (near.length) $("#problem").append(make("p", {}, "Did you mean:"), make("ul", {}, ...choices));
  $("#problem").hidden = false;
  $("#answer").hidden = true;
  $("#rows").hidden = true;
  $("#status").textContent = "";
}

// Puts the right entity where the wrong word was, and asks again.
function mend(detail, { id, name }) {
  const findWrong = (picker) => picker.chosen.findIndex((entity) => !entity.known && detail.includes(entity.id));
  const picker = [...pickers.values()].find((one) => findWrong(one) >= 0) ?? origins;
  const index = findWrong(picker) >= 0 ? findWrong(picker) : picker.chosen.length - 1;
  const rest = picker.chosen.filter((entity, i) => i !== index && entity.id !== id);
  picker.set([...rest, { id, name, known: true }]);
  submit();
}

function submit() {
  for (const picker of pickers.values()) picker.takeText();
  if (!origins.values.length) {
    showProblem(new Problem({ title: "What fails?", detail: "Name at least one entity that fails." }));
    origins.input.focus();
    return;
  }
  history.pushState(null, "", `?${new URLSearchParams([["graph", graph.value], ...readQuestion()])}`);
  ask();
}

async function describeGraph() {
  const name = graph.value;
  $("#about").textContent = "";
  try {
    const about = await fetchJson(buildPath(name));
    if (name !== graph.value) return;
    const number = (many) => many.toLocaleString("en");
    const unknown = about.relations.reduce((sum, row) => sum + row.unknown, 0);
    const strengths = unknown ? `, ${unknown === about.dependencies ? "all" : number(unknown)} of unknown strength` : "";
    const unit = about.weight_unit ? `; weight counts ${about.weight_unit}` : "";
    $("#about").textContent = `${number(about.entities)} entities, ${number(about.dependencies)} dependencies${strengths}${unit}.`;
  } catch (fault) {
    showProblem(fault);
  }
}

// Lists the graphs; whether there are any to ask about.
async function start() {
  try {
    const { graphs } = await fetchJson("");
    const shared = ({ title }) => graphs.filter((other) => other.title === title).length > 1;
    graph.replaceChildren(...graphs.map((one) => make("option", { value: one.name },
      shared(one) ? `${one.title} (${one.name})` : one.title)));
  } catch (fault) {
    showProblem(fault);
    return false;
  }
  graph.addEventListener("change", () => {
    latest += 1;
    history.pushState(null, "", `?${new URLSearchParams({ graph: graph.value })}`);
    readAddress();
  });
  addEventListener("popstate", readAddress);
  if (location.search) readAddress(); // else what was typed meanwhile stays
  else describeGraph();
  return true;
}

const started = start();
listenToButtons((verb, stated) => started.then((there) => there && askAboutAll(verb, stated)));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  started.then((there) => there && submit());
});
