// The page: its parts, put together.
import { at, h, named } from "./dom.js";
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
  { keys: "/", name: t.commands.box, run: () => input.focus() },
  { keys: "j", name: t.commands.next, run: () => step(1) },
  { keys: "k", name: t.commands.previous, run: () => step(-1) },
  { keys: "Enter", name: t.commands.open, run: openRow },
  { keys: "Escape", name: t.commands.close, run: close },
  { keys: "n", name: t.commands.nextHit, run: () => hit(1) },
  { keys: "p", name: t.commands.previousHit, run: () => hit(-1) },
  { keys: "v", name: t.commands.text, run: () => show("text") },
  { keys: "l", name: t.commands.html, run: () => show("html") },
  { keys: "c", name: t.commands.thread, run: () => show("thread") },
  { keys: "h", name: t.commands.headers, run: () => show("headers") },
  { keys: "o", name: t.commands.original, run: () => { original(); } },
  { keys: "x", name: t.commands.select, run: toggleCurrent },
  { keys: "A", name: t.commands.all, run: () => select("all") },
  { keys: "e", name: t.commands.out, run: takeOut },
  { keys: "f", name: t.commands.narrow, run: narrow },
  { keys: "b", name: t.commands.histogram, run: focusBars },
  { keys: "w", name: t.commands.answer, run: () => { explain(); } },
  { keys: "s", name: t.commands.save, run: save },
  { keys: "d", name: t.commands.density, run: density },
  { keys: "g i", name: t.commands.inbox, run: () => searchFor("in:inbox") },
  { keys: "g s", name: t.commands.sent, run: () => searchFor("in:sent") },
  { keys: "g a", name: t.commands.everything, run: () => searchFor("") },
  { keys: "g o", name: t.commands.status, run: () => location.assign("/status") },
  { keys: "g d", name: t.commands.api, run: () => location.assign("/docs") },
  { keys: "?", name: t.commands.keys, run: showKeys },
  { name: t.commands.key, run: askKey },
  { keys: "Ctrl+K", name: t.commands.commands, run: showCommands },
]);

for (const [id, run] of /** @type {[string, () => void][]} */ ([
  ["show-keys", showKeys], ["show-commands", showCommands], ["show-key", askKey], ["density", density], ["close", close],
  ["original", original], ["next-message", () => step(1)], ["previous-message", () => step(-1)], ["next-hit", () => hit(1)], ["previous-hit", () => hit(-1)],
])) at(id).addEventListener("click", run);
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
