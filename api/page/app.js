// The page: its address holds what is asked and looked at, the REST API holds the answers.

import { formatAddress, formatPin, note, readAddress, readPin, visit } from "./address.js";
import { showAnswer, showChart, showMap } from "./answer.js";
import { buildPath, fetchJson, fetchNames, Problem } from "./api.js";
import { buildComparison, showComparison } from "./compare.js";
import { $, make } from "./dom.js";
import { EntityPane } from "./entity.js";
import { offerHelp } from "./help.js";
import { listenToKeys } from "./keys.js";
import { makeProblem, Question } from "./question.js";
import { Ranking } from "./ranking.js";
import { askWhole, listenToButtons } from "./rows.js";
import { keepRecent, showStart } from "./start.js";
import { closeDrawers, openDrawer, openTab, listenToTabs } from "./panes.js";

const FIRST = 200; // rows of the first answer; more as they are wanted
const MOST = 5_000; // rows that a browser sorts and filters; the CSV has all
const DRAFT = { worlds: "100", precision: "" }; // few worlds, and no promise

const graph = $("#graph");
const now = { asked: "", query: [], answer: null, names: new Map(), request: new AbortController() };
const question = new Question($("#question"), () => graph.value, { onAsk: submit, onDraft: draft });
const ranking = new Ranking($("#list"), { onSelect: openEntity, onView: note, onMore: fetchMore });
const pane = new EntityPane($("#entity"), {
  onSelect: openEntity, onClose: closeEntity,
  onFail: (entity) => { question.add("origin", entity); submit(); },
  onProtect: (entity) => { question.add("protect", entity); submit(); },
  onStart: ({ id }) => go([["origin", id]]),
});

// A new signal for what is asked now; what was asked before is given up.
function begin() {
  now.request.abort();
  now.request = new AbortController();
  return now.request.signal;
}

function go(pairs, changes = {}) {
  const { pin, tab } = readAddress();
  visit({ graph: graph.value, question: pairs, tab, pin, ...changes });
  return restore();
}

async function submit() {
  question.takeText();
  if (!await started) return;
  if (!question.origins.values.length) {
    showProblem(new Problem({ title: "What fails?", detail: "Name at least one entity that fails." }));
    question.origins.input.focus();
    return;
  }
  closeDrawers();
  now.asked = ""; // asked again, even if it is the same
  go(question.pairs);
}

// Brings the page to what its address says.
async function restore() {
  const state = readAddress();
  if (state.graph !== null) graph.value = state.graph;
  if (state.graph !== null && graph.value !== state.graph) {
    graph.selectedIndex = 0;
    show("problem");
    return showProblem(new Problem({ title: "Unknown graph", detail: `No graph has the name “${state.graph}”. Choose one above.` }));
  }
  const asked = JSON.stringify([graph.value, state.ask, state.question]);
  const same = asked === now.asked;
  if (!same) await answerAnew(state, asked);
  if (now.asked !== asked) return undefined;
  showPin(state.pin);
  showTab(state.tab);
  return state.entity === null ? showList() : showEntity(state.entity);
}

async function answerAnew(state, asked) {
  if (JSON.parse(now.asked || "[null]")[0] !== graph.value) now.names = new Map();
  Object.assign(now, { asked, answer: null, query: state.question, mapped: null });
  const signal = begin();
  $("#problem").hidden = true;
  question.set(state.ask === null ? state.question : []);
  describeGraph(signal, state);
  try {
    if (state.ask !== null) await showWhole(state, signal);
    else if (question.origins.values.length) await ask(signal);
    else show("start");
  } catch (fault) {
    if (!signal.aborted && fault.name !== "AbortError") showProblem(fault);
  }
}

const PARTS = ["start", "answer", "rows"];

function show(part) {
  for (const one of PARTS) $(`#${one}`).hidden = one !== part;
  document.body.dataset.shows = part;
  $("#status").textContent = "";
}

async function showWhole({ ask: verb, question: stated }, signal) {
  $("#status").textContent = "Computing…";
  const answer = await askWhole(graph.value, verb, stated, { signal, onAsk: askAboutAll, onSelect: openEntity });
  if (signal.aborted) return;
  document.title = `${answer.headline} – knockon`;
  show("rows");
  $("#rows-headline").focus({ preventScroll: true });
}

