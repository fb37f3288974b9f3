// The right pane: who is hit, worst first. Only the rows in sight stand in the document.

import { makeProbability, nameMiddle, nameVerdict } from "./data.js";
import { $, formatCount, make, makeName, spellWords } from "./dom.js";

const HEIGHT = 76; // of a row, in pixels: as in the style sheet
const BESIDE = 4; // rows above and below what is in sight
const SORTS = {
  rank: ["#", (a, b) => a.rank - b.rank],
  name: ["Who", (a, b) => a.name.localeCompare(b.name)],
  probability: ["Probability", (a, b) => b.probability - a.probability || a.rank - b.rank],
  impact: ["Impact", (a, b) => b.impact - a.impact || a.rank - b.rank],
};
const MOST_CHIPS = 8;

export class Ranking {
  // onSelect(id); onView({find, only, sort}); onMore(): more rows are wanted
  constructor(root, { onSelect, onView, onMore }) {
    Object.assign(this, { root, onSelect, onView, onMore });
    this.find = $("#find", root);
    this.chips = $("#facets-of-rows", root);
    this.frame = $("#ranking", root);
    this.count = $("#row-count", root);
    this.rows = [];
    this.shown = [];
    this.view = { find: "", only: "", sort: "rank" };
    this.active = 0;
    this.find.addEventListener("input", () => this.change({ find: this.find.value }));
    this.frame.addEventListener("scroll", () => this.render());
    new ResizeObserver(() => this.render()).observe(this.frame);
    this.body = make("tbody", {});
    this.head = make("tr", {});
    this.table = make("table", {}, make("thead", {}, this.head), this.body);
    this.frame.replaceChildren(this.table);
  }

  show(answer, view) {
    this.answer = answer;
    this.rows = answer.entities.filter((row) => row.rank > 0);
    this.change(view, true);
    this.frame.scrollTop = 0;
  }

  // The same answer with more rows: what is looked at stays.
  extend(answer) {
    this.answer = answer;
    this.rows = answer.entities.filter((row) => row.rank > 0);
    this.change({}, true);
  }

  get selected() { return this.shown[this.active] ?? null; }

  change(view, quiet = false) {
    this.view = { ...this.view, ...view };
    if (this.find.value !== this.view.find) this.find.value = this.view.find;
    const words = this.view.find.toLowerCase().split(/\s+/).filter(Boolean);
    const [key, wanted] = splitOnce(this.view.only);
    this.shown = this.rows.filter((row) => (!key || String(row[key]) === wanted)
      && words.every((word) => `${row.name} ${row.id} ${row.kind}`.toLowerCase().includes(word)));
    if (this.view.sort !== "rank") this.shown = [...this.shown].sort((SORTS[this.view.sort] ?? SORTS.rank)[1]);
    this.active = Math.min(this.active, Math.max(this.shown.length - 1, 0));
    this.renderHead();
    this.renderChips();
    this.render();
    this.renderCount();
    if (quiet) return;
    this.frame.scrollTop = 0;
    this.onView(this.view);
    if (this.answer.more && (words.length || key || this.view.sort !== "rank")) this.onMore();
  }

  renderHead() {
    const middle = nameMiddle(this.answer).toLowerCase();
    this.head.replaceChildren(...Object.entries(SORTS).map(([key, [text]]) => {
      const on = this.view.sort === key;
      return make("th", { scope: "col", "aria-sort": on ? (["rank", "name"].includes(key) ? "ascending" : "descending") : "none" },
        make("button", { type: "button", title: key === "probability" ? `low to high; tick: ${middle}` : `Sort by ${text}`,
          onclick: () => this.change({ sort: key }) }, text));
    }));
  }

