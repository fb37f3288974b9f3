// A field for several entities: a text with suggestions (ARIA combobox), and a chip for each chosen.

import { askText, buildAddress, isAborted } from "./api.js";
import { $, make, makeButton, makeName, parse } from "./dom.js";

const WAIT = 150;

export class Picker {
  constructor(root, graphName) {
    this.graphName = graphName;
    this.input = $("input", root);
    this.chips = $("ul.chips", root);
    this.hint = $(".hint", root);
    this.chosen = []; // {id, name, typed}: `typed` until the server has confirmed the id
    this.list = $(".suggestions", root);
    this.options = [];
    this.input.addEventListener("input", () => this.suggestLater());
    this.input.addEventListener("keydown", (event) => this.handleKey(event));
    this.input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const at = this.options.indexOf(event.target.closest("li"));
      if (at >= 0) this.add({ ...this.options[at].dataset });
    });
  }

  get values() { return this.chosen.map(({ id }) => id); }

  set(entities) {
    this.chosen = entities;
    this.render();
  }

  add(entity) {
    if (!this.values.includes(entity.id)) this.chosen.push(entity);
    this.input.value = "";
    this.close();
    this.render();
  }

  // Text that was typed but not chosen counts as a name, so that no question goes out without it.
  takeText() {
    const text = this.input.value.trim();
    if (text) this.add({ id: text, name: text, typed: true });
  }

  remove(index) {
    this.chosen.splice(index, 1);
    this.render();
    this.input.focus();
  }

  render() {
    this.chips.replaceChildren(...this.chosen.map(({ id, name }, index) => make("li", {},
      makeName(name, name === id ? id : `${name} (${id})`),
      makeButton("×", () => this.remove(index), { "aria-label": `Remove ${name}` }))));
  }

  suggestLater() {
    clearTimeout(this.timer);
    this.request?.abort();
    const text = this.input.value.trim();
    if (!text) { this.close(); return; }
    this.timer = setTimeout(() => this.suggest(text), WAIT);
  }

  async suggest(text) {
    this.request = new AbortController();
    try {
      const found = parse(await askText(buildAddress(this.graphName(), "/page/suggestions", { q: text }), { signal: this.request.signal }));
      if (this.input.value.trim() !== text || document.activeElement !== this.input) return;
      this.open([...found.children]);
      this.hint.textContent = found.dataset.said;
    } catch (fault) {
      if (!isAborted(fault)) this.hint.textContent = fault.message;
    }
  }

  open(found) {
    this.active = -1;
    this.options = found;
    found.forEach((option, i) => { option.id = `${this.list.id}-${i}`; });
    this.list.replaceChildren(...found);
    this.list.hidden = !found.length;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.open([]);
    this.hint.textContent = "";
  }

  handleKey(event) {
    const many = this.options.length;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && many) this.move((this.active + step + many + (this.active < 0 && step < 0)) % many);
    else if (step) this.suggestLater();
    else if (event.key === "Escape" && many) this.close();
    else if (event.key === "Enter" && this.active >= 0) this.add({ ...this.options[this.active].dataset });
    else if (event.key === "Backspace" && !this.input.value && this.chosen.length) this.remove(this.chosen.length - 1);
    else return;
    event.preventDefault();
  }

  move(to) {
    this.active = to;
    this.options.forEach((option, i) => option.setAttribute("aria-selected", String(i === to)));
    this.options[to].scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", `${this.list.id}-${to}`);
  }
}
