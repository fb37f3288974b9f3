// The page: its address holds what is asked and looked at, the server holds the answers.

import { formatAddress, formatPin, note, readAddress, readPin, visit } from "./address.js";
import { askText, buildAddress, buildPath, isAborted, Problem } from "./api.js";
import { $, $$, make, makeButton, makeName, makeProblemLine, parse, place } from "./dom.js";
import { List } from "./list.js";
import { makeFile, makeMenu } from "./menu.js";
import { buildComparison, EntityPane, keepRecent, saveAnswer, showPart, showSaved, showStart, withoutView } from "./panels.js";
import { closeDrawers, listenToKeys, listenToPanes, openDrawer, openTab } from "./panes.js";
import { Picture } from "./picture.js";
import { Question } from "./question.js";

const TOP = 100; // rows of the table; the list and the CSV have all
const DRAFT = [["worlds", "100"], ["precision", ""]]; // few worlds, and no promise

const graph = $("#graph");
const now = { asked: "", query: [], facts: null, request: new AbortController() };
const question = new Question($("#question"), () => graph.value, { onAsk: submit, onDraft: draft });
const list = new List($("#list"), { onSelect: openEntity, onView: note, onLight: (id, route) => now.map?.light(id, route ?? []) });
const pane = new EntityPane($("#entity"), { onSelect: openEntity, onClose: closeEntity, onAct: act });

function act(what, entity) {
  if (what === "start") { go([["origin", entity.id]]); return; }
  question.add(what === "fail" ? "origin" : "protect", entity);
  submit();
}

// A new signal for what is asked now; what was asked before is given up.
function begin() {
  now.request.abort();
  now.request = new AbortController();
  return now.request.signal;
}

function go(pairs) {
  const { pin, tab } = readAddress();
  visit({ graph: graph.value, question: pairs, tab, pin });
  return restore();
}

function submit() {
  question.takeText();
  if (!question.origins.values.length) {
    showProblem(new Problem({ title: "What fails?", detail: "Name at least one entity that fails." }));
    question.origins.input.focus();
    return;
  }
  closeDrawers();
  now.asked = ""; // asked again, even if it is the same
  go(question.pairs);
}

// One that is served, or several of them joined by +.
function chooseGraph(name) {
  if (name === null) return;
  const titles = new Map($$("option", graph).map((one) => [one.value, one.textContent]));
  const parts = name.split("+");
  if (!titles.has(name) && parts.every((one) => titles.has(one))) graph.append(make("option", { value: name }, parts.map((one) => titles.get(one)).join(" + ")));
  graph.value = name;
}

// Brings the page to what its address says.
async function restore() {
  const state = readAddress();
  chooseGraph(state.graph);
  if (state.graph !== null && graph.value !== state.graph) {
    graph.selectedIndex = 0;
    showProblem(new Problem({ title: "Unknown graph", detail: `No graph has the name “${state.graph}”. Choose one above.` }));
    return;
  }
  const asked = JSON.stringify([graph.value, state.ask, state.saved, state.question]);
  if (asked !== now.asked) await answerAnew(state, asked);
  if (now.asked !== asked) return;
  showPin(state.pin);
  showTab(state.tab);
  if (state.entity === null) showList();
  else await showEntity(state.entity);
}

async function answerAnew(state, asked) {
  Object.assign(now, { asked, facts: null, query: state.question, map: null, drawn: {} });
  const signal = begin();
  $("#problem").hidden = true;
  question.set(state.ask || state.saved ? [] : state.question);
  try {
    if (state.ask) await showWhole(state, signal);
    else if (state.saved) show("rows", await showSaved($("#rows-of-all"), state.saved, signal));
    else if (question.origins.values.length) await ask(signal);
    else {
      show("start");
      await showStart(graph.value, signal);
    }
  } catch (fault) {
    if (!signal.aborted && !isAborted(fault)) showProblem(fault);
  }
}

function show(part, title) {
  for (const one of ["start", "answer", "rows"]) $(`#${one}`).hidden = one !== part;
  document.body.dataset.shows = part;
  if (!title) return;
  document.title = `${title} – knockon`;
  const head = $(part === "rows" ? "#rows-headline" : "#headline");
  head.textContent = title;
  if (!$("#question").contains(document.activeElement) || document.activeElement.matches("[type=text], [type=submit]")) head.focus({ preventScroll: true });
}

