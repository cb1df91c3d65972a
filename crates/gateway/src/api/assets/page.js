// The page: its parts, put together.
import { asked, at, clicks, h, named } from "./dom.js";
import { key } from "./api.js";
import { list, onSaved, save } from "./saved.js";
import * as box from "./box.js";
import * as completion from "./completion.js";
import { explain } from "./answer.js";
import { onClause } from "./facets.js";
import { onPeriod, focus as focusBars } from "./histogram.js";
import { orderOf, sorted } from "./clauses.js";
import { showCommands, showKeys, use } from "./keyboard.js";
import { again, original, read } from "./reader.js";
import { markOpen, move, openRow, restore, select, step, toggleCurrent } from "./rows.js";
import { found, onFound, search } from "./search.js";
import { onState } from "./states.js";
import { go, state, watch } from "./state.js";
import { takeOut } from "./taking.js";
import { hit } from "./words.js";
import { t } from "./text.js";

const input = /** @type {HTMLTextAreaElement} */ (at("q"));
const order = /** @type {HTMLSelectElement} */ (at("order"));
const dialog = (/** @type {string} */ id) => /** @type {HTMLDialogElement} */ (at(id));

/** Searches for a text, which stands in the box then. @param {string} q */
function searchFor(q) {
  if (q !== box.text()) box.put(q);
  box.note(q);
  completion.close();
  // The same question again is a new answer.
  if (q === state.q) return search();
  go({ q, open: "", view: "text" });
}

input.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const isTaken = completion.handles(event) || arrows(event);
  if (isTaken) return event.preventDefault();
  if (event.key === "Escape") move(0);
  if (event.key !== "Enter" || event.shiftKey) return;
  event.preventDefault();
  searchFor(box.text());
});

/** @param {KeyboardEvent} event */
function arrows({ key, shiftKey, altKey }) {
  if (shiftKey || altKey || completion.isOpen()) return false;
  return key === "ArrowUp" ? box.recalled(1) : key === "ArrowDown" ? box.recalled(-1) : false;
}

at("form").addEventListener("submit", (event) => { event.preventDefault(); searchFor(box.text()); });
order.replaceChildren(...Object.entries(t.orders).map(([value, name]) => h("option", { value }, name)));
order.addEventListener("change", () => searchFor(sorted(box.text(), order.value)));

function density() {
  const next = document.documentElement.dataset.density === "dense" ? "wide" : "dense";
  document.documentElement.dataset.density = next;
  localStorage.setItem("density", next);
}

function askKey() {
  const field = /** @type {HTMLInputElement} */ (at("key"));
  field.value = key.get();
  dialog("key-dialog").showModal();
}

at("key-form").addEventListener("submit", () => {
  key.set(/** @type {HTMLInputElement} */ (at("key")).value.trim());
  search();
  list();
  box.check();
});

/** Goes where what is in the box becomes a set. */
const freeze = () => location.assign("/evidence" + asked({ view: "sets", q: box.text() }));

function close() {
  if (state.open) {
    go({ open: "", view: "text" });
    step(0);
  } else input.focus();
}

/** @param {string} view */
const show = (view) => { if (state.open) go({ view }); };

function narrow() {
  const side = /** @type {HTMLDetailsElement} */ (at("side"));
  side.open = true;
  /** @type {HTMLElement | null} */ (at("facets").querySelector("button"))?.focus();
}

use([
  ["/", "box", () => input.focus()],
  ["j", "next", () => step(1)],
  ["k", "previous", () => step(-1)],
  ["Enter", "open", openRow],
  ["Escape", "close", close],
  ["n", "nextHit", () => hit(1)],
  ["p", "previousHit", () => hit(-1)],
  ["v", "text", () => show("text")],
  ["l", "html", () => show("html")],
  ["c", "thread", () => show("thread")],
  ["h", "headers", () => show("headers")],
  ["o", "original", () => { original(); }],
  ["x", "select", toggleCurrent],
  ["A", "all", () => select("all")],
  ["e", "out", takeOut],
  ["f", "narrow", narrow],
  ["b", "histogram", focusBars],
  ["w", "answer", () => { explain(); }],
  ["s", "save", save],
  ["d", "density", density],
  ["g i", "inbox", () => searchFor("in:inbox")],
  ["g s", "sent", () => searchFor("in:sent")],
  ["g a", "everything", () => searchFor("")],
  ["g e", "evidence", () => location.assign("/evidence")],
  ["", "freeze", freeze],
  ["g o", "status", () => location.assign("/status")],
  ["g d", "api", () => location.assign("/docs")],
  ["?", "keys", showKeys],
  ["", "key", askKey],
  ["Ctrl+K", "commands", showCommands],
]);

clicks({
  "show-keys": showKeys, "show-commands": showCommands, "show-key": askKey, density, freeze, close,
  original, "next-message": () => step(1), "previous-message": () => step(-1), "next-hit": () => hit(1), "previous-hit": () => hit(-1),
});
for (const one of at("views").querySelectorAll("button")) one.addEventListener("click", () => show(one.dataset.view || "text"));

onClause(searchFor);
onPeriod(searchFor);
onSaved(searchFor);
onState({ again: () => search(), search: searchFor, key: askKey });
onFound((isMore) => {
  order.value = orderOf(found.q);
  if (order.selectedIndex < 0) order.value = "";
  if (!isMore && found.answer && !found.busy) again();
});

watch(async (now, before) => {
  if (now.open !== before.open || now.view !== before.view) read(now.open !== before.open);
  if (now.q !== before.q || now.engine !== before.engine) {
    if (now.q !== box.text()) box.put(now.q);
    await search(true);
    await restore();
  }
  markOpen();
});

async function start() {
  named(t.page);
  document.body.classList.add("ready");
  document.documentElement.dataset.density = localStorage.getItem("density") || "wide";
  const side = /** @type {HTMLDetailsElement} */ (at("side"));
  side.open = matchMedia("(min-width: 1000px)").matches;
  if (state.q) box.put(state.q);
  const searched = search();
  list();
  if (state.open) read();
  else input.focus();
  await searched;
  await restore();
  markOpen();
}
start();
