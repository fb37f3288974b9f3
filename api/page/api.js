// The REST API; a failure is thrown as its problem (RFC 9457). A question that takes long is a job:
// its progress is shown, it can be stopped, and it is stopped when nobody wants it any more.

import { $, make, makeButton } from "./dom.js";

const SHOWN = 300; // milliseconds after which it is said that something is under way
const TOKEN = "knockon-token";

export class Problem extends Error {
  constructor(body) {
    super(body.detail);
    this.body = body;
  }
}

export function buildAddress(graph, path, pairs = []) {
  const query = new URLSearchParams(pairs).toString();
  return `/v1/graphs/${encodeURIComponent(graph)}${path}${query ? `?${query}` : ""}`;
}

export const isAborted = (fault) => fault.name === "AbortError";

// The response; `place`: where is shown that it is waited for, and how far it is.
export async function ask(address, { media = "text/html", signal, place } = {}) {
  const stop = new AbortController();
  const both = AbortSignal.any([stop.signal, ...(signal ? [signal] : [])]);
  const waiting = place ? makeWaiting(() => stop.abort()) : null;
  const timer = setTimeout(() => waiting && place.replaceChildren(waiting.element), SHOWN);
  try {
    let response = await send(address, { signal: both, headers: { Accept: media, Prefer: "respond-async" } });
    if (response.status === 202) response = await follow(await response.json(), both, waiting);
    if (response.ok) return response;
    const fallback = { title: "No answer", detail: `The server answered ${response.status}.` };
    throw new Problem(await response.json().catch(() => fallback));
  } catch (fault) {
    if (stop.signal.aborted) throw new Problem({ title: "Stopped", detail: "The question was stopped. Ask it again when you want it." });
    throw fault;
  } finally {
    clearTimeout(timer);
    waiting?.end();
  }
}

export const askText = async (address, options) => (await ask(address, options)).text();

function makeWaiting(onStop) {
  const bar = make("progress", { "aria-label": "Progress" });
  const said = make("span", {}, "Computing…");
  const element = make("div", { class: "waiting", role: "status" }, said, bar, makeButton("Stop", onStop));
  const begun = Date.now();
  let known = {};
  const show = () => {
    const { state, done, total } = known;
    const open = done < total; // the last steps are not counted
    if (open) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
    said.textContent = state === "queued" ? "Waiting for its turn…"
      : `Computing… ${open ? `${Math.floor((100 * done) / total)} %, ` : ""}${Math.round((Date.now() - begun) / 1000)} s`;
  };
  const timer = setInterval(show, 1_000);
  return { element, tell: (job) => { known = job; show(); }, end: () => { clearInterval(timer); element.remove(); } };
}

// The answer of a job, by its events.
async function follow(job, signal, waiting) {
  try {
    waiting?.tell(job);
    const stream = (await send(job.events, { signal })).body.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = "", part; !(part = await stream.read()).done;) {
      const events = (text + part.value).split("\n\n");
      text = events.pop();
      for (const event of events) if (event.startsWith("event: job")) waiting?.tell(JSON.parse(event.split("data: ")[1]));
    }
    return await send(job.result, { signal });
  } catch (fault) {
    if (signal.aborted) send(job.href, { method: "DELETE" }).catch(() => {});
    throw fault;
  }
}

// A request with the token of this tab, which is asked for where the server wants one.
export async function send(address, options = {}) {
  const token = sessionStorage.getItem(TOKEN);
  const headers = { ...options.headers, ...(token && { Authorization: `Bearer ${token}` }) };
  let response;
  try {
    response = await fetch(address, { ...options, headers });
  } catch (fault) {
    if (options.signal?.aborted) throw fault;
    throw new Problem({ title: "No answer", detail: "The server cannot be reached." });
  }
  if (response.status !== 401 || !(await askToken(token))) return response;
  return send(address, options);
}

let asking = null; // one dialog, whoever needs it

function askToken(used) {
  if (sessionStorage.getItem(TOKEN) !== used) return Promise.resolve(true); // it has come meanwhile
  asking ??= new Promise((done) => {
    const dialog = $("#token");
    if (used) $("#token-hint").textContent = "The server does not know this token. Try another one.";
    dialog.returnValue = "";
    dialog.showModal();
    dialog.addEventListener("close", () => {
      const text = $("#token-text").value.trim();
      asking = null;
      $("#token-text").value = "";
      if (dialog.returnValue && text) sessionStorage.setItem(TOKEN, text);
      done(Boolean(dialog.returnValue && text));
    }, { once: true });
  });
  return asking;
}
