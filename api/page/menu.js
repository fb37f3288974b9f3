// What can be taken away from a panel: files, and the question for a terminal or a notebook.

import { buildAddress } from "./api.js";
import { make } from "./dom.js";

// path: of the answer below its graph; forms: of svg, csv, md; picture: what is drawn, if anything
export function makeMenu(path, query, { label = "Save", forms = ["svg", "csv", "md"], picture = null, all = null } = {}) {
  const bare = query.filter(([key]) => key !== "top");
  const name = path.split("/").slice(1).map(decodeURIComponent).join("-").replace(/[^\w.-]+/g, "-");
  const file = (text, suffix, asked) => make("a", { href: buildAddress(`${path}${suffix}`, asked), download: `${name}${suffix || ".json"}` }, text);
  const told = make("p", { role: "status", class: "hint" });
  const copy = (text, build) => make("button", { type: "button", onclick: () => copyText(build(), told) }, text);
  const url = () => new URL(buildAddress(path, bare), location.href).href;
  const rows = [
    forms.includes("svg") && file("SVG", ".svg", bare),
    picture && make("button", { type: "button", onclick: () => savePng(picture.text, `${name}.png`, told) }, "PNG"),
    forms.includes("csv") && file("CSV, every row", ".csv", all === null ? bare : [...bare, ["top", String(all)]]),
    file("JSON", "", query),
    forms.includes("md") && file("Markdown, for a ticket", ".md", bare),
    copy("Copy for curl", () => `curl -H 'Accept: application/json' ${quote(url())}`),
    copy("Copy for Python", () => `import json, urllib.request\n\nwith urllib.request.urlopen(${JSON.stringify(url())}) as page:\n    answer = json.load(page)\n`),
  ].filter(Boolean);
  const menu = make("details", { class: "menu" }, make("summary", {}, label), make("ul", {}, ...rows.map((row) => make("li", {}, row))), told);
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
  return menu;
}

const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;

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
    const blob = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
    const link = make("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    told.textContent = "Saved.";
  } catch {
    told.textContent = "This browser cannot draw the picture as PNG; take the SVG.";
  }
}
