// The server's SVG, inline: it zooms and pans, shows the way back, and its marks can be chosen.
// It lives in a shadow root, so that its styles and ids stay its own; it can run nothing.

import { askText, isAborted } from "./api.js";
import { $$, make, makeProblemLine } from "./dom.js";

const FASTEST = 1.35; // of one turn of the wheel
const CLOSEST = 16;
const MARK = "[data-entity], [data-id]"; // of an entity
const nameMark = (mark) => mark?.dataset.entity ?? mark?.dataset.id;

// Its styles come out before it is read: the policy of the page lets no style element be one.
function parse(text) {
  const styles = [];
  const bare = text.replace(/<style>([^<]*)<\/style>/g, (_, rules) => { styles.push(rules); return ""; });
  const svg = new DOMParser().parseFromString(bare, "image/svg+xml").documentElement;
  if (svg.localName !== "svg") throw new Error("The picture could not be read.");
  for (const one of svg.querySelectorAll("script, foreignObject")) one.remove();
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`svg { display: block; width: 100%; height: 100%; }
    .dim { opacity: .2; } ${MARK}, [data-stack] { cursor: pointer; }
    a:focus-visible { outline: 3px solid #0a58a6; } ${styles.join("\n")}`);
  return { svg: document.importNode(svg, true), sheet };
}

export class Picture {
  // onSelect, onOrigin, onOpen: of an id, or the key of a stack; findRoute(id): from what fails to it
  static actions = {};

  // zoomable: by wheel, drag and keys; such a one is the map
  constructor(label, { zoomable = false } = {}) {
    this.zoomable = zoomable;
    if (zoomable) Picture.map = this;
    this.host = make("div", { class: zoomable ? "picture zoomable" : "picture", role: "group", tabindex: "0", "aria-label": label });
    this.host.picture = this;
    this.root = this.host.attachShadow({ mode: "open" });
    this.waits = make("div");
    this.element = make("div", { class: "framed" }, this.waits, this.host);
    this.text = "";
    for (const press of ["click", "dblclick"]) this.root.addEventListener(press, (event) => this.press(event));
    for (const over of ["pointerover", "focusin"]) this.root.addEventListener(over, ({ target }) => this.lightMark(target.closest(MARK)));
    for (const out of ["pointerleave", "focusout"]) this.host.addEventListener(out, () => this.light(null));
    if (zoomable) this.listen();
  }

  async load(url, signal) {
    try {
      this.text = await askText(url, { media: "image/svg+xml", signal, place: this.waits });
      const { svg, sheet } = parse(this.text);
      this.root.adoptedStyleSheets = [sheet];
      this.root.replaceChildren(svg);
      this.svg = svg;
      this.whole = (svg.getAttribute("viewBox") ?? "0 0 800 600").split(/[ ,]+/).map(Number);
      svg.setAttribute("preserveAspectRatio", "xMidYMin meet");
      svg.removeAttribute("width");
      svg.removeAttribute("height");
      if (!this.zoomable) {
        this.host.style.aspectRatio = `${this.whole[2]} / ${this.whole[3]}`;
        this.host.style.maxWidth = `${this.whole[2] * 1.25}px`;
      }
      this.fit();
      if (this.zoomable) this.fitWidth();
      this.host.dataset.drawn = "";
    } catch (fault) {
      if (!isAborted(fault)) this.root.replaceChildren(makeProblemLine(fault));
    }
  }

  // By a button (data-view) or a key.
  view(key) {
    const factor = { "+": 1 / FASTEST, "=": 1 / FASTEST, "-": FASTEST }[key];
    if (factor) this.zoom(factor);
    else if (key === "0") this.fit();
    return factor || key === "0";
  }

  fit() { this.look([...this.whole]); }

  // From the top, as wide as the frame: what is read first can be read.
  fitWidth() {
    const [x, y, w, h] = this.whole;
    const high = (w * this.host.clientHeight) / this.host.clientWidth;
    if (high < h) this.look([x, y, w, high]);
  }

