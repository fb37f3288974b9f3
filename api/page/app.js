// The page: its address holds what is asked and looked at, the server holds the answers.

import { formatAddress, formatPin, keepRecent, note, readAddress, readRecent, visit } from "./address.js";
import { askText, buildAddress, isAborted, Problem, send } from "./api.js";
import { $, make, makeButton, makeName, parse } from "./dom.js";
import { List } from "./list.js";
import { load, place } from "./load.js";
import { copyText } from "./menu.js";
import { closeDrawers, listenToKeys, listenToTabs, openDrawer, openTab, toggle } from "./panes.js";
import { Picture } from "./picture.js";
import { Question } from "./question.js";

const TOP = ["top", 100]; // rows of a table; the list and the CSV have all
const DRAFT = [["worlds", "100"], ["precision", ""]]; // few worlds, and no promise

const graph = $("#graph");
const now = { asked: "", query: [], facts: null, request: new AbortController(), entity: new AbortController() };
const question = new Question($("#question"), () => graph.value, { onAsk: submit, onDraft: draft });
const list = new List($("#list"), { onSelect: openEntity, onLight: (id, route) => Picture.map?.light(id, route ?? []) });
const at = (path, pairs) => buildAddress(graph.value, path, pairs);

Picture.actions = {
  onSelect: openEntity,
  onOrigin: (id) => go([["origin", id], ...now.query.filter(([key]) => key !== "origin")]),
  onOpen: (key) => { note({ open: [...new Set([...listOpen(), key])].join("\n") }); showTab(readAddress().tab); },
  findRoute: (id) => now.facts?.routes[id] ?? JSON.parse($(`#ranking tr[data-id="${CSS.escape(id)}"]`)?.dataset.route ?? "[]"),
};
const listOpen = () => readAddress().open?.split("\n") ?? [];

const ACTS = {
  fail: (entity) => { question.add("origin", entity); submit(); },
  protect: (entity) => { question.add("protect", entity); submit(); },
  start: ({ id }) => go([["origin", id]]),
  copy: (_, button) => copyText(location.href, button),
};

// A new signal in the place of the one before, whose requests are given up.
function begin(name = "request") {
  now[name].abort();
  now[name] = new AbortController();
  return now[name].signal;
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
  now.asked = ""; // even if it is the same
  go(question.pairs);
}

// Brings the page to what its address says.
async function restore() {
  const state = readAddress();
  if (state.graph !== null) graph.value = state.graph;
  const asked = JSON.stringify([graph.value, state.ask, state.saved, state.question]);
  if (asked !== now.asked) await answerAnew(state, asked);
  if (now.asked !== asked) return;
  showPin(state.pin);
  showTab(state.tab);
  if (state.entity === null) showList();
  else await showEntity(state.entity);
}

