// The REST API; a failure is thrown as its problem (RFC 9457).

export class Problem extends Error {
  constructor(body) {
    super(body.detail);
    this.body = body;
  }
}

const WAIT = 1_000; // milliseconds between two looks at a question that takes long

export async function fetchJson(path, parameters, signal) {
  return (await fetchAnswer(buildAddress(path, parameters), "application/json", signal)).json();
}

// The answer as it comes. A question that takes long is a job: it is waited for, and stopped when
// nobody wants it any more.
export async function fetchAnswer(address, media, signal) {
  let response = await send(address, { signal, headers: { Accept: media } });
  while (response.status === 202) {
    const { href, result } = await response.json();
    try {
      await rest(WAIT, signal);
      response = await send(result, { signal });
    } catch (fault) {
      if (fault.name === "AbortError") fetch(href, { method: "DELETE" }).catch(() => {});
      throw fault;
    }
  }
  if (response.ok) return response;
  const fallback = { title: "No answer", detail: `The server answered ${response.status}.` };
  throw new Problem(await response.json().catch(() => fallback));
}

async function send(address, options) {
  try {
    return await fetch(address, options);
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    throw new Problem({ title: "No answer", detail: "The server cannot be reached." });
  }
}

const rest = (time, signal) => new Promise((done, stop) => {
  const timer = setTimeout(done, time);
  signal?.addEventListener("abort", () => { clearTimeout(timer); stop(new DOMException("", "AbortError")); }, { once: true });
});

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
