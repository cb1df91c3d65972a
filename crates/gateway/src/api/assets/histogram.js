// When what was found arrived: bars to drag over. Each is a button that says its period and its count.
import { at, h, svg } from "./dom.js";
import { instead, period } from "./clauses.js";
import { found, onFound } from "./search.js";
import { text } from "./box.js";
import { t } from "./text.js";

const HEIGHT = 56;
const box = at("histogram");
/** @type {import("./types").Histogram | undefined} */
let shown;
/** The first and the last bar that are being chosen. */
let from = -1, to = -1;
/** @type {(q: string) => void} */
let onChosen = () => {};

/** @param {(q: string) => void} run searches for what is in the box with the time that was chosen */
export const onPeriod = (run) => { onChosen = run; };

/** @param {import("./types").Bar} first @param {import("./types").Bar} last */
const says = (first, last) => period(first.from, last.to, shown?.step || "").slice(5);

/** @param {import("./types").Bar} bar @param {number} n @param {number} most */
function column(bar, n, most) {
  const height = bar.count ? Math.max(2, Math.round(bar.count / most * (HEIGHT - 4))) : 0;
  const label = t.bar(says(bar, bar), bar.count);
  return svg("g", { role: "button", tabindex: n ? "-1" : "0", "aria-label": label, class: "column" },
    svg("title", {}, label),
    svg("rect", { class: "back", x: n * 10, y: 0, width: 10, height: HEIGHT }),
    svg("rect", { class: "bar", x: n * 10 + 1, y: HEIGHT - height, width: 8, height }));
}

function show() {
  shown = found.answer?.facets?.histogram;
  const bars = shown?.bars || [];
  box.hidden = bars.length < 2;
  if (box.hidden) return box.replaceChildren();
  const most = Math.max(...bars.map((bar) => bar.count), 1);
  const drawing = svg("svg", { viewBox: `0 0 ${bars.length * 10} ${HEIGHT}`, preserveAspectRatio: "none", role: "group", "aria-label": `${t.histogram}. ${t.histogramHelp}` },
    ...bars.map((bar, n) => column(bar, n, most)));
  const [first, last] = [bars[0], bars[bars.length - 1]];
  const scale = [says(first, first), shown?.undated ? t.undated(shown.undated) : "", says(last, last)];
  box.replaceChildren(drawing, h("p", { class: "scale" }, ...scale.map((text) => h("span", {}, text.split("..")[0]))));
}

const columns = () => [...box.querySelectorAll("g")];

/** @param {number} a @param {number} b */
function choosing(a, b) {
  [from, to] = [a, b];
  const [low, high] = [Math.min(a, b), Math.max(a, b)];
  columns().forEach((one, n) => one.classList.toggle("chosen", n >= low && n <= high));
}

function chosen() {
  const [low, high] = [Math.min(from, to), Math.max(from, to)];
  const bars = shown?.bars || [];
  if (!bars[low] || !bars[high]) return;
  onChosen(instead(text(), `date:${says(bars[low], bars[high])}`));
}

/** The bar below a pointer. @param {PointerEvent} event */
function below(event) {
  const { left, width } = (box.querySelector("svg") || box).getBoundingClientRect();
  const count = columns().length;
  return Math.min(count - 1, Math.max(0, Math.floor((event.clientX - left) / width * count)));
}

let isDragging = false;
box.addEventListener("pointerdown", (event) => {
  if (event.button || !(event.target instanceof Element) || !event.target.closest("svg")) return;
  isDragging = true;
  box.setPointerCapture(event.pointerId);
  const n = below(event);
  choosing(n, n);
  event.preventDefault();
});
box.addEventListener("pointermove", (event) => { if (isDragging) choosing(from, below(event)); });
box.addEventListener("pointerup", () => { if (isDragging) { isDragging = false; chosen(); } });
box.addEventListener("pointercancel", () => { isDragging = false; choosing(-1, -1); });
box.addEventListener("keydown", (event) => {
  const all = columns();
  const n = all.findIndex((one) => one === document.activeElement);
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (n < 0 || event.ctrlKey || event.metaKey) return;
  if (event.key === "Enter" || event.key === " ") {
    if (from < 0) choosing(n, n);
    chosen();
  } else if (step && all[n + step]) {
    all[n].setAttribute("tabindex", "-1");
    all[n + step].setAttribute("tabindex", "0");
    /** @type {SVGElement} */ (all[n + step]).focus();
    if (event.shiftKey) choosing(from < 0 ? n : from, n + step);
    else choosing(-1, -1);
  } else return;
  event.preventDefault();
});

/** Puts the focus on the bars. */
export const focus = () => /** @type {SVGElement | null} */ (box.querySelector("g[tabindex='0']"))?.focus();

onFound((isMore) => { if (!isMore && !found.busy) show(); });
