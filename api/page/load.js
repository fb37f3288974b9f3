// Pieces that the server builds. A piece may hold others (`data-load`) and pictures (`data-picture`),
// fetched when they come into sight, and buttons that fetch (`data-fetch`, into `data-to`).

import { askText, isAborted } from "./api.js";
import { $, $$, makeProblemLine, parse } from "./dom.js";
import { Picture } from "./picture.js";

const signals = new WeakMap(); // of what waits to be seen: it ends with what it is a part of

const sight = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) if (isIntersecting) wake(target);
});

function wake(target) {
  sight.unobserve(target);
  const { load: address, picture, label } = target.dataset;
  if (address) load(target, address, signals.get(target));
  else draw(target, picture, label, signals.get(target));
}

// Puts what the server answers there; null where it gave none, or nobody wants it any more.
export async function load(root, address, signal) {
  let part;
  try {
    part = parse(await askText(address, { signal, place: root }));
  } catch (fault) {
    if (!isAborted(fault) && !signal?.aborted) root.replaceChildren(makeProblemLine(fault));
    return null;
  }
  if (signal?.aborted) return null;
  root.replaceChildren(part);
  watch(root, signal);
  return part;
}

function watch(root, signal) {
  for (const one of $$("[data-load], [data-picture]", root)) {
    signals.set(one, signal);
    if ("zoom" in one.dataset) wake(one); // the map: it is printed from any tab
    else sight.observe(one);
  }
}

// Puts each piece into the element that it is for.
export function place(pieces, signal) {
  for (const piece of $$("[data-into]", pieces)) {
    const root = $(`#${piece.dataset.into}`);
    root.replaceChildren(...piece.childNodes);
    watch(root, signal);
  }
  return pieces;
}

function draw(target, address, label, signal) {
  const picture = new Picture(label, { zoomable: "zoom" in target.dataset });
  for (const button of $$("[data-view]", target)) button.addEventListener("click", () => picture.view(button.dataset.view));
  target.append(picture.element);
  picture.load(address, signal);
}

addEventListener("click", ({ target }) => {
  const { fetch: address, to } = target.closest?.("[data-fetch]")?.dataset ?? {};
  if (address) load(to ? $(`#${to}`) : target.closest("[data-fetch]").parentElement, address);
});
