// The box: one line that grows to five, over a mirror of the same text that is coloured as the server reads it.
// Where a browser has no custom highlights, the box is plain.
import { at, button, coded, h, joined, later, replaced, unit } from "./dom.js";
import { isOver, latest } from "./api.js";
import { t } from "./text.js";

const input = /** @type {HTMLTextAreaElement} */ (at("q"));
const mirror = at("mirror");
const ask = latest();
const canColour = "highlights" in CSS;
if (canColour) document.documentElement.classList.add("coloured");

/** @type {{text: string, at: number, mine: string}} what was typed before, and which of it is shown */
const recall = { text: "", at: -1, mine: "" };
/** @type {Set<(checked: import("./types").Translation | null) => void>} */
const listeners = new Set();

/** @param {(checked: import("./types").Translation | null) => void} listener hears what the text means, or that it has faults */
export const onChecked = (listener) => { listeners.add(listener); };

export const text = () => input.value;

/** Puts a text into the box, the cursor behind it. @param {string} value */
export function put(value, cursor = value.length) {
  input.value = value;
  input.setSelectionRange(cursor, cursor);
  drawn();
  check();
}

function drawn() {
  // A line end at the end needs something behind it to have a height.
  mirror.textContent = input.value + (input.value.endsWith("\n") ? " " : "");
  paint([]);
  follow();
}

const follow = () => { mirror.scrollTop = input.scrollTop; };

/** The kinds of colours, from the quietest to the loudest. */
const KINDS = ["word", "operator", "value", "phrase", "joiner", "bracket", "advice", "approximate", "error"];

/** @param {{kind: string, span: import("./types").Span}[]} spans */
function paint(spans) {
  const node = mirror.firstChild;
  if (!canColour) return;
  for (const kind of KINDS) CSS.highlights.delete(kind);
  if (!node) return;
  KINDS.forEach((kind, n) => {
    const ranges = spans.filter((one) => one.kind === kind).map(({ span }) => rangeOf(node, span));
    const highlight = new Highlight(...ranges);
    highlight.priority = n;
    if (ranges.length) CSS.highlights.set(kind, highlight);
  });
}

/** A span of nothing shows on the letter before it. @param {Node} node @param {import("./types").Span} span */
function rangeOf(node, span) {
  const range = document.createRange();
  const length = node.textContent?.length || 0;
  const end = Math.min(unit(input.value, span.end), length);
  const start = Math.min(unit(input.value, span.start), end);
  range.setStart(node, start === end ? Math.max(start - 1, 0) : start);
  range.setEnd(node, start === end ? Math.min(Math.max(end, 1), length) : end);
  return range;
}

/** @type {import("./types").Translation | null} */
export let checked = null;

async function checking() {
  const q = input.value;
  try {
    const translation = await ask("/v1/translate", { q });
    if (q === input.value) told(translation, [], undefined);
  } catch (error) {
    if (isOver(error) || q !== input.value) return;
    const problem = /** @type {any} */ (error).problem;
    told(null, problem?.errors || [], problem?.fixed);
  }
}

const soon = later(checking, 120);
/** Has the server read the text. */
export const check = () => { input.value ? soon() : told(null, [], undefined); };

/** @type {import("./types").Note[]} what the engine that answered says otherwise */
let notes = [];
/** @param {import("./types").Note[]} these */
export function mark(these) {
  notes = these;
  if (checked) paint(spansOf(checked, []));
}

/** @param {import("./types").Translation | null} translation @param {import("./types").Mistake[]} errors */
function spansOf(translation, errors) {
  const parts = translation?.parts || [];
  const advice = (translation?.advice || []).map(({ span }) => ({ kind: "advice", span }));
  const differing = notes.flatMap(({ span }) => span ? [{ kind: "approximate", span }] : []);
  return [...parts, ...advice, ...differing, ...errors.map(({ span }) => ({ kind: "error", span }))];
}

/**
 * @param {import("./types").Translation | null} translation
 * @param {import("./types").Mistake[]} errors
 * @param {string | undefined} fixed
 */
function told(translation, errors, fixed) {
  checked = translation;
  paint(spansOf(translation, errors));
  input.ariaInvalid = String(errors.length > 0);
  const mistakes = errors.map((error) => remark("error", joined([error.title, error.hint || error.label], ": "), error.span, error.fix));
  const advice = (translation?.advice || []).map((one) => remark("advice", one.message, one.span));
  const all = errors.filter((error) => error.fix).length > 1 && fixed !== undefined;
  at("remarks").replaceChildren(...mistakes, ...advice,
    ...(all ? [h("li", {}, button(t.fixAll, () => mend(String(fixed)), { class: "fix" }))] : []));
  at("meaning").textContent = translation ? translation.english : "";
  for (const listener of listeners) listener(translation);
}

/** @param {string} kind @param {string} message @param {import("./types").Span} span @param {import("./types").Fix} [fix] */
function remark(kind, message, span, fix) {
  const show = () => {
    input.focus();
    input.setSelectionRange(unit(input.value, span.start), unit(input.value, span.end));
  };
  const words = h("button", { type: "button", class: "words", onclick: show }, ...coded(message));
  return h("li", { class: kind }, words, fix && fixButton(fix));
}

/** @param {import("./types").Fix} fix */
function fixButton({ span, replacement }) {
  const from = input.value.slice(unit(input.value, span.start), unit(input.value, span.end));
  const says = replacement ? t.fix(from, replacement) : t.remove(from);
  return button(says, () => mend(replaced(input.value, { ...span }, replacement)), { class: "fix" });
}

/** @param {string} value */
function mend(value) {
  input.focus();
  put(value);
}

// Former queries of this tab, for ↑ and ↓ at the ends of the box.
/** @returns {string[]} */
const former = () => JSON.parse(sessionStorage.getItem("queries") || "[]");

/** @param {string} q */
export function note(q) {
  recall.at = -1;
  if (!q.trim()) return;
  const all = [q, ...former().filter((one) => one !== q)].slice(0, 50);
  sessionStorage.setItem("queries", JSON.stringify(all));
}

/** Shows the query before or behind the one that is shown. @param {number} step @returns {boolean} whether there is one */
export function recalled(step) {
  const isShown = recall.at >= 0 && input.value === recall.text;
  const [atStart, atEnd] = [input.selectionEnd === 0, input.selectionStart === input.value.length];
  if (!isShown && !(step > 0 ? atStart || atEnd && !input.value : atEnd && recall.at >= 0)) return false;
  if (!isShown) Object.assign(recall, { at: -1, mine: input.value });
  const all = former().filter((one) => one !== recall.mine);
  const next = recall.at + step;
  if (next < -1 || next >= all.length) return isShown;
  recall.at = next;
  recall.text = next < 0 ? recall.mine : all[next];
  put(recall.text);
  return true;
}

input.addEventListener("input", () => { drawn(); check(); });
input.addEventListener("scroll", follow);
