// The address holds all that is shown: the graph, the question, and what is looked at.

const SHOWN = ["saved", "tab", "entity", "pin", "find", "only", "sort", "open"];
const OWN = ["graph", "ask", ...SHOWN];
const RECENT = "knockon-recent";

export function readAddress() {
  const all = [...new URLSearchParams(location.search)];
  const shown = Object.fromEntries(OWN.map((key) => [key, all.find(([name]) => name === key)?.[1] ?? null]));
  return { ...shown, question: all.filter(([key]) => !OWN.includes(key)) };
}

export function formatAddress({ graph, ask, question = [], ...shown }) {
  const pairs = [["graph", graph], ["ask", ask], ...question, ...SHOWN.map((key) => [key, shown[key]])];
  return `?${new URLSearchParams(pairs.filter(([, value]) => value !== null && value !== undefined && value !== ""))}`;
}

// Goes there as by a link: the way back leads here.
export const visit = (state) => history.pushState(null, "", formatAddress(state));

// Says what is looked at; no step on the way back.
export const note = (changes) => history.replaceState(null, "", formatAddress({ ...readAddress(), ...changes }));

export const formatPin = (question) => new URLSearchParams(question).toString();

// What was asked here before; a browser may refuse to keep it.
export function readRecent() {
  try { return JSON.parse(localStorage.getItem(RECENT)) ?? []; } catch { return []; }
}

export function keepRecent(asked) {
  const others = readRecent().filter((one) => one.address !== asked.address);
  try { localStorage.setItem(RECENT, JSON.stringify([asked, ...others].slice(0, 12))); } catch { /* not kept */ }
}
