// The question: fields made by the server from its one table, lists of entities, sliders.

import { Picker } from "./picker.js";
import { $, $$ } from "./dom.js";

const WAIT = 150;

export class Question {
  // onAsk: it is sent; onDraft: a slider moves, and has rested for a moment
  constructor(form, graphName, { onAsk, onDraft }) {
    this.form = form;
    this.fields = $$("[data-field]", form);
    this.pickers = new Map($$("[data-list]", form)
      .map((root) => [root.dataset.list, new Picker(root, graphName)]));
    form.addEventListener("submit", (event) => { event.preventDefault(); onAsk(); });
    this.sliders = $$("[data-slides]", form);
    for (const slider of this.sliders) {
      slider.addEventListener("input", () => {
        $(`#${slider.dataset.slides}`).value = readStep(slider);
        clearTimeout(this.timer);
        this.timer = setTimeout(onDraft, WAIT);
      });
    }
    for (const group of form.querySelectorAll("fieldset[data-field]")) {
      group.addEventListener("change", () => this.origins.values.length && onAsk());
    }
    form.addEventListener("input", () => this.adjust());
  }

  get origins() { return this.pickers.get("origin"); }

  // What is asked, as it stands in an address: defaults are left out.
  get pairs() {
    const plain = this.fields.map((field) => [field.dataset.field, getValue(field), field.dataset.default])
      .filter(([, value, byDefault]) => value && value !== byDefault).map(([key, value]) => [key, value]);
    const listed = (key) => this.pickers.get(key).values.map((id) => [key, id]);
    const others = [...this.pickers.keys()].filter((key) => key !== "origin");
    return [...listed("origin"), ...plain, ...others.flatMap(listed)];
  }

  set(pairs) {
    clearTimeout(this.timer);
    const all = new URLSearchParams(pairs);
    for (const [key, picker] of this.pickers) picker.set(all.getAll(key).map((id) => ({ id, name: id, known: false })));
    for (const field of this.fields) setValue(field, all.get(field.dataset.field) ?? field.dataset.default ?? "");
    const stated = new Set(this.pairs.map(([key]) => key));
    for (const part of this.form.querySelectorAll("details")) {
      part.open ||= [...part.querySelectorAll("[data-field], [data-list]")]
        .some((one) => stated.has(one.dataset.field ?? one.dataset.list));
    }
    this.adjust();
  }

  // Once the server has found them: entities by their names.
  confirm({ origins, protect }) {
    for (const [key, found] of [["origin", origins], ["protect", protect]]) {
      this.pickers.get(key).set(found.map(({ id, name }) => ({ id, name, known: true })));
    }
  }

  // Each slider to the step that is nearest to what its field says; a range of hours is none.
  adjust() {
    for (const slider of this.sliders) {
      const { slides, steps, unit, needs } = slider.dataset;
      const text = $(`#${slides}`).value.trim();
      const far = steps.split(" ").map((step) => (step === "-" || text === "" ? (step === "-") === (text === "") ? 0 : Infinity : Math.abs(step - text)));
      if (!far.some(Number.isNaN)) slider.value = far.indexOf(Math.min(...far));
      slider.disabled = Boolean(needs) && !$(`#${needs}`).value.trim();
      slider.setAttribute("aria-valuetext", readStep(slider) ? `${readStep(slider)} ${unit}` : "not stated");
    }
  }

  takeText() { for (const picker of this.pickers.values()) picker.takeText(); }

  add(list, entity) { this.pickers.get(list).add({ ...entity, known: true }); }

  // Puts the right entity where the wrong word was.
  mend(detail, { id, name }) {
    const findWrong = (picker) => picker.chosen.findIndex((entity) => !entity.known && detail.includes(entity.id));
    const picker = [...this.pickers.values()].find((one) => findWrong(one) >= 0) ?? this.origins;
    const index = findWrong(picker) >= 0 ? findWrong(picker) : picker.chosen.length - 1;
    const rest = picker.chosen.filter((entity, i) => i !== index && entity.id !== id);
    picker.set([...rest, { id, name, known: true }]);
  }
}

const readStep = (slider) => slider.dataset.steps.split(" ")[slider.value].replace("-", "");
const getValue = (field) => (field.matches("fieldset") ? $("input:checked", field)?.value ?? "" : field.value.trim());

function setValue(field, value) {
  if (!field.matches("fieldset")) field.value = value;
  else for (const one of field.querySelectorAll("input")) one.checked = one.value === value;
}