async function showWhole({ ask: verb, question: stated }, signal) {
  const button = $(`[data-verb="${CSS.escape(verb)}"]`);
  if (!button) throw new Problem({ title: "Unknown question", detail: `No question about the whole graph is called “${verb}”.` });
  show("rows");
  const part = await showPart($("#rows-of-all"), graph.value, verb, stated, { signal, drawn: "picture" in button.dataset ? true : undefined, onSelect: openEntity });
  if (!part) return;
  show("rows", part.dataset.headline);
  $("h3", part).remove();
  if (!("by" in button.dataset)) return;
  const byParent = stated.some(([key, value]) => key === "by" && value === "parent");
  const swapped = [...stated.filter(([key]) => key !== "by"), ...(byParent ? [] : [["by", "parent"]])];
  part.append(makeButton(`Count ${byParent ? "each by itself" : "by groups of companies"}`, () => askAboutAll(verb, swapped)));
}

function askAboutAll(verb, stated = []) {
  visit({ graph: graph.value, ask: verb, question: stated });
  closeDrawers();
  return restore();
}

const fetchPart = async (part, pairs, options) => parse(await askText(buildAddress(buildPath(graph.value, `/page/${part}`), pairs), options));

function look() {
  const { find, only, sort } = readAddress();
  return { find: find ?? "", only: only ?? "", sort: sort ?? "rank" };
}

async function ask(signal) {
  const { query } = now;
  if ($("#answer").dataset.state !== "draft") $("#answer").dataset.state = "old";
  const part = place(await fetchPart("whatif", [...query, ["top", TOP]], { signal, place: $("#status") }));
  if (signal.aborted) return;
  const facts = (now.facts = JSON.parse(part.dataset.facts));
  question.confirm(facts);
  show("answer", facts.headline);
  const path = buildPath(graph.value, "/whatif");
  $("#data-menu").replaceChildren(makeMenu(path, query, { forms: ["csv", "md"], label: "Save the table", all: facts.rows }));
  $("#help").replaceChildren();
  $("#save").hidden = !("keeps" in document.body.dataset);
  $("#save").textContent = "Save";
  keepRecent(graph.value, facts.headline, formatAddress({ graph: graph.value, question: query }));
  await list.show(graph.value, query, look(), signal);
  if (!signal.aborted) $("#answer").dataset.state = "full";
}

// A quick look of few worlds while a slider moves; the whole answer follows.
async function draft() {
  const { pairs } = question;
  if (!question.origins.values.length || now.facts === null) return;
  const signal = begin();
  const started = performance.now();
  $("#answer").dataset.state = "old";
  try {
    const few = [...pairs.filter(([key]) => !DRAFT.some(([one]) => one === key)), ...DRAFT];
    place(await fetchPart("draft", few, { signal }));
    await list.show(graph.value, few, look(), signal);
    if (signal.aborted) return;
    Object.assign($("#answer").dataset, { state: "draft", took: String(Math.round(performance.now() - started)) });
    note({ question: pairs });
    Object.assign(now, { query: pairs, drawn: {}, asked: JSON.stringify([graph.value, null, null, pairs]) });
    await ask(signal);
    if (!signal.aborted) showTab(readAddress().tab);
  } catch (fault) {
    if (!signal.aborted) showProblem(fault);
  }
}

// Draws what the tab shows, once for each answer.
function showTab(tab) {
  const chosen = openTab(now.pinned ? tab : tab === "compare" ? null : tab);
  if (now.facts === null) return;
  const { query, facts, drawn, request: { signal } } = now;
  const once = (key, draw) => { if (!drawn[key]) { drawn[key] = true; draw(); } };
  const { open } = readAddress();
  once(`map ${open ?? ""}`, () => showMap(open, signal));
  const charts = { timeline: [facts.hours !== null && "timeline", facts.rollout !== null && "detection"], bad: ["exceedance"] }[chosen];
  if (charts) once(chosen, () => $(`#${chosen}`).replaceChildren(...charts.flatMap((name) => name ? makeChart(name, query, signal) : []),
    charts[0] ? "" : make("p", { class: "hint" }, "Say for how many hours it is down: then this shows who is down when.")));
  if (chosen === "compare") once(`compare ${now.pinned}`, () => {
    const byDefault = (key) => $(`[data-field="${key}"]`)?.dataset.default || "null";
    const pinned = readPin(now.pinned);
    const asked = buildComparison(pinned, query, byDefault);
    showPart($("#compare"), graph.value, "compare", asked, { signal, drawn: true, top: TOP, label: "Save the comparison", onSelect: openEntity });
  });
}

