// Panels that the server builds: an answer of any verb, one entity, the comparison, the start.

import { askJson, askText, buildAddress, buildPath, isAborted, send, Problem } from "./api.js";
import { formatAddress } from "./address.js";
import { $, $$, make, makeButton, makeName, makeProblemLine, parse, place } from "./dom.js";
import { copyText, makeMenu } from "./menu.js";
import { Picture } from "./picture.js";

const VIEW = ["top", "kind", "columns", "where"]; // of the rows of a what-if, not of what fails
const CAUSES = ["mode", "assume", "protect", "strengths", "trust_register"]; // of what is asked, where who fails is looked for
const AT_ONCE = 20_000; // entities up to which all are looked at without being asked
const RECENT = "knockon-recent";

export const withoutView = (query) => query.filter(([key]) => !VIEW.includes(key));

// An answer of a verb in its place, with its picture and what can be taken away; null where there is
// none. `drawn`: its picture is seen at once, else where one opens it; undefined: it has none.
export async function showPart(root, graph, verb, query, { label = "Save", drawn, top, signal, onSelect } = {}) {
  const path = buildPath(graph, `/${verb}`);
  const asked = top ? [...query, ["top", top]] : query;
  let part;
  try {
    part = parse(await askText(buildAddress(buildPath(graph, `/page/${verb}`), asked), { signal, place: root }));
  } catch (fault) {
    if (!isAborted(fault) && !signal?.aborted) root.replaceChildren(makeProblemLine(fault));
    return null;
  }
  if (signal?.aborted) return null;
  const picture = drawn === undefined ? null : new Picture(part.dataset.headline, { onSelect });
  const load = () => picture.text || picture.load(buildAddress(`${path}.svg`, query), signal);
  const frame = picture && make("div", { class: "scroll" }, picture.element);
  if (drawn) $(".place-of-picture", part).append(frame);
  else if (picture) part.append(make("details", { ontoggle: load }, make("summary", {}, "As a map"), frame));
  part.append(makeMenu(path, asked, { label, picture, forms: [picture && "svg", "csv", "md"], all: part.dataset.rows }));
  root.replaceChildren(part);
  if (drawn) load();
  return part;
}

// The right pane, on one entity: why it is hit, what it needs, who needs it, what takes it down.
export class EntityPane {
  // onAct: gets what is to be done (fail, protect, start) and {id, name}; onClose: back to the list
  constructor(root, actions) {
    Object.assign(this, { root, actions });
  }

  async show(graph, id, query) {
    this.request?.abort();
    this.request = new AbortController();
    const { signal } = this.request;
    const back = makeButton("← Back to the list", () => this.actions.onClose(), { class: "back" });
    const origins = query.filter(([key]) => key === "origin");
    this.root.replaceChildren(back, make("p", { role: "status" }, "Looking it up…"));
    let part;
    try {
      part = parse(await askText(buildAddress(buildPath(graph, "/page/entity"), [["id", id], ...origins]), { signal }));
    } catch (fault) {
      if (!signal.aborted) this.root.replaceChildren(back, makeProblemLine(fault));
      return;
    }
    this.root.replaceChildren(back, part);
    const entity = { id, name: part.dataset.name };
    for (const button of $$("[data-act]", part)) {
      const { act } = button.dataset;
      button.addEventListener("click", () => act === "copy" ? copyText(location.href, $("[role=status]", part)) : this.actions.onAct(act, entity));
    }
    const about = { signal, onSelect: this.actions.onSelect };
    const causes = [["target", id], ...query.filter(([key]) => CAUSES.includes(key)), ["order", "2"]];
    const cuts = $("#cuts", part);
    cuts.parentElement.addEventListener("toggle", () => cuts.hasChildNodes() || showPart(cuts, graph, "cuts", causes, { ...about, top: 15, label: "Save the cut sets" }));
    $("h2", part).focus({ preventScroll: true });
    const why = $("#why", part);
    if ("asks" in why.dataset) await showPart(why, graph, "why", [...withoutView(query), ["target", id]], { ...about, drawn: false, label: "Save the why" });
  }
}

const NAMES = { origin: "origins" };

