// What can be taken away: files are saved, questions copied.

import { ask } from "./api.js";
import { $, make } from "./dom.js";

function findNotes(element) {
  const notes = $("[role=status]", element.closest(".menu, .actions") ?? element.parentElement);
  return notes ?? element.parentElement.appendChild(make("span", { role: "status", class: "hint" }));
}

export async function copyText(text, button) {
  const notes = findNotes(button);
  try {
    await navigator.clipboard.writeText(text);
    notes.textContent = "Copied.";
  } catch {
    notes.replaceChildren(make("textarea", { readonly: "", "aria-label": "To copy" }, text));
  }
}

function saveBlob(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// What takes long shows its progress, and where the server wants a token, it gets one.
async function saveFile(link) {
  const notes = findNotes(link);
  try {
    saveBlob(await (await ask(link.href, { media: "*/*", place: notes })).blob(), link.download);
    notes.textContent = "Saved.";
  } catch (fault) {
    notes.textContent = fault.message;
  }
}

// The SVG on a canvas twice its size, on white.
async function savePng(button) {
  const { picture } = $(".picture", button.closest("[data-picture], [data-headline]"));
  const notes = findNotes(button);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture.text)}`;
  try {
    await image.decode();
    const canvas = make("canvas", { width: image.naturalWidth * 2, height: image.naturalHeight * 2 });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    saveBlob(await new Promise((done) => { canvas.toBlob(done, "image/png"); }), button.dataset.png);
    notes.textContent = "Saved.";
  } catch {
    notes.textContent = "This browser cannot draw the picture as PNG; take the SVG.";
  }
}

addEventListener("click", (event) => {
  const target = event.target.closest?.("a[download], [data-png], [data-copy]");
  if (!target) return;
  if (target.matches("a")) {
    event.preventDefault();
    saveFile(target);
  } else if (target.dataset.png) savePng(target);
  else copyText(target.dataset.copy.replaceAll("{server}", location.origin), target);
});
addEventListener("keydown", (event) => {
  const menu = event.target.closest?.(".menu[open]");
  if (event.key !== "Escape" || !menu) return;
  event.preventDefault();
  menu.open = false;
  $("summary", menu).focus();
});
