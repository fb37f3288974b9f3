// Elements made from text only: a name is never markup.

export const $ = (selector, inside = document) => inside.querySelector(selector);

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child != null));
  return element;
}

// A name keeps its direction of writing to itself, and is shortened by the style sheet.
export const makeName = (text, title = text) => make("bdi", { title, class: "name" }, text);

export const clip = (text, width = 60) => {
  const letters = [...text];
  return letters.length > width ? `${letters.slice(0, width - 1).join("")}…` : text;
};

export function makeTable(heads, rows) {
  const kind = ({ number, wide }) => (number ? "number" : wide ? "wide" : false);
  const head = heads.map((one) => make("th", { scope: "col", class: kind(one), title: one.title }, one.text));
  const body = rows.map((cells) => make("tr", {}, ...cells.map((cell, i) =>
    make(i === 0 ? "th" : "td", { scope: i === 0 && "row", class: kind(heads[i]), "data-label": heads[i].text }, cell))));
  return make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...body));
}

export const formatCount = (number) => {
  if (number > 0 && number < 0.05) return "<0.1";
  const whole = Math.abs(number - Math.round(number)) < 0.05 || number >= 10;
  return number.toLocaleString("en", { maximumFractionDigits: whole ? 0 : 1 });
};

export const formatShare = (share) => {
  if (share > 0 && share < 0.01) return "<1%";
  if (share < 1 && share > 0.99) return ">99%";
  return `${Math.round(share * 100)}%`;
};

// A time in the unit that reads best, as in the pictures: 36 min, 4 h, 2.5 h, 6 d.
export const formatHours = (hours) => {
  const short = (value) => value.toLocaleString("en", { maximumFractionDigits: value < 100 ? 1 : 0 });
  if (hours > 0 && hours < 1) return hours < 1 / 60 ? "<1 min" : `${Math.round(hours * 60)} min`;
  return hours < 24 ? `${short(hours)} h` : `${short(hours / 24)} d`;
};

export const formatRange = (low, high, written) =>
  written(low) === written(high) ? written(low) : `${written(low)}–${written(high)}`;

export const spellWords = (kind) => kind.replaceAll("_", " ");
