// What can come next, wherever the cursor stands: a combobox that says how many there are.
import { asked, at, byteLength, h, joined, later, replaced, upTo } from "./dom.js";
import { isOver, latest } from "./api.js";
import { put } from "./box.js";
import { t } from "./text.js";

const input = /** @type {HTMLTextAreaElement} */ (at("q"));
const list = at("suggestions");
const ask = latest();

/** @typedef {{text: string, kind: string, help?: string, count?: number}} Suggestion */
/** @type {{span: import("./types").Span, suggestions: Suggestion[]} | null} */
let offered = null;
let chosen = -1;
/** Whether the list was closed while it was asked for. */
let isClosed = false;

export const isOpen = () => !list.hidden;

const soon = later(() => offer(), 120);

/** Asks what can come next at the cursor. @param {boolean} [isAsked] whether somebody wants to see all that can begin there */
export async function offer(isAsked = false) {
  const [q, cursor] = [input.value, input.selectionStart];
  isClosed = false;
  const parameters = asked({ q, cursor: String(byteLength(q.slice(0, cursor))), limit: "8" });
  try {
    const answer = await ask("/v1/complete" + parameters);
    if (q !== input.value || isClosed || document.activeElement !== input) return;
    const isAnything = answer.span.start === answer.span.end && answer.suggestions[0]?.kind === "operator";
    offered = isAnything && !isAsked ? null : answer;
  } catch (error) {
    if (isOver(error)) return;
    offered = null;
  }
  chosen = -1;
  show();
}

function show() {
  const all = offered?.suggestions || [];
  // What stands there already is no help.
  const isSaid = all.length === 1 && offered && input.value === replaced(input.value, offered.span, all[0].text);
  const shown = isSaid ? [] : all;
  list.replaceChildren(...shown.map(option));
  list.hidden = !shown.length;
  at("combobox").ariaExpanded = String(!list.hidden);
  at("announced").textContent = t.suggestions(shown.length);
  choose(chosen);
}

/** @param {Suggestion} one @param {number} n */
function option(one, n) {
  const says = one.help || joined([t.kinds[one.kind] || one.kind, one.count && t.inMessages(one.count)], ", ");
  return h("li", {
    role: "option", id: `s${n}`, "aria-selected": "false",
    onmousedown: (/** @type {Event} */ event) => { event.preventDefault(); take(n); },
  }, h("span", { class: "offer" }, one.text), h("span", { class: "help" }, says));
}

/** @param {number} n */
function choose(n) {
  chosen = n;
  [...list.children].forEach((item, m) => { item.ariaSelected = String(m === n); });
  if (n >= 0 && isOpen()) input.setAttribute("aria-activedescendant", `s${n}`);
  else input.removeAttribute("aria-activedescendant");
  list.children[n]?.scrollIntoView({ block: "nearest" });
}

/** @param {number} n */
function take(n) {
  if (!offered) return;
  const { span, suggestions } = offered;
  const one = suggestions[n];
  const next = replaced(input.value, span, one.text);
  const end = upTo(input.value, span.start).length + one.text.length;
  // An operator wants its value; behind a value at the end something else begins.
  const wantsMore = /[:(]$/.test(one.text);
  const blank = !wantsMore && end === next.length ? " " : "";
  put(next.slice(0, end) + blank + next.slice(end), end + blank.length);
  close();
  if (wantsMore) offer();
}

export function close() {
  soon.stop();
  isClosed = true;
  offered = null;
  chosen = -1;
  show();
}

/** Enter takes only what was chosen, Tab the first where nothing was. @param {KeyboardEvent} event @returns {boolean} */
export function handles(event) {
  if (!isOpen()) {
    const isAsked = event.key === " " && event.ctrlKey || event.key === "ArrowDown" && event.altKey;
    if (isAsked) offer(true);
    return isAsked;
  }
  const count = list.children.length;
  if (event.key === "Escape") close();
  else if (event.key === "ArrowDown") choose(chosen + 1 >= count ? -1 : chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen < 0 ? count - 1 : chosen - 1);
  else if (event.key === "Tab" && !event.shiftKey) take(Math.max(chosen, 0));
  else if (event.key === "Enter" && chosen >= 0) take(chosen);
  else return false;
  return true;
}

input.addEventListener("input", () => { input.value.trim() ? soon() : close(); });
input.addEventListener("blur", close);
