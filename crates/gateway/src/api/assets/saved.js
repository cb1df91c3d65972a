// Saved searches, at the side: each with how many it finds, and how many of those are new since it was last opened.
import { anew, at, button, clicks, h } from "./dom.js";
import { json, ask } from "./api.js";
import { number } from "./format.js";
import { text } from "./box.js";
import { found, hits, onFound } from "./search.js";
import { t } from "./text.js";

/** @typedef {{name: string, q: string, count?: number, new?: number, error?: string}} Saved */
/** @type {Saved[]} */
let searches = [];
/** The new ones of the search that was opened last. */
const fresh = { q: "", ids: /** @type {Set<string>} */ (new Set()) };
const dialog = /** @type {HTMLDialogElement} */ (at("save-dialog"));
const field = /** @type {HTMLInputElement} */ (at("save-name"));
/** @type {(q: string) => void} */
let onChosen = () => {};

/** @param {(q: string) => void} run searches for a saved query */
export const onSaved = (run) => { onChosen = run; };

/** @param {string} name */
const path = (name) => "/v1/saved/" + encodeURIComponent(name);

/** Asks for them anew. */
export async function list() {
  const answer = await json("/v1/saved").catch(() => null);
  searches = answer?.searches || [];
  show();
}

/** @param {Saved} one */
async function open(one) {
  const answer = await json(path(one.name) + "/open", { method: "POST" }).catch(() => ({ new: [] }));
  Object.assign(fresh, { q: one.q, ids: new Set(answer.new) });
  one.new = 0;
  show();
  onChosen(one.q);
}

/** @param {Saved} one */
async function remove(one) {
  await ask(path(one.name), { method: "DELETE" });
  await list();
  at("save").focus();
}

/** @param {Saved} one */
const row = (one) => h("li", { class: "kept" },
  h("button", { type: "button", id: "saved:" + one.name, class: "value", title: one.error || one.q, "aria-pressed": String(one.q === found.q), onclick: () => { open(one); } },
    h("span", { class: "name" }, one.name), one.new ? h("span", { class: "badge" }, t.newOnes(one.new)) : null,
    h("span", { class: "number" }, one.count === undefined ? "!" : number(one.count))),
  button("✕", () => { remove(one); }, { id: "forget:" + one.name, class: "link", "aria-label": t.forget(one.name) }));

function show() {
  anew(at("saved-list"), searches.map(row));
}

/** Asks for a name for what is in the box. */
export function save() {
  field.value = text().slice(0, 60) || t.everything;
  at("save-says").textContent = "";
  dialog.showModal();
  field.select();
}

at("save-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await json(path(field.value.trim()), { method: "PUT", body: { q: text() } });
    dialog.close();
    await list();
  } catch (error) {
    at("save-says").textContent = /** @type {Error} */ (error).message;
  }
});
clicks({ save });

onFound((isMore) => {
  if (found.q === fresh.q) for (const hit of hits()) hit.isNew = fresh.ids.has(hit.id);
  if (!isMore && !found.busy) show();
});