  look(box) {
    this.box = box;
    this.svg?.setAttribute("viewBox", box.map((n) => n.toFixed(2)).join(" "));
  }

  // By a factor of what is seen, around a place in shares of the frame.
  zoom(factor, [px, py] = [0.5, 0.5]) {
    if (!this.svg) return;
    const [x, y, w, h] = this.box;
    const wide = Math.min(Math.max(w * factor, this.whole[2] / CLOSEST), this.whole[2] * 1.5);
    const high = (h * wide) / w;
    this.look([x + (w - wide) * px, y + (h - high) * py, wide, high]);
  }

  pan(dx, dy) {
    const [x, y, w, h] = this.box;
    this.look([x - dx * w, y - dy * h, w, h]);
  }

  place({ clientX, clientY }) {
    const frame = this.host.getBoundingClientRect();
    return [(clientX - frame.left) / frame.width, (clientY - frame.top) / frame.height];
  }

  listen() {
    const held = new Map();
    let moved = 0;
    const spread = () => {
      const [a, b] = [...held.values()];
      return b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0;
    };
    this.host.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(FASTEST ** Math.max(-1, Math.min(1, event.deltaY / 100)), this.place(event));
    }, { passive: false });
    this.host.addEventListener("pointerdown", (event) => { held.set(event.pointerId, this.place(event)); moved = 0; });
    this.host.addEventListener("pointermove", (event) => {
      if (!held.has(event.pointerId) || !this.svg) return;
      const [before, was, now] = [spread(), held.get(event.pointerId), this.place(event)];
      held.set(event.pointerId, now);
      moved += Math.hypot(now[0] - was[0], now[1] - was[1]);
      if (before) this.zoom(before / (spread() || before), now);
      else this.pan(now[0] - was[0], now[1] - was[1]);
      this.dragged = moved > 0.01;
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
      this.host.addEventListener(end, (event) => held.delete(event.pointerId));
    }
    this.host.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] }[event.key];
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (step) this.pan(...step);
      else if (!this.view(event.key)) return;
      event.preventDefault();
    });
  }

  press(event) {
    const { target } = event;
    if (target.closest("a")) event.preventDefault(); // the page is where the link leads
    const [mark, stack] = [target.closest(MARK), target.closest("[data-stack]")];
    if (this.dragged) this.dragged = false;
    else if (mark) Picture.actions[event.type === "click" ? "onSelect" : "onOrigin"](nameMark(mark));
    else if (stack && event.type === "click") Picture.actions.onOpen(stack.dataset.stack);
  }

  lightMark(mark) {
    const id = nameMark(mark);
    this.light(id, id && Picture.actions.findRoute(id));
  }

  // The route back to the origin with its ribbons stays as it is, the rest fades. Who has no mark of
  // its own is in the stack behind the last of its route that has one.
  light(id, route = []) {
    if (id === this.lit) return;
    this.lit = id;
    const on = new Set(id ? [id, ...route] : []);
    const boxes = $$(".box", this.root);
    const find = (one) => boxes.find((box) => [box, ...$$(MARK, box)].some((mark) => nameMark(mark) === one));
    const shown = new Set([...on].map(find));
    const last = route.map(find).filter((box) => box?.id).pop();
    if (last && !find(id)) shown.add(boxes.find((box) => box.dataset.stack?.startsWith(`${last.id}/`)));
    shown.delete(undefined);
    const keys = new Set([...shown].map((box) => box.dataset.stack ?? box.id));
    for (const mark of $$(".box, .worst, .line", this.root)) {
      const { from, to } = mark.dataset;
      mark.classList.toggle("dim", shown.size > 1 && !shown.has(mark) && !on.has(nameMark(mark)) && !(keys.has(from) && keys.has(to)));
    }
  }
}
