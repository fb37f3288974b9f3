// Keys for what one does often, and the list of them.

import { $ } from "./dom.js";

const isTyping = (element) => element?.matches("input:not([type=range]):not([type=radio]), textarea, select");

// actions: by key; a key does nothing while one types, or while a menu of the browser wants it
export function listenToKeys(actions) {
  const help = $("#keys");
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || help.open) return;
    if (event.key === "?" && !isTyping(event.target)) help.showModal();
    else if (event.key === "Escape" && actions.Escape) { actions.Escape(); return; }
    else if (isTyping(event.target) || !Object.hasOwn(actions, event.key)) return;
    else actions[event.key]();
    event.preventDefault();
  });
  for (const button of document.querySelectorAll("[data-opens='keys']")) button.addEventListener("click", () => help.showModal());
}
