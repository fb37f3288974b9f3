// The question: fields made by the server from its one table, lists of entities, sliders.

import { Picker } from "./picker.js";
import { $, $$ } from "./dom.js";

const WAIT = 150;

export class Question {
  // onAsk: it is sent; onDraft: a slider moves, and has rested for a moment
  constructor(form, graphName, { onAsk, onDraft }) {
    this.form = form;
    this.fields = $$("[data-field]", form);
    this.pickers = new Map($$("[data-list]", form).map((root) => [root.dataset.list, new Picker(root, graphName)]));
    form.addEventListener("submit", (event) => { event.preventDefault(); onAsk(); });
    this.sliders = $$("[data-slides]", form);
    for (const slider of this.sliders) {
      slider.addEventListener("input", () => {
        $(`#${slider.dataset.slides}`).value = readStep(slider);
        clearTimeout(this.timer);
        this.timer = setTimeout(onDraft, WAIT);
      });
    }
    for (const group of $$("fieldset[data-field]", form)) {
      group.addEventListener("change", () => this.origins.values.length && onAsk());
    }
    form.addEventListener("input", () => this.adjust());
  }

  get origins() { return this.pickers.get("origin"); }

  // What is asked, as it stands in an address: defaults are left out.
  get pairs() {
    const plain = this.fields.map((field) => [field.dataset.field, getValue(field), field.dataset.default])
      .filter(([, value, byDefault]) => value && value !== byDefault).map(([key, value]) => [key, value]);
    const [origins, ...others] = [...this.pickers].map(([key, picker]) => picker.values.map((id) => [key, id]));
    return [...origins, ...plain, ...others.flat()];
  }

  set(pairs) {
    clearTimeout(this.timer);
    const all = new URLSearchParams(pairs);
    for (const [key, picker] of this.pickers) picker.set(all.getAll(key).map((id) => ({ id, name: id, typed: true })));
    for (const field of this.fields) setValue(field, all.get(field.dataset.field) ?? field.dataset.default ?? "");
    const stated = new Set(this.pairs.map(([key]) => key));
    for (const part of $$("details", this.form)) {
      part.open ||= $$("[data-field], [data-list]", part).some(({ dataset: { field, list } }) => stated.has(field ?? list));
    }
    this.adjust();
  }

  // Once the server has found them: entities by their names.
  confirm({ origins, protect }) {
    for (const [key, found] of [["origin", origins], ["protect", protect]]) {
      this.pickers.get(key).set(found);
    }
  }

  // Each slider to the step that is nearest to what its field says; a range of hours is none.
  adjust() {
    for (const slider of this.sliders) {
      const { slides, steps, unit, needs } = slider.dataset;
      const text = $(`#${slides}`).value.trim();
      const far = steps.split(" ").map((step) => (step === (text || "-") ? -1 : Math.abs(step - text) || Infinity));
      if (far.some(Number.isFinite)) slider.value = far.indexOf(Math.min(...far));
      slider.disabled = Boolean(needs) && !$(`#${needs}`).value.trim();
      slider.setAttribute("aria-valuetext", readStep(slider) ? `${readStep(slider)} ${unit}` : "not stated");
    }
  }

  takeText() { for (const picker of this.pickers.values()) picker.takeText(); }

  add(list, { id, name }) { this.pickers.get(list).add({ id, name }); }

  // Puts the right entity where the wrong word was.
  mend(detail, entity) {
    const isWrong = ({ id, typed }) => typed && detail.includes(id);
    const picker = [...this.pickers.values()].find(({ chosen }) => chosen.some(isWrong)) ?? this.origins;
    const wrong = picker.chosen.find(isWrong) ?? picker.chosen.at(-1);
    picker.set([...picker.chosen.filter((one) => one !== wrong && one.id !== entity.id), entity]);
  }
}

const readStep = (slider) => slider.dataset.steps.split(" ")[slider.value].replace("-", "");
const getValue = (field) => (field.matches("fieldset") ? $("input:checked", field).value : field.value.trim());

function setValue(field, value) {
  field.value = value;
  for (const one of $$("input", field)) one.checked = one.value === value;
}