// As `compare` is asked: the pinned question, and each field that is another one in the next.
export function buildComparison(before, after, byDefault) {
  const [first, second] = [withoutView(before), withoutView(after)];
  const list = (pairs, key) => pairs.filter(([name]) => name === key).map(([, value]) => value);
  const keys = [...new Set([...first, ...second].map(([key]) => key))];
  const changed = keys.filter((key) => key === "protect" // else it holds for the second only
    || list(first, key).join("\n") !== list(second, key).join("\n"));
  const write = (key, values) => ["origin", "protect"].includes(key) ? JSON.stringify(values) : values[0] ?? byDefault(key);
  return [...first, ...changed.map((key) => ["after", `${NAMES[key] ?? key}=${write(key, list(second, key))}`])];
}

// Before a question: what would hurt, what many stand on, what was asked and kept, and what there is.
export async function showStart(graph, signal) {
  const at = (rest, pairs) => buildAddress(buildPath(graph, rest), pairs);
  place(parse(await askText(at("/page/start"), { signal })));
  const size = Number($("#about").textContent.split(" ")[0].replaceAll(",", ""));
  for (const list of $$("[data-card]")) {
    const look = async () => {
      try {
        list.innerHTML = await askText(at(`/page/${list.dataset.card}.card`, { top: 20 }), { signal, place: list });
      } catch (fault) {
        if (!isAborted(fault)) list.replaceChildren(make("li", { class: "hint" }, fault.message));
      }
    };
    if (size <= AT_ONCE) look();
    else list.replaceChildren(make("li", {}, makeButton(`Look at all ${size.toLocaleString("en")}`, look)));
  }
  fill("recent", readRecent().filter((one) => one.graph === graph).map((one) => make("a", { href: one.address }, one.headline)));
  $("#facet-list").replaceChildren();
  $("#facets").onclick = ({ target }) => {
    const { facet, value } = target.closest("button")?.dataset ?? {};
    if (!facet) return;
    $("#facet-list").replaceChildren();
    showEntities(graph, { [facet]: value, sort: "dependents" });
  };
  if ("keeps" in document.body.dataset) await listSaved(graph, signal);
  const others = $("#card-graphs");
  others.parentElement.hidden = !others.hasChildNodes();
}

function fill(card, links) {
  const list = $(`#card-${card}`);
  list.replaceChildren(...links.map((link) => make("li", {}, ...[link].flat())));
  list.parentElement.hidden = !links.length;
}

// A page of a list, and a button for the next.
async function showEntities(graph, asked) {
  const list = parse(await askText(buildAddress(buildPath(graph, "/page/entities"), asked)));
  const { cursor, said } = list.dataset;
  const more = cursor && makeButton("More", () => { more.remove(); showEntities(graph, { ...asked, cursor }); });
  $("#facet-list .hint")?.remove();
  $("#facet-list").append(list, make("p", { class: "hint", role: "status" }, said), more || "");
}

// What was asked here before; a browser may refuse to keep it.
function readRecent() {
  try { return JSON.parse(localStorage.getItem(RECENT)) ?? []; } catch { return []; }
}

export function keepRecent(graph, headline, address) {
  const others = readRecent().filter((one) => one.address !== address);
  try { localStorage.setItem(RECENT, JSON.stringify([{ graph, headline, address }, ...others].slice(0, 12))); } catch { /* not kept */ }
}

async function listSaved(graph, signal) {
  const { answers } = await askJson(buildAddress(buildPath(graph, "/answers"), { limit: 20 }), { signal });
  fill("saved", answers.map(({ id, title, created, who }) => [
    make("a", { href: formatAddress({ graph, saved: id }) }, makeName(title)), make("small", {}, `${created}, by ${who}`)]));
}

// Asks the server to keep the answer; the link to it.
export async function saveAnswer(graph, scenario) {
  const body = JSON.stringify({ question: "whatif", asked: scenario });
  const response = await send(buildAddress(buildPath(graph, "/answers")), { method: "POST", body, headers: { "Content-Type": "application/json" } });
  const answer = await response.json();
  if (!response.ok) throw new Problem(answer);
  return answer;
}

// A saved answer as it was: the page that the server has for it, and its picture.
export async function showSaved(root, id, signal) {
  const page = new DOMParser().parseFromString(await askText(`/a/${id}`, { signal, place: root }), "text/html");
  const image = $("img", page);
  const picture = image && new Picture(page.title);
  const address = image?.getAttribute("src");
  image?.replaceWith(picture.element);
  $("h1", page).remove();
  root.replaceChildren(...page.body.childNodes, make("p", {}, make("a", { href: `/a/${id}` }, "A page to link to: "), makeName(new URL(`/a/${id}`, location.href).href)));
  picture?.load(address, signal);
  return page.title;
}
