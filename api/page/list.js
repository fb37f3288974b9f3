// The right pane: who is hit, filtered, ordered and cut by the server; only pages in sight stand here.

import { note, readAddress } from "./address.js";
import { askText, buildAddress, isAborted } from "./api.js";
import { $, $$, make, parse } from "./dom.js";

const HEIGHT = 76; // of a row, in pixels: as in the style sheet
const PAGE = 50; // rows
const WAIT = 150; // milliseconds after the last letter

export class List {
  // onSelect(id); onLight(id, route): a row is pointed at, or none
  constructor(root, { onSelect, onLight }) {
    this.root = root;
    this.find = $("#find", root);
    this.frame = $("#ranking", root);
    this.find.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.change({ find: this.find.value }), WAIT);
    });
    root.addEventListener("click", ({ target }) => {
      const { only, sort } = target.closest("[data-only], [data-sort]")?.dataset ?? {};
      const row = target.closest("tr[data-id]")?.dataset;
      if (only) this.change({ only: only === readAddress().only ? "" : only });
      else if (sort) this.change({ sort });
      else if (row) { this.mark(Number(row.at)); onSelect(row.id); }
    });
    const light = ({ target, type }) => {
      const row = ["pointerover", "focusin"].includes(type) ? target.closest("tr[data-id]")?.dataset : null;
      onLight(row?.id, JSON.parse(row?.route ?? "[]"));
    };
    for (const type of ["pointerover", "focusin", "pointerleave", "focusout"]) this.frame.addEventListener(type, light);
    this.frame.addEventListener("scroll", () => this.render());
    new ResizeObserver(() => this.render()).observe(this.frame);
  }

  // The view of it stands in the address.
  show(graph, query, signal) {
    Object.assign(this, { graph, query, signal });
    return this.change({});
  }

  get selected() { return $("tr.active", this.frame)?.dataset ?? null; }

  // Asks for the first page; rows that are shown stay until it has come.
  async change(view) {
    note(view);
    const { find, only } = readAddress();
    if (this.find.value !== (find ?? "")) this.find.value = find ?? "";
    for (const chip of $$("[data-only]", this.root)) chip.setAttribute("aria-pressed", String(chip.dataset.only === only));
    const asked = (this.asked = {});
    const table = await this.fetch(0);
    if (!table || asked !== this.asked) return;
    const focused = document.activeElement.dataset.sort;
    Object.assign(this, { active: 0, total: Number(table.dataset.rows), body: $("tbody", table), shown: "" });
    this.pages = new Map([[0, [...this.body.children]]]);
    $("#row-count", this.root).textContent = table.dataset.said;
    this.frame.replaceChildren(table);
    this.frame.scrollTop = 0;
    if (focused) $(`[data-sort=${focused}]`, table).focus();
    this.render();
  }

  async fetch(page) {
    const { find, only, sort } = readAddress();
    const [key, ...value] = only?.split(":") ?? [];
    const pairs = [...this.query, ...(only ? [[key, value.join(":")]] : []), ["find", find ?? ""], ["sort", sort ?? "rank"], ["top", PAGE], ["cursor", page * PAGE]];
    try {
      return parse(await askText(buildAddress(this.graph, "/page/rows", pairs), { signal: this.signal }));
    } catch (fault) {
      if (!isAborted(fault)) $("#row-count", this.root).textContent = fault.message;
      return null;
    }
  }

  async load(page) {
    const { asked, pages } = this;
    pages.set(page, null); // under way
    const table = await this.fetch(page);
    if (asked !== this.asked || !table) return;
    pages.set(page, [...$("tbody", table).children]);
    this.render();
  }

  // The pages in sight, and gaps as high as the others.
  render() {
    if (!this.body) return;
    const last = Math.max(Math.ceil(this.total / PAGE) - 1, 0);
    const reach = (pixels) => Math.min(Math.max(Math.floor((this.frame.scrollTop + pixels) / HEIGHT / PAGE), 0), last);
    const [first, end] = [reach(-HEIGHT), reach(this.frame.clientHeight || 600)];
    const wanted = Array.from({ length: end - first + 1 }, (_, i) => first + i);
    for (const page of wanted) if (!this.pages.has(page)) this.load(page);
    const shown = wanted.map((page) => `${page} ${Boolean(this.pages.get(page))}`).join();
    if (shown === this.shown) return;
    this.shown = shown;
    const gap = (from, to) => {
      if (to <= from) return [];
      const row = make("tr", { class: "gap", "aria-hidden": "true" }, make("td", { colspan: 4 }));
      row.style.height = `${(to - from) * HEIGHT}px`;
      return [row];
    };
    const start = (page) => Math.min(page * PAGE, this.total);
    const focused = this.body.contains(document.activeElement);
    this.body.replaceChildren(...gap(0, start(first)),
      ...wanted.flatMap((page) => this.pages.get(page) ?? gap(start(page), start(page + 1))), ...gap(start(end + 1), this.total));
    this.mark(this.active, focused);
  }

  mark(at, focused = false) {
    this.active = at;
    for (const row of $$("tr[data-id]", this.body)) {
      const on = Number(row.dataset.at) === at;
      row.classList.toggle("active", on);
      $("button", row).tabIndex = on ? 0 : -1;
      if (on && focused) $("button", row).focus({ preventScroll: true });
    }
  }

  // By keys: to the next row, or the one before.
  move(by) {
    if (!this.total) return;
    this.active = Math.min(Math.max(this.active + by, 0), this.total - 1);
    const [above, room] = [this.active * HEIGHT, this.frame.clientHeight - $("thead", this.frame).offsetHeight];
    this.frame.scrollTop = Math.max(Math.min(this.frame.scrollTop, above), above + HEIGHT - room);
    this.render();
    this.mark(this.active, true);
  }
}
