// What can be taken away from a panel: files, and the question for a terminal or a notebook.

import { buildAddress, download, saveBlob } from "./api.js";
import { $, make, makeButton } from "./dom.js";

// A link that saves what it leads to; what takes long, or wants a token, is said beside it.
export function makeFile(text, address, name, told = make("span", { role: "status", class: "hint" })) {
  const onclick = (event) => {
    event.preventDefault();
    download(event.currentTarget, told).catch((fault) => { told.textContent = fault.message; });
  };
  return make("a", { href: address, download: name, onclick }, text);
}

// path: of the answer below its graph; forms: of svg, csv, md; picture: what is drawn, if anything
export function makeMenu(path, query, { label = "Save", forms = ["svg", "csv", "md"], picture = null, all = null } = {}) {
  const bare = query.filter(([key]) => key !== "top");
  const name = path.split("/").slice(1).map(decodeURIComponent).join("-").replace(/[^\w.-]+/g, "-");
  const told = make("p", { role: "status", class: "hint" });
  const file = (text, suffix, asked) => makeFile(text, buildAddress(`${path}${suffix}`, asked), `${name}${suffix || ".json"}`, told);
  const copy = (text, build) => makeButton(text, () => copyText(build(), told));
  const url = new URL(buildAddress(path, bare), location.href).href;
  const rows = [
    forms.includes("svg") && file("SVG", ".svg", bare),
    picture && makeButton("PNG", () => savePng(picture.text, `${name}.png`, told)),
    forms.includes("csv") && file("CSV, every row", ".csv", all === null ? bare : [...bare, ["top", String(all)]]),
    file("JSON", "", query),
    forms.includes("md") && file("Markdown, for a ticket", ".md", bare),
    copy("Copy for curl", () => `curl -H 'Accept: application/json' '${url.replaceAll("'", "'\\''")}'`),
    copy("Copy for Python", () => `import json, urllib.request\n\nwith urllib.request.urlopen(${JSON.stringify(url)}) as page:\n    answer = json.load(page)\n`),
  ].filter(Boolean);
  const menu = make("details", { class: "menu" }, make("summary", {}, label), make("ul", {}, ...rows.map((row) => make("li", {}, row))), told);
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    $("summary", menu).focus();
  });
  return menu;
}

export async function copyText(text, told) {
  try {
    await navigator.clipboard.writeText(text);
    told.textContent = "Copied.";
  } catch {
    told.replaceChildren(make("textarea", { readonly: true, "aria-label": "To copy" }, text));
  }
}

// The SVG on a canvas twice its size, on white.
async function savePng(text, name, told) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  try {
    await image.decode();
    const canvas = make("canvas", { width: image.naturalWidth * 2, height: image.naturalHeight * 2 });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    saveBlob(await new Promise((done) => { canvas.toBlob(done, "image/png"); }), name);
    told.textContent = "Saved.";
  } catch {
    told.textContent = "This browser cannot draw the picture as PNG; take the SVG.";
  }
}
