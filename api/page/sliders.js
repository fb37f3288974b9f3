// Sliders beside the fields of numbers that one wants to play with; the field stays the truth.

import { $, make } from "./dom.js";

const LONGEST = 720; // hours at the right end; the field takes more

// For each field: its steps, the text at a step, the step of a text (null: nowhere), the step as words.
const SLIDES = {
  assume: { steps: 20, write: (at) => String(at / 20), read: (text) => toNumber(text, (v) => v * 20),
    say: (at) => `${at * 5} %` },
  hours: { steps: 60, write: (at) => (at === 0 ? "" : String(round(0.5 * (LONGEST / 0.5) ** ((at - 1) / 59)))),
    read: (text) => (text === "" ? 0 : toNumber(text, (v) => 1 + (59 * Math.log(v / 0.5)) / Math.log(LONGEST / 0.5))),
    say: (at, text) => (at === 0 ? "no times" : `${text} hours`) },
  halt: { steps: 49, write: (at) => (at === 49 ? "" : String(at)), needs: "rollout",
    read: (text) => (text === "" ? 49 : toNumber(text, (v) => v)),
    say: (at) => (at === 49 ? "never" : `hour ${at}`) },
};

const round = (value) => Number(value.toPrecision(value < 10 ? 1 : 2));

function toNumber(text, change) {
  const value = Number(text);
  return text !== "" && Number.isFinite(value) ? change(value) : null;
}

// Adds them; what comes back moves each to what its field says.
export function addSliders(form, onMove) {
  return Object.entries(SLIDES).flatMap(([name, slide]) => {
    const field = $(`[data-field="${name}"]`, form);
    return field ? [addSlider(form, field, slide, onMove)] : [];
  });
}

function addSlider(form, field, { steps, write, read, say, needs }, onMove) {
  const label = $(`label[for="${field.id}"]`, form).textContent;
  const range = make("input", { type: "range", min: 0, max: steps, step: 1, id: `${field.id}-slide` });
  field.after(make("label", { class: "sr", for: range.id }, `${label}, slider`), range);
  const describe = () => range.setAttribute("aria-valuetext", say(Number(range.value), field.value));
  range.addEventListener("input", () => {
    field.value = write(Number(range.value));
    describe();
    onMove();
  });
  return () => {
    const at = read(field.value.trim());
    if (at !== null) range.value = String(Math.min(Math.max(Math.round(at), 0), steps));
    range.disabled = Boolean(needs) && !$(`[data-field="${needs}"]`, form).value.trim();
    if (document.activeElement !== range) describe();
  };
}
