// Panes, tabs, dialogs and keys; on a phone the sides are a drawer and a sheet.

import { $, $$ } from "./dom.js";

const tabs = $$("[role=tab]");
const buttons = $$("[data-opens=left], [data-opens=right]");
const help = $("#keys");

function markOpen(side) {
  if (side) document.body.dataset.drawer = side;
  else delete document.body.dataset.drawer;
  for (const button of buttons) button.setAttribute("aria-expanded", String(button.dataset.opens === side));
}

export function openDrawer(side) {
  if (matchMedia("(max-width: 900px)").matches) markOpen(side);
}

// Whether there was one to close.
export function closeDrawers() {
  const { drawer } = document.body.dataset;
  markOpen(null);
  if (drawer) $(`header [data-opens=${drawer}]`).focus();
  return Boolean(drawer);
}

export function openTab(name) {
  const chosen = tabs.find((tab) => tab.dataset.tab === name && !tab.hidden) ?? tabs[0];
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
    $(`#${tab.getAttribute("aria-controls")}`).hidden = tab !== chosen;
  }
  return chosen.dataset.tab;
}

export function listenToTabs(onTab) {
  for (const tab of tabs) tab.addEventListener("click", () => onTab(tab.dataset.tab));
  $("[role=tablist]").addEventListener("keydown", (event) => {
    const shown = tabs.filter((tab) => !tab.hidden);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = shown[(shown.indexOf(document.activeElement) + step + shown.length) % shown.length];
    next.focus();
    onTab(next.dataset.tab);
  });
}

// A drawer, or the help on keys.
export function toggle(what) {
  if (what === "keys") help.showModal();
  else if (document.body.dataset.drawer === what) closeDrawers();
  else {
    openDrawer(what);
    $(what === "left" ? "#origin-text" : "#right button, #right input").focus();
  }
}

const isTyping = (element) => element?.matches("input:not([type=range]):not([type=radio]), textarea, select");

// actions: by key; a key does nothing while one types, or while a menu of the browser wants it
export function listenToKeys(actions) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || $("dialog[open]")) return;
    if (event.key === "?" && !isTyping(event.target)) help.showModal();
    else if (event.key === "Escape") { actions.Escape(); return; }
    else if (isTyping(event.target) || !Object.hasOwn(actions, event.key)) return;
    else actions[event.key]();
    event.preventDefault();
  });
}
