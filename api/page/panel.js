// A panel that asks when it is opened: it waits, shows a problem, or gives the answer.

import { fetchJson } from "./api.js";
import { make } from "./dom.js";

// The answer; null where there is none, or where something else was asked meanwhile.
export async function askInto(place, path, query, isLatest) {
  place.replaceChildren(make("p", { role: "status" }, "Computing…"));
  const answer = await fetchJson(path, query).catch((fault) => fault);
  if (!isLatest()) return null;
  if (!(answer instanceof Error)) return answer;
  place.replaceChildren(make("p", { class: "problem", role: "alert" }, answer.body?.detail ?? answer.message));
  return null;
}