  renderChips() {
    const { by_kind: kinds, by_sector: sectors } = this.answer.totals;
    const chip = (key, value, many) => {
      const only = `${key}:${value}`;
      const on = this.view.only === only;
      return make("button", { type: "button", "aria-pressed": String(on), onclick: () => this.change({ only: on ? "" : only }) },
        `${spellWords(value)} ${many.toLocaleString("en")}`);
    };
    const near = (counts, key) => counts.filter(([value, many]) => many && value !== "null").slice(0, MOST_CHIPS)
      .map(([value, many]) => chip(key, value, many));
    const counts = (rows, key) => (this.answer.more ? rows.map((row) => [String(row[key]), row.within_reach]) : countRows(this.rows, key));
    this.chips.replaceChildren(...near(counts(kinds, "kind"), "kind"), ...near(counts(sectors, "sector"), "sector"));
  }

  renderCount() {
    const [all, more] = [this.rows.length, this.answer.more];
    const known = more ? `the first ${all.toLocaleString("en")} of ${(all + more).toLocaleString("en")}` : all.toLocaleString("en");
    this.count.textContent = this.shown.length === all ? `${known} rows` : `${this.shown.length.toLocaleString("en")} of ${known} rows`;
  }

  render() {
    const top = Math.max(Math.floor(this.frame.scrollTop / HEIGHT) - BESIDE, 0);
    const many = Math.ceil((this.frame.clientHeight || 600) / HEIGHT) + 2 * BESIDE;
    const part = this.shown.slice(top, top + many);
    const space = (rows) => {
      const gap = make("tr", { class: "gap", "aria-hidden": "true" }, make("td", { colspan: 4 }));
      gap.style.height = `${rows * HEIGHT}px`;
      return rows > 0 ? [gap] : [];
    };
    this.table.setAttribute("aria-rowcount", String(this.shown.length + 1));
    const focused = this.body.contains(document.activeElement);
    this.body.replaceChildren(...space(top), ...part.map((row, i) => this.makeRow(row, top + i)),
      ...space(this.shown.length - top - part.length));
    if (focused) $("[tabindex='0']", this.body)?.focus({ preventScroll: true });
    if (this.answer?.more && top + many >= this.shown.length) this.onMore();
  }

  makeRow(row, place) {
    const on = place === this.active;
    const ties = row.rank_best === row.rank_worst ? "" : `${row.rank_best}–${row.rank_worst}`;
    return make("tr", { "aria-rowindex": place + 2, class: on && "active", onclick: () => this.choose(place) },
      make("th", { scope: "row" }, row.rank.toLocaleString("en"),
        ties ? make("small", { title: `cannot be told apart from ranks ${ties}` }, ties) : null),
      make("td", {}, make("button", { type: "button", class: "entity", tabindex: on ? "0" : "-1", title: row.id }, makeName(row.name)),
        make("small", { class: "of" }, [spellWords(row.kind), row.sector].filter(Boolean).join(" · "))),
      make("td", {}, makeProbability(row), make("small", { class: `verdict ${row.verdict}` }, nameVerdict(row.verdict))),
      make("td", { class: "number" }, formatCount(row.impact)));
  }

  choose(place) {
    this.active = place;
    this.render();
    if (this.selected) this.onSelect(this.selected.id);
  }

  // By keys: to the next row, or the one before.
  move(by) {
    if (!this.shown.length) return;
    this.active = Math.min(Math.max(this.active + by, 0), this.shown.length - 1);
    const [above, room] = [this.active * HEIGHT, this.frame.clientHeight - this.head.offsetHeight];
    if (above < this.frame.scrollTop) this.frame.scrollTop = above;
    if (above + HEIGHT > this.frame.scrollTop + room) this.frame.scrollTop = above + HEIGHT - room;
    this.render();
    $("[tabindex='0']", this.body)?.focus({ preventScroll: true });
  }
}

function countRows(rows, key) {
  const counts = new Map();
  for (const row of rows) counts.set(String(row[key]), (counts.get(String(row[key])) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function splitOnce(text) {
  const at = text.indexOf(":");
  return at < 0 ? ["", ""] : [text.slice(0, at), text.slice(at + 1)];
}
