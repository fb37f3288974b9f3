// Panes and tabs: on a phone the sides are a drawer and a sheet.

import { $ } from "./dom.js";

const tabs = [...document.querySelectorAll("[role=tab]")];
const isNarrow = () => matchMedia("(max-width: 800px)").matches;

export function openDrawer(side) {
  if (!isNarrow()) return;
  document.body.dataset.drawer = side;
  for (const button of document.querySelectorAll("[data-opens]")) button.setAttribute("aria-expanded", String(button.dataset.opens === side));
}

// Whether there was one to close.
export function closeDrawers() {
  const { drawer } = document.body.dataset;
  delete document.body.dataset.drawer;
  for (const button of document.querySelectorAll("[data-opens][aria-expanded]")) button.setAttribute("aria-expanded", "false");
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

export function listenToTabs(onOpen) {
  for (const tab of tabs) tab.addEventListener("click", () => onOpen(tab.dataset.tab));
  $("[role=tablist]").addEventListener("keydown", (event) => {
    const shown = tabs.filter((tab) => !tab.hidden);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const next = shown[(shown.indexOf(document.activeElement) + step + shown.length) % shown.length];
    next.focus();
    onOpen(next.dataset.tab);
  });
  for (const button of document.querySelectorAll("[data-opens=left], [data-opens=right]")) {
    button.addEventListener("click", () => {
      const { opens } = button.dataset;
      if (document.body.dataset.drawer === opens) { closeDrawers(); return; }
      openDrawer(opens);
      $(opens === "left" ? "#origin-text" : "#right button, #right input")?.focus();
    });
  }
  for (const button of document.querySelectorAll("[data-closes]")) button.addEventListener("click", closeDrawers);
}
