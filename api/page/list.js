// The right pane: who is hit. The server filters, orders and cuts it into pages; the rows of the
// pages in sight stand in the document, and no others.

import { askText, buildAddress, isAborted } from "./api.js";
import { $, $$, make, parse } from "./dom.js";

const HEIGHT = 76; // of a row, in pixels: as in the style sheet
const PAGE = 50; // rows
const WAIT = 150; // milliseconds after the last letter

export class List {
  // onSelect(id); onView({find, only, sort}); onLight(id, route): a row is pointed at, or none
  constructor(root, { onSelect, onView, onLight }) {
    Object.assign(this, { root, onSelect, onView });
    this.find = $("#find", root);
    this.frame = $("#ranking", root);
    this.count = $("#row-count", root);
    this.view = { find: "", only: "", sort: "rank" };
    this.find.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.change({ find: this.find.value }), WAIT);
    });
    $("#facets-of-rows", root).addEventListener("click", ({ target }) => {
      const only = target.closest("[data-only]")?.dataset.only;
      if (only) this.change({ only: only === this.view.only ? "" : only });
    });
    this.frame.addEventListener("scroll", () => this.render());
    new ResizeObserver(() => this.render()).observe(this.frame);
    this.frame.addEventListener("click", ({ target }) => {
      const sort = target.closest("[data-sort]")?.dataset.sort;
      const row = target.closest("tr[data-id]");
      if (sort) this.change({ sort });
      else if (row) { this.mark(Number(row.dataset.at)); onSelect(row.dataset.id); }
    });
    for (const over of ["pointerover", "focusin", "pointerleave", "focusout"]) {
      this.frame.addEventListener(over, (event) => {
        const row = over.endsWith("r") || over.endsWith("in") ? event.target.closest("tr[data-id]") : null;
        onLight(row?.dataset.id, row && JSON.parse(row.dataset.route));
      });
    }
  }

  // Another question; `few`: of a draft, whose view is the same
  async show(graph, query, view, signal) {
    Object.assign(this, { graph, query, signal });
    await this.change(view, true);
  }

  get selected() { return $("tr.active", this.frame)?.dataset ?? null; }

  // Asks for its first page; rows that are shown stay until it has come.
  async change(view, quiet = false) {
    this.view = { ...this.view, ...view };
    if (this.find.value !== this.view.find) this.find.value = this.view.find;
    for (const chip of $$("[data-only]", this.root)) chip.setAttribute("aria-pressed", String(chip.dataset.only === this.view.only));
    if (!quiet) this.onView(this.view);
    const asked = (this.asked = {});
    const table = await this.fetch(0);
    if (!table || asked !== this.asked) return;
    this.total = Number(table.dataset.rows);
    this.pages = new Map();
    this.body = $("tbody", table);
    this.keep(0, this.body);
    this.active = 0;
    const focused = document.activeElement.dataset?.sort;
    this.frame.replaceChildren(table);
    if (focused) $(`[data-sort=${focused}]`, table).focus();
    this.frame.scrollTop = 0;
    const [all, some] = [Number(table.dataset.of), this.total].map((many) => many.toLocaleString("en"));
    this.count.textContent = all === some ? `${all} rows` : `${some} of ${all} rows`;
    table.setAttribute("aria-rowcount", this.total + 1);
    this.render();
  }

  async fetch(page) {
    const [key, ...rest] = this.view.only.split(":");
    const only = key ? [[key, rest.join(":")]] : [];
    const { find, sort } = this.view;
    const plain = this.query.filter(([name]) => name !== "kind" || !key);
    const address = buildAddress(this.graph, "/page/rows", [...plain, ...only, ["find", find], ["sort", sort], ["top", PAGE], ["cursor", page * PAGE]]);
    try {
      return parse(await askText(address, { signal: this.signal }));
    } catch (fault) {
      if (!isAborted(fault)) this.count.textContent = fault.message;
      return null;
    }
  }

  keep(page, body) {
    $$("tr", body).forEach((row, i) => {
      row.dataset.at = page * PAGE + i;
      row.setAttribute("aria-rowindex", page * PAGE + i + 2);
    });
    this.pages.set(page, $$("tr", body));
  }

  async load(page) {
    const { asked, pages } = this;
    pages.set(page, null); // under way
    const table = await this.fetch(page);
    if (asked !== this.asked) return;
    if (table) this.keep(page, $("tbody", table));
    else pages.delete(page);
    this.render();
  }

  render() {
    if (!this.body) return;
    const high = PAGE * HEIGHT;
    const last = Math.max(Math.ceil(this.total / PAGE) - 1, 0);
    const first = Math.min(Math.max(Math.floor((this.frame.scrollTop - HEIGHT) / high), 0), last);
    const end = Math.min(Math.floor((this.frame.scrollTop + (this.frame.clientHeight || 600)) / high), last);
    const key = [];
    const rows = [];
    const gap = (many) => {
      const row = make("tr", { class: "gap", "aria-hidden": "true" }, make("td", { colspan: 4 }));
      row.style.height = `${many * HEIGHT}px`;
      if (many > 0) rows.push(row);
    };
    gap(first * PAGE);
    for (let page = first; page <= end; page += 1) {
      if (!this.pages.has(page)) this.load(page);
      const found = this.pages.get(page);
      key.push(page, Boolean(found));
      if (found) rows.push(...found);
      else gap(Math.min(PAGE, this.total - page * PAGE));
    }
    gap(this.total - Math.min((end + 1) * PAGE, this.total));
    if (this.shown === String(key) && this.body.isConnected && this.drawn === this.body) return;
    Object.assign(this, { shown: String(key), drawn: this.body });
    const focused = this.body.contains(document.activeElement);
    this.body.replaceChildren(...rows);
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
    const at = Math.min(Math.max(this.active + by, 0), this.total - 1);
    const [above, room] = [at * HEIGHT, this.frame.clientHeight - $("thead", this.frame).offsetHeight];
    this.active = at;
    if (above < this.frame.scrollTop) this.frame.scrollTop = above;
    if (above + HEIGHT > this.frame.scrollTop + room) this.frame.scrollTop = above + HEIGHT - room;
    this.render();
    this.mark(at, true);
  }
}
