// Elements of the page.

export const $ = (selector, inside = document) => inside.querySelector(selector);
export const $$ = (selector, inside = document) => [...inside.querySelectorAll(selector)];

// An element from text only: a name is never markup.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

export const makeName = (text, title = text) => make("bdi", { title, class: "name" }, text);
export const makeButton = (text, onclick, more = {}) => make("button", { type: "button", onclick, ...more }, text);
export const makeProblemLine = (fault) => make("p", { class: "problem", role: "alert" }, fault.body?.detail ?? fault.message);

// What the server built: names in it are escaped, and the policy lets it run nothing.
export function parse(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}
