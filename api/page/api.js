// The REST API; a failure is thrown as its problem (RFC 9457).

export class Problem extends Error {
  constructor(body) {
    super(body.detail);
    this.body = body;
  }
}

export async function fetchJson(path, parameters, signal) {
  let response;
  try {
    response = await fetch(buildAddress(path, parameters), { signal, headers: { Accept: "application/json" } });
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Problem({ title: "No answer", detail: "The server cannot be reached." });
  }
  if (response.ok) return response.json();
  const fallback = { title: "No answer", detail: `The server answered ${response.status}.` };
  throw new Problem(await response.json().catch(() => fallback));
}

export function buildAddress(path, parameters) {
  const query = new URLSearchParams(parameters).toString();
  return `/v1/graphs${path}${query ? `?${query}` : ""}`;
}

export const buildPath = (graph, rest = "") => `/${encodeURIComponent(graph)}${rest}`;

// The names of these ids: what is known already, the others asked for.
export async function fetchNames(graph, ids, known) {
  const missing = [...new Set(ids)].filter((id) => !known.has(id));
  for (let i = 0; i < missing.length; i += 40) {
    const part = missing.slice(i, i + 40).map((id) => ["id", id]);
    const page = await fetchJson(buildPath(graph, "/entities"), part);
    for (const entity of page.entities) known.set(entity.id, entity.name);
  }
  return known;
}