function askAboutAll(verb, stated) {
  visit({ graph: graph.value, ask: verb, question: stated });
  closeDrawers();
  return restore();
}

async function fetchAnswer(query, top, signal) {
  const answer = await fetchJson(buildPath(graph.value, "/whatif"), [...query, ["top", top]], signal);
  for (const row of answer.entities) now.names.set(row.id, row.name);
  const shown = answer.entities.slice(0, 120).flatMap((row) => row.route ?? []);
  await fetchNames(graph.value, [...answer.scenario.protect, ...shown], now.names);
  return answer;
}

async function ask(signal) {
  $("#status").textContent = "Computing…";
  if ($("#answer").dataset.state !== "draft") $("#answer").dataset.state = "old";
  const answer = await fetchAnswer(now.query, FIRST, signal);
  if (signal.aborted) return;
  now.answer = answer;
  question.confirm(answer.scenario, now.names);
  const state = readAddress();
  showAnswer(answer, now.names, { graph: graph.value, query: now.query });
  show("answer");
  ranking.show(answer, { find: state.find ?? "", only: state.only ?? "", sort: state.sort ?? "rank" });
  offerHelp(graph.value, now.query);
  $("#answer").dataset.state = "full";
  document.title = `${answer.headline} – knockon`;
  keepRecent(graph.value, answer.headline, formatAddress({ graph: graph.value, question: now.query }));
  if (!$("#question").contains(document.activeElement) || document.activeElement.matches("[type=text], [type=submit]")) {
    $("#headline").focus({ preventScroll: true });
  }
}

// A quick look of few worlds while a slider moves; the whole answer follows.
async function draft() {
  const pairs = question.pairs;
  if (!question.origins.values.length || now.answer === null) return;
  const signal = begin();
  const started = performance.now();
  $("#answer").dataset.state = "old";
  try {
    const few = [...pairs.filter(([key]) => !(key in DRAFT)), ...Object.entries(DRAFT)];
    const answer = await fetchJson(buildPath(graph.value, "/whatif"), [...few, ["top", 40]], signal);
    if (signal.aborted) return;
    showAnswer(answer, now.names, { graph: graph.value, query: pairs, draft: true });
    ranking.show({ ...answer, more: 0 }, ranking.view);
    Object.assign($("#answer").dataset, { state: "draft", took: String(Math.round(performance.now() - started)) });
    note({ question: pairs });
    Object.assign(now, { query: pairs, mapped: null, asked: JSON.stringify([graph.value, null, pairs]) });
    await ask(signal);
    if (!signal.aborted) showTab(readAddress().tab);
  } catch (fault) {
    if (!signal.aborted) showProblem(fault);
  }
}

async function fetchMore() {
  if (!now.answer?.more || now.answer.entities.length >= MOST || now.fetching === now.asked) return;
  now.fetching = now.asked;
  const { asked, request: { signal } } = now;
  try {
    const answer = await fetchAnswer(now.query, MOST, signal);
    if (now.asked !== asked || signal.aborted) return;
    now.answer = answer;
    ranking.extend(answer);
  } catch { /* what is shown stays */ }
}

// Draws what the tab shows, once for each answer.
function showTab(tab) {
  const chosen = openTab(now.pinned ? tab : tab === "compare" ? null : tab);
  if (now.answer === null) return;
  const { query, request: { signal } } = now;
  const about = { graph: graph.value, query, headline: now.answer.headline, signal };
  const drawn = (now.mapped ??= { asked: now.asked });
  const once = (key, draw) => { if (!drawn[key]) { drawn[key] = true; draw(); } };
  const { open } = readAddress();
  once(`map ${open ?? ""}`, () => showMap({ ...about, open, label: `Map: ${about.headline}`, marks: MARKS }));
  const { hours, rollout } = now.answer.scenario;
  if (chosen === "timeline") once("timeline", () => {
    $("#timeline").replaceChildren();
    showChart($("#timeline"), hours === null ? null : "timeline", about, "Say for how many hours it is down: then this shows who is down when.");
    if (rollout !== null) showChart($("#timeline"), "detection", about);
  });
  if (chosen === "bad") once("bad", () => { $("#charts").replaceChildren(); showChart($("#charts"), "exceedance", about); });
  if (chosen === "compare") once(`compare ${now.pinned}`, () => {
    const byDefault = (key) => $(`[data-field="${key}"]`)?.dataset.default || "null";
    showComparison($("#compare"), graph.value, buildComparison(readPin(now.pinned), query, byDefault), { onSelect: openEntity, signal });
  });
}

