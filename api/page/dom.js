// Elements of the page, and pieces of it that the server built.

export const $ = (selector, inside = document) => inside.querySelector(selector);
export const $$ = (selector, inside = document) => [...inside.querySelectorAll(selector)];

// An element from text only: a name is never markup.
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

export const makeName = (text, title = text) => make("bdi", { title, class: "name" }, text);
export const makeButton = (text, onclick, more = {}) => make("button", { type: "button", onclick, ...more }, text);
export const makeProblemLine = (fault) => make("p", { class: "problem", role: "alert" }, fault.body?.detail ?? fault.message);

// What the server built: every name in it is escaped, and the policy of the page lets it run nothing.
export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

// Puts each piece into the element that it is for.
export function place(pieces) {
  for (const piece of $$("[data-into]", pieces)) $(`#${piece.dataset.into}`).replaceChildren(...piece.childNodes);
  return pieces;
}