// The map; what it does when a mark is hovered, chosen or taken.
function showMap(open, signal) {
  const { query } = now;
  const opened = open ? open.split("\n") : [];
  const picture = (now.map = new Picture(`Map: ${now.facts.headline}`, {
    zoomable: true, onSelect: openEntity,
    findRoute: (id) => now.facts.routes[id] ?? JSON.parse($(`#ranking tr[data-id="${CSS.escape(id)}"]`)?.dataset.route ?? "[]"),
    onOrigin: (id) => go([["origin", id], ...query.filter(([key]) => key !== "origin")]),
    onOpen: (key) => { note({ open: [...new Set([...opened, key])].join("\n") }); showTab(readAddress().tab); },
  }));
  const path = buildPath(graph.value, "/whatif");
  const asked = [...query, ...opened.map((key) => ["open", key])];
  $("#map").replaceChildren(picture.element);
  picture.tools.append(makeMenu(path, asked, { picture, label: "Save the map", forms: ["svg", "md"] }));
  picture.load(buildAddress(`${path}.svg`, asked), signal);
}

function makeChart(name, query, signal) {
  const picture = new Picture(`${name}: ${now.facts.headline}`);
  const address = buildAddress(buildPath(graph.value, `/whatif/${name}.svg`), query);
  picture.load(address, signal);
  return [make("div", { class: "scroll" }, picture.element), make("p", {}, makeFile("Save the chart as SVG", address, `${name}.svg`))];
}

// Keeps this answer as the one before; the next question is the one after.
function pin() {
  if (now.facts === null) return;
  const pinned = now.pinned === formatPin(now.query) ? null : formatPin(now.query);
  note({ pin: pinned, ...(pinned === null && { tab: null }) });
  showPin(pinned);
  showTab(readAddress().tab);
}

function showPin(pinned) {
  now.pinned = pinned;
  const same = pinned !== null && pinned === formatPin(now.query);
  $("#pin").textContent = same ? "Pinned: ask the next" : pinned === null ? "Pin this answer" : "Pin this one instead";
  $("#pin").setAttribute("aria-pressed", String(same));
  $("#tab-compare").hidden = pinned === null || same;
}

async function save() {
  const button = $("#save");
  button.textContent = "Saving…";
  try {
    const { id } = await saveAnswer(graph.value, now.facts.scenario);
    button.textContent = "Saved";
    $("#status").replaceChildren(make("a", { href: formatAddress({ graph: graph.value, saved: id }) }, "Saved: open it as it was"),
      make("small", {}, " or link to ", make("a", { href: `/a/${id}` }, makeName(new URL(`/a/${id}`, location.href).href))));
  } catch (fault) {
    button.textContent = "Save";
    showProblem(fault);
  }
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
  if (now.facts) list.move(0);
}

function showList() {
  document.body.dataset.right = now.facts ? "list" : "";
  $("#entity").hidden = true;
  $("#list").hidden = now.facts === null;
}

// What went wrong, with the nearest names as buttons.
function showProblem(fault) {
  const body = fault.body ?? { title: "The page failed", detail: fault.message };
  const near = (body.nearest ?? body.matches ?? []).map((entity) => make("li", {}, makeButton("", () => { question.mend(body.detail, entity); submit(); })));
  near.forEach((item, i) => $("button", item).append(makeName((body.nearest ?? body.matches)[i].name)));
  $("#problem").replaceChildren(make("h2", {}, body.title), make("p", {}, body.detail), ...(near.length ? [make("p", {}, "Did you mean:"), make("ul", {}, ...near)] : []));
  $("#problem").hidden = false;
  if (now.facts === null) show("problem");
  $("#status").replaceChildren();
}

const press = (what) => () => {
  const button = $(`#entity:not([hidden]) [data-act="${what}"]`);
  if (button) button.click();
  else if (list.selected && $("#entity").hidden) act(what, list.selected);
};
const step = (by) => () => { openDrawer("right"); list.move(by); };
listenToPanes((tab) => { note({ tab }); showTab(tab); });
listenToKeys({
  "/": () => { openDrawer("left"); question.origins.input.focus(); },
  j: step(1), k: step(-1), f: press("fail"), p: press("protect"), c: pin,
  Escape: () => closeDrawers() || $("#entity").hidden || closeEntity(),
});
addEventListener("click", ({ target }) => {
  const { entity } = target.closest?.("[data-entity]")?.dataset ?? {};
  if (entity !== undefined && !target.closest("#ranking")) openEntity(entity);
});
for (const button of $$("[data-verb]")) button.addEventListener("click", () => askAboutAll(button.dataset.verb));
$("[data-start]").addEventListener("click", () => { visit({ graph: graph.value }); restore(); });
graph.addEventListener("change", () => { visit({ graph: graph.value }); restore(); });
$("#pin").addEventListener("click", pin);
$("#save").addEventListener("click", save);
$("#print").addEventListener("click", () => print());
$("#find-fixes").addEventListener("click", () => showPart($("#help"), graph.value, "harden", [...withoutView(now.query), ["budget", $("#budget").value]],
  { drawn: false, label: "Save the plan", signal: now.request.signal, onSelect: openEntity }));
addEventListener("popstate", restore);
restore();
