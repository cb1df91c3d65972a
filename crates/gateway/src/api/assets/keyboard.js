// Keys, and the list of commands. No key fires while somebody types.
import { at, h } from "./dom.js";
import { t } from "./text.js";

/** @typedef {{keys: string, name: string, run: () => void}} Command */
/** @type {Command[]} */
let commands = [];
/** The first of two keys, and when it was pressed. */
let first = { key: "", at: 0 };

const palette = /** @type {HTMLDialogElement} */ (at("commands"));
const filter = /** @type {HTMLInputElement} */ (at("commands-filter"));
const list = at("commands-list");
const help = /** @type {HTMLDialogElement} */ (at("keys"));

/** @param {EventTarget | null} target */
const isTyping = (target) => target instanceof Element && !!target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

/** @param {[string, string, () => void][]} these the keys, if any, the name among the texts, and what is done */
export function use(these) {
  commands = these.map(([keys, name, run]) => ({ keys, name: t.commands[name], run }));
  const rows = commands.filter((one) => one.keys).flatMap(({ keys, name }) => [h("dt", {}, ...keys.split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, name)]);
  at("keys-list").replaceChildren(...rows);
}

export function showKeys() {
  help.showModal();
  // The button that has the focus comes last.
  help.scrollTop = 0;
}

export function showCommands() {
  filter.value = "";
  matching();
  palette.showModal();
}

let chosen = 0;
function matching() {
  const words = filter.value.toLowerCase().split(/\s+/);
  const fit = commands.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
  chosen = 0;
  list.replaceChildren(...fit.map((one, n) => h("li", { role: "option", id: `c${n}`, "aria-selected": String(n === 0), onclick: () => { palette.close(); one.run(); } },
    one.name, one.keys ? h("kbd", {}, one.keys) : null)));
  at("commands-none").textContent = fit.length ? "" : t.noCommand;
  choose(0);
}

/** @param {number} n */
function choose(n) {
  const options = [...list.children];
  chosen = options.length ? (n + options.length) % options.length : 0;
  options.forEach((one, m) => { one.ariaSelected = String(m === chosen); });
  filter.setAttribute("aria-activedescendant", options.length ? `c${chosen}` : "");
  options[chosen]?.scrollIntoView({ block: "nearest" });
}

filter.addEventListener("input", matching);
filter.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") choose(chosen + 1);
  else if (event.key === "ArrowUp") choose(chosen - 1);
  else if (event.key === "Enter") /** @type {HTMLElement | undefined} */ (list.children[chosen])?.click();
  else return;
  event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    return palette.open ? palette.close() : document.querySelector("dialog[open]") ? undefined : showCommands();
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  // Of a button or a link, Enter and the blank are its own.
  if ((event.key === "Enter" || event.key === " ") && event.target instanceof Element && event.target.closest("button, a, summary, [role=button]")) return;
  const pair = Date.now() - first.at < 1500 ? `${first.key} ${event.key}` : "";
  const command = pair && commands.find(({ keys }) => keys === pair) || commands.find(({ keys }) => keys === event.key);
  first = command ? { key: "", at: 0 } : { key: event.key, at: Date.now() };
  if (!command) return;
  event.preventDefault();
  command.run();
});

for (const dialog of document.querySelectorAll("dialog")) {
  if (!dialog.querySelector("[data-close], input[role]")) dialog.append(h("button", { "data-close": true }, t.page.close));
  dialog.addEventListener("click", (event) => {
    const target = /** @type {Element} */ (event.target);
    if (target === dialog || target.closest("[data-close]")) dialog.close();
  });
}
