// The list. However many are found, the document holds only the pages around the one that is looked at.
import { at, h, joined, later, marked, short } from "./dom.js";
import { age, bytes, date } from "./format.js";
import { found, hits, more, onFound } from "./search.js";
import { go, leaving, link, place, remember, state } from "./state.js";
import { states } from "./states.js";
import { t } from "./text.js";

/** Pages of rows that are in the document. */
const WINDOW = 5;
/** The height of a row that was not shown yet. */
const ROW = 84;
const scroller = at("found");
const list = /** @type {HTMLOListElement} */ (at("results"));

/** Places of a row that are told. */
const MOST_PLACES = 8;

/** @type {number[]} the height of each page */
let heights = [];
/** @type {Map<number, HTMLLIElement[]>} the rows of the pages that are in the document */
const shown = new Map();
/** The row that keys speak of. */
let current = 0;
/** What was selected: the ids, or everything that matches. */
export const selection = { ids: /** @type {Set<string>} */ (new Set()), all: false };
/** @type {() => void} */
let onSelected = () => {};
/** @param {() => void} listener */
export const onSelection = (listener) => { onSelected = listener; };

/** The path of a hit in the state. @param {import("./types").Message} hit */
export const pathOf = (hit) => hit.links.self.replace("/v1/", "");

/** Where a clause matched, in words. @param {import("./types").Match} match */
export const placeOf = ({ where, attachment }) =>
  attachment && where === "attachment" ? t.inAttachment(short(attachment, 60)) : t.in(t.foundIn[where] || where);

/** Where the words were found, each place once with the clauses that matched there. @param {import("./types").Message} hit */
function where(hit) {
  /** @type {Map<string, Set<string>>} */
  const places = new Map();
  for (const match of hit.matches || []) {
    const name = placeOf(match);
    places.set(name, (places.get(name) || new Set()).add(match.clause || ""));
  }
  return [...places].slice(0, MOST_PLACES).map(([name, clauses]) => h("span", { class: "where", title: [...clauses].join("\n") }, name));
}

/** @param {import("./types").Message} hit */
function files(hit) {
  if (hit.kind === "file" || !hit.attachments.length) return null;
  const ranges = hit.snippet?.attachments || [];
  const names = hit.attachments.slice(0, 3).map((file, n) => h("span", { class: "file" }, marked(short(file.name, 80) || t.noName, ranges[n])));
  const others = hit.attachments.length - names.length;
  return h("div", { class: "files" }, ...names, others > 0 && t.more(others));
}

/** @param {import("./types").Message} hit @returns {{first: Node, second: Node, date: string | null | undefined, size: number | null | undefined}} */
function said(hit) {
  const snippet = hit.snippet;
  if (hit.kind === "file") {
    const name = marked(short(hit.name, 300) || t.noName, snippet?.attachments?.[0]);
    return { first: h("span", {}, h("span", { class: "kind" }, t.file), " ", hit.owner || ""), second: name, date: hit.modifiedDateTime, size: hit.size };
  }
  const sender = hit.from.name ? marked(short(hit.from.name, 120), snippet?.from?.name) : marked(short(hit.from.address, 120) || t.noSender, snippet?.from?.address);
  const first = h("span", { title: hit.from.address || "" }, sender);
  return { first, second: marked(short(hit.subject, 300) || t.noSubject, snippet?.subjectRanges), date: hit.receivedDateTime || hit.sentDateTime, size: hit.size };
}