async function answerAnew({ ask: verb, saved, question: stated }, asked) {
  Object.assign(now, { asked, facts: null, query: stated });
  Picture.map = null;
  const signal = begin();
  $("#problem").hidden = true;
  $("#status").textContent = "";
  question.set(verb || saved ? [] : stated);
  try {
    if (verb || saved) await showRows(verb ? at(`/page/${encodeURIComponent(verb)}`, stated) : at("/page/saved", { saved }), signal);
    else if (question.origins.values.length) await ask(signal);
    else {
      show("start");
      const recent = readRecent().filter((one) => one.graph === graph.value);
      $("#card-recent").replaceChildren(...recent.map((one) => make("p", {}, make("a", { href: one.address }, one.headline))));
      place(await fetchPart("start", [], { signal }), signal);
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

async function showRows(address, signal) {
  show("rows");
  $("#rows-headline").textContent = "";
  const part = await load($("#rows-of-all"), address, signal);
  if (!part) return;
  show("rows", part.dataset.headline);
  $("h3", part)?.remove(); // it stands above
}

const fetchPart = async (part, pairs, options) => parse(await askText(at(`/page/${part}`, pairs), options));

// Figures and words of what is asked, and what the page has to know of it.
async function fetchAnswer(part, pairs, options) {
  const found = await fetchPart(part, pairs, options);
  if (!options.signal.aborted) place(found, options.signal);
  return JSON.parse(found.dataset.facts);
}

async function ask(signal) {
  const { query } = now;
  if ($("#answer").dataset.state !== "draft") $("#answer").dataset.state = "old";
  const facts = await fetchAnswer("whatif", [...query, TOP], { signal, place: $("#status") });
  if (signal.aborted) return;
  now.facts = facts;
  question.confirm(facts);
  show("answer", facts.headline);
  $("#help").replaceChildren();
  $("#save")?.replaceChildren("Save");
  keepRecent({ graph: graph.value, headline: facts.headline, address: formatAddress({ graph: graph.value, question: query }) });
  await list.show(graph.value, query, signal);
  if (!signal.aborted) $("#answer").dataset.state = "full";
}

// A quick look of few worlds while a slider moves; the whole answer follows.
async function draft() {
  const { pairs } = question;
  if (now.facts === null) return;
  const signal = begin();
  const started = performance.now();
  const few = [...pairs.filter(([key]) => !DRAFT.some(([one]) => one === key)), ...DRAFT];
  $("#answer").dataset.state = "old";
  try {
    await fetchAnswer("draft", few, { signal });
    await list.show(graph.value, few, signal);
    if (signal.aborted) return;
    Object.assign($("#answer").dataset, { state: "draft", took: String(Math.round(performance.now() - started)) });
    note({ question: pairs });
    Object.assign(now, { query: pairs, asked: JSON.stringify([graph.value, null, null, pairs]) });
    await ask(signal);
    if (!signal.aborted) showTab(readAddress().tab);
  } catch (fault) {
    if (!signal.aborted) showProblem(fault);
  }
}

// Map and comparison, once for each answer; the other tabs are pieces of it.
function showTab(tab) {
  const chosen = openTab(now.pinned ? tab : tab === "compare" ? null : tab);
  if (now.facts === null) return;
  const { query, pinned } = now;
  loadOnce($("#map"), at("/page/map", [...query, ...listOpen().map((key) => ["open", key])]));
  if (chosen === "compare") loadOnce($("#compare"), at("/page/pinned", [...query, ["pin", pinned]]));
}

function loadOnce(root, address) {
  const { signal } = now.request;
  if (root.at === address && root.of === signal) return;
  Object.assign(root, { at: address, of: signal });
  load(root, address, signal);
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

// Keeps the answer; shows where it is.
async function save() {
  $("#save").textContent = "Saving…";
  try {
    const body = JSON.stringify({ question: "whatif", asked: now.facts.scenario });
    const response = await send(at("/answers"), { method: "POST", body, headers: { "Content-Type": "application/json" } });
    const answer = await response.json();
    if (!response.ok) throw new Problem(answer);
    $("#save").textContent = "Saved";
    $("#status").replaceChildren(make("a", { href: formatAddress({ graph: graph.value, saved: answer.id }) }, "Saved: open it as it was"),
      ", or link to ", make("a", { href: answer.page }, new URL(answer.page, location.href).href));
  } catch (fault) {
    $("#save").textContent = "Save";
    showProblem(fault);
  }
}

function openEntity(id) {
  note({ entity: id });
  openDrawer("right");
  showEntity(id);
}

async function showEntity(id) {
  document.body.dataset.right = "entity";
  const part = await load($("#entity-part"), at("/page/entity", [["id", id], ...now.query]), begin("entity"));
  if (part) $("h2", part).focus({ preventScroll: true });
}

function closeEntity() {
  note({ entity: null });
  showList();
  if (now.facts) list.move(0);
}

function showList() {
  if (now.facts) document.body.dataset.right = "list";
  else delete document.body.dataset.right;
}

// What went wrong, with the nearest names as buttons.
function showProblem(fault) {
  const body = fault.body ?? { title: "The page failed", detail: fault.message };
  const use = (one) => {
    if (body.title === "Unknown graph") { leave({ graph: one.id }); return; }
    question.mend(body.detail, one);
    submit();
  };
  const near = (body.nearest ?? body.matches ?? []).map((one) => makeButton(makeName(one.name, one.id), () => use(one)));
  $("#problem").replaceChildren(make("h2", {}, body.title), make("p", {}, body.detail), make("div", { class: "actions" }, ...(near.length ? ["Did you mean:"] : []), ...near));
  $("#problem").hidden = false;
  if (now.facts === null) show("problem");
  $("#status").replaceChildren();
}

const isEntityOpen = () => document.body.dataset.right === "entity";
const press = (what) => () => {
  if (isEntityOpen()) $(`#entity [data-act="${what}"]`)?.click();
  else if (list.selected) ACTS[what](list.selected);
};
const step = (by) => () => { openDrawer("right"); list.move(by); };
listenToTabs((tab) => { note({ tab }); showTab(tab); });
listenToKeys({
  "/": () => { openDrawer("left"); question.origins.input.focus(); },
  j: step(1), k: step(-1), f: press("fail"), p: press("protect"), c: pin,
  Escape: () => closeDrawers() || (isEntityOpen() && closeEntity()),
});

const CLICKS = {
  "#entity .back": closeEntity,
  "[data-act]": (button) => ACTS[button.dataset.act](button.closest("[data-name]").dataset, button),
  "[data-verb]": (button) => leave({ ask: button.dataset.verb }),
  "[data-start]": () => leave({}), "[data-closes]": closeDrawers, "[data-opens]": (button) => toggle(button.dataset.opens),
  "#pin": pin, "#save": save, "#print": () => print(),
  "#find-fixes": () => load($("#help"), at("/page/harden", [...now.query.filter(([key]) => !["columns", "where"].includes(key)), ["budget", $("#budget").value]]), now.request.signal),
  "[data-entity]": (mark) => mark.closest("#ranking") || openEntity(mark.dataset.entity),
  "a[href^='?']": (link) => { history.pushState(null, "", link.href); closeDrawers(); restore(); },
};
addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey) return; // into a tab of its own
  for (const [selector, press] of Object.entries(CLICKS)) {
    const found = event.target.closest?.(selector);
    if (!found) continue;
    if (found.href && new URLSearchParams(found.search).get("graph") !== graph.value) return; // another graph
    event.preventDefault();
    press(found);
    return;
  }
});
function leave(state) {
  visit({ graph: graph.value, ...state });
  closeDrawers();
  restore();
}
graph.addEventListener("change", () => leave({}));
addEventListener("popstate", restore);
restore();