const MARKS = {
  findRoute: (id) => now.answer?.entities.find((row) => row.id === id)?.route ?? [],
  onSelect: openEntity,
  onOrigin: (id) => go([["origin", id], ...now.query.filter(([key]) => key !== "origin")]),
  onOpen: (key) => { note({ open: [...new Set([...(readAddress().open?.split("\n") ?? []), key])].join("\n") }); showTab(readAddress().tab); },
};

// Keeps this answer as the one before; the next question is the one after.
function pin() {
  if (now.answer === null) return;
  const unpin = now.pinned === formatPin(now.query);
  note({ pin: unpin ? null : formatPin(now.query), tab: unpin ? null : readAddress().tab });
  showPin(unpin ? null : formatPin(now.query));
  showTab(readAddress().tab);
}

function showPin(pinned) {
  now.pinned = pinned;
  const same = pinned !== null && pinned === formatPin(now.query);
  $("#pin").textContent = same ? "Pinned: ask the next" : pinned === null ? "Pin this answer" : "Pin this one instead";
  $("#pin").setAttribute("aria-pressed", String(same));
  $("#tab-compare").hidden = pinned === null || same;
}

function openEntity(id) {
  note({ entity: id });
  openDrawer("right");
  showEntity(id);
}

function showEntity(id) {
  document.body.dataset.right = "entity";
  $("#entity").hidden = false;
  $("#list").hidden = true;
  return pane.show(graph.value, id, now.query);
}

function closeEntity() {
  note({ entity: null });
  showList();
  if (now.answer) ranking.move(0);
}

function showList() {
  document.body.dataset.right = now.answer ? "list" : "";
  $("#entity").hidden = true;
  $("#list").hidden = now.answer === null;
}

function showProblem(fault) {
  $("#problem").replaceChildren(...makeProblem(fault, (detail, entity) => { question.mend(detail, entity); submit(); }));
  $("#problem").hidden = false;
  if (now.answer === null) show("problem");
  $("#status").textContent = "";
}

async function describeGraph(signal, { ask: verb }) {
  const name = graph.value;
  const about = await fetchJson(buildPath(name)).catch(showProblem);
  if (!about || name !== graph.value) return;
  const number = (many) => many.toLocaleString("en");
  const unknown = about.relations.reduce((sum, row) => sum + row.unknown, 0);
  const strengths = unknown ? `, ${unknown === about.dependencies ? "all" : number(unknown)} of unknown strength` : "";
  const unit = about.weight_unit ? `; weight counts ${about.weight_unit}` : "";
  $("#about").textContent = `${number(about.entities)} entities, ${number(about.dependencies)} dependencies${strengths}${unit}.`;
  if (!signal.aborted && verb === null && !now.query.length) showStart(name, about, signal);
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
  graph.addEventListener("change", () => { visit({ graph: graph.value }); restore(); });
  addEventListener("popstate", restore);
  if (location.search) restore(); // else what was typed meanwhile stays
  else { now.asked = JSON.stringify([graph.value, null, []]); describeGraph(now.request.signal, readAddress()); }
  return true;
}

const withRow = (use) => () => ranking.selected && use(ranking.selected);
listenToTabs((tab) => { note({ tab }); showTab(tab); });
listenToButtons((verb) => started.then(() => verb === null ? (visit({ graph: graph.value }), restore()) : askAboutAll(verb, [])));
$("#pin").addEventListener("click", pin);
$("#print").addEventListener("click", () => print());
const press = (key, otherwise) => () => ($("#entity").hidden ? otherwise() : $(`#entity [data-key="${key}"]`)?.click());
listenToKeys({
  "/": () => { openDrawer("left"); question.origins.input.focus(); },
  j: () => { openDrawer("right"); ranking.move(1); }, k: () => { openDrawer("right"); ranking.move(-1); },
  f: press("f", withRow(pane.actions.onFail)), p: press("p", withRow(pane.actions.onProtect)),
  c: pin, Escape: () => (closeDrawers() || $("#entity").hidden || closeEntity()),
});
const started = start();