/** @param {import("./types").Message} hit @param {number} n */
function row(hit, n) {
  const { first, second, date: moment, size } = said(hit);
  const all = [hit, ...(hit.copies || [])].flatMap((one) => one.places);
  const others = (hit.omitted?.copies || 0) + all.length - 1;
  const box = h("input", { type: "checkbox", class: "select", tabindex: "-1", "aria-label": t.select(short(hit.subject || hit.name, 80) || t.noSubject), onchange: () => toggle(n) });
  box.checked = selection.all || selection.ids.has(hit.id);
  const open = h("a", { href: link({ open: pathOf(hit) }), class: "subject", tabindex: n === current ? "0" : "-1", onclick: (/** @type {MouseEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    event.stopPropagation();
    move(n);
    openRow();
  } }, second);
  const item = h("li", { "data-n": n, "aria-posinset": n + 1, "aria-setsize": found.answer?.count.exact ? found.answer.count.rows ?? found.answer.count.value : -1 }, box,
    h("div", { class: "line" }, h("span", { class: "sender" }, first), hit.isNew && h("span", { class: "badge" }, t.newItem), h("time", { title: age(moment), datetime: moment || undefined }, date(moment))),
    h("div", { class: "title" }, open),
    hit.snippet?.text ? h("p", { class: "snippet" }, marked(hit.snippet.text, hit.snippet.ranges)) : null,
    files(hit),
    h("div", { class: "meta" }, joined([hit.kind === "file" ? hit.path : joined([hit.mailbox, hit.folder]), bytes(size), hit.newest && t.older]),
      others > 0 && h("span", { title: all.map(({ mailbox, folder }) => joined([mailbox, folder])).join("\n") }, t.alsoIn(others)), ...where(hit)));
  item.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target.closest("input, a") || getSelection()?.toString()) return;
    move(n);
    openRow();
  });
  if (pathOf(hit) === state.open) item.ariaCurrent = "true";
  return item;
}

/** The page of a place in the list. @param {number} top */
function pageAt(top) {
  let page = 0;
  for (let sum = heights[0] || 0; sum <= top && page < heights.length - 1; sum += heights[++page]);
  return page;
}

/** @param {number} page */
const startOf = (page) => found.pages.slice(0, page).reduce((sum, hits) => sum + hits.length, 0);
/** @param {number[]} list */
const sum = (list) => list.reduce((all, one) => all + one, 0);

/** Puts the pages around what is looked at into the document, and takes the others out. */
function draw() {
  const here = pageAt(scroller.scrollTop - list.offsetTop);
  const first = Math.max(0, Math.min(here - 2, heights.length - WINDOW));
  const last = Math.min(heights.length - 1, first + WINDOW - 1);
  for (const [page, rows] of shown) {
    if (page >= first && page <= last) continue;
    rows.forEach((one) => one.remove());
    shown.delete(page);
  }
  for (let page = first; page <= last; page++) if (!shown.has(page)) put(page);
  list.style.paddingTop = sum(heights.slice(0, first)) + "px";
  list.style.paddingBottom = sum(heights.slice(last + 1)) + "px";
}

/** @param {number} page */
function put(page) {
  const start = startOf(page);
  const rows = found.pages[page].map((hit, n) => row(hit, start + n));
  const behind = [...shown.keys()].filter((one) => one > page).sort((a, b) => a - b)[0];
  const before = behind === undefined ? null : shown.get(behind)?.[0] || null;
  for (const one of rows) list.insertBefore(one, before);
  shown.set(page, rows);
  if (rows.length) heights[page] = rows[rows.length - 1].getBoundingClientRect().bottom - rows[0].getBoundingClientRect().top;
}

/** @param {boolean} isMore */
function show(isMore) {
  if (!isMore) clear();
  while (heights.length < found.pages.length) heights.push(found.pages[heights.length].length * ROW);
  at("empty").replaceChildren(...states(found));
  at("tools").hidden = !hits().length;
  if (heights.length) draw();
  list.ariaBusy = String(found.busy);
  at("more").textContent = found.next ? t.searching : "";
}

function clear() {
  shown.clear();
  heights = [];
  current = 0;
  list.replaceChildren();
  if (!found.busy || !found.answer) scroller.scrollTop = 0;
}

/** The row of that number, if it is in the document. @param {number} n @returns {HTMLElement | null} */
const rowOf = (n) => list.querySelector(`li[data-n="${n}"]`);

/** Makes another row the one that keys speak of, and gives it the focus. @param {number} n */
export function move(n) {
  const count = hits().length;
  if (!count) return;
  n = Math.max(0, Math.min(n, count - 1));
  rowOf(current)?.querySelector("a")?.setAttribute("tabindex", "-1");
  current = n;
  if (!rowOf(n)) {
    scroller.scrollTop = list.offsetTop + (n / count) * sum(heights);
    draw();
  }
  const open = rowOf(n)?.querySelector("a");
  open?.setAttribute("tabindex", "0");
  open?.focus({ preventScroll: true });
  rowOf(n)?.scrollIntoView({ block: "nearest" });
  if (n > count - 10) more();
  noted();
}

/** Goes on in the list. Where what is open hides it, the next one is opened. @param {number} by */
export function step(by) {
  const isHidden = !scroller.offsetParent;
  move(list.contains(document.activeElement) || state.open ? current + by : current);
  if (isHidden && state.open) openRow();
}
export const currentHit = () => hits()[current];

/** Opens the row that keys speak of. */
export const openRow = () => { const hit = currentHit(); if (hit) go({ open: pathOf(hit), view: state.view === "headers" ? "text" : state.view }); };

/** @param {number} n */
function toggle(n) {
  const id = hits()[n]?.id;
  if (!id) return;
  if (selection.all) Object.assign(selection, { all: false, ids: new Set(hits().map((hit) => hit.id)) });
  selection.ids.has(id) ? selection.ids.delete(id) : selection.ids.add(id);
  selected();
}

export const toggleCurrent = () => toggle(current);

/** @param {"all" | "shown" | "none"} what */
export function select(what) {
  selection.all = what === "all";
  selection.ids = new Set(what === "shown" ? hits().map((hit) => hit.id) : []);
  selected();
}

function selected() {
  for (const rows of shown.values()) {
    for (const one of rows) {
      const box = /** @type {HTMLInputElement} */ (one.querySelector("input"));
      box.checked = selection.all || selection.ids.has(hits()[Number(one.dataset.n)]?.id);
    }
  }
  onSelected();
}

/** Marks the row of what is open. */
export function markOpen() {
  for (const one of list.querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
  const n = hits().findIndex((hit) => pathOf(hit) === state.open);
  if (n < 0) return;
  current = n;
  rowOf(n)?.setAttribute("aria-current", "true");
}

/** A list that is hidden, or not there yet, stays where it was. */
const here = () => scroller.offsetParent && hits().length ? { top: scroller.scrollTop, rows: hits().length, row: current } : place();
const noted = later(() => remember(here()), 200);
leaving(here);

/** Scroll and focus as they were, after Back and after a reload. */
export async function restore() {
  const was = place();
  if (!was) return;
  for (let asked = 0; hits().length < was.rows && found.next && asked < 20; asked++) await more();
  scroller.scrollTop = was.top;
  draw();
  current = Math.min(was.row, Math.max(hits().length - 1, 0));
  const open = rowOf(current)?.querySelector("a");
  open?.setAttribute("tabindex", "0");
  if (!state.open) open?.focus({ preventScroll: true });
}

scroller.addEventListener("scroll", () => {
  if (!heights.length) return;
  draw();
  noted();
  if (scroller.scrollTop + scroller.clientHeight > scroller.scrollHeight - 1500) more();
}, { passive: true });

onFound((isMore) => {
  if (!isMore) select("none");
  show(isMore);
});
