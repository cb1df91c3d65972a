// Taking out: what is selected, as a file; or an act of the source, shown first and confirmed.
import { at, h, save } from "./dom.js";
import { ask, json } from "./api.js";
import { bytes } from "./format.js";
import { found } from "./search.js";
import { currentHit, onSelection, select, selection } from "./rows.js";
import { t } from "./text.js";

const dialog = /** @type {HTMLDialogElement} */ (at("out"));

/** What is selected, else the row that keys speak of, as a question. @returns {{q: string, filter?: string, expect?: number}} */
function wanted() {
  const all = found.answer?.count;
  if (selection.all) return { q: found.q, ...(all?.exact && { expect: all.value }) };
  const hit = currentHit();
  const ids = selection.ids.size ? [...selection.ids] : hit ? [hit.id] : [];
  return { q: "", filter: ids.map((id) => `id eq '${id.replace(/'/g, "''")}'`).join(" or ") };
}

const count = () => selection.all ? found.answer?.count.value || 0 : selection.ids.size || 1;

/** @param {string} text @param {string} [kind] */
const says = (text, kind = "") => {
  at("out-says").className = kind;
  at("out-says").textContent = text;
};

async function exported() {
  const format = /** @type {HTMLInputElement} */ (dialog.querySelector("input[name=format]:checked")).value;
  says(t.out.working);
  const blob = await (await ask("/v1/export", { body: { ...wanted(), format } })).blob();
  save(blob, `postern-export.${format}`);
  says(t.out.done(bytes(blob.size)));
}

/** @param {any} plan */
const planned = (plan) => [
  h("p", {}, t.out.items(plan.count), plan.into ? ` → ${typeof plan.into === "string" ? plan.into : JSON.stringify(plan.into)}` : ""),
  plan.lasting && String(plan.lasting) ? h("p", { class: "error" }, t.out.lasting, " ", String(plan.lasting)) : null,
  h("ul", {}, ...(plan.notes || []).map((/** @type {string} */ note) => h("li", {}, note)),
    ...(plan.items || []).slice(0, 20).map((/** @type {any} */ item) => h("li", {}, item.subject || item.name || item.mailbox || item.id))),
].filter((one) => one !== null);

/** Shows what an act would do; with `confirm` it is done. @param {string} [confirm] */
async function act(confirm) {
  const verb = /** @type {HTMLSelectElement} */ (at("act")).value;
  const to = /** @type {HTMLInputElement} */ (at("act-to")).value.trim();
  const { expect, ...what } = wanted();
  const body = { ...what, ...(to && { to }), ...(confirm && { confirm }) };
  const answer = await json("/v1/actions/" + verb, { body });
  const yes = h("button", { type: "button", onclick: told(() => act(answer.plan.id)) }, t.out.confirm(t.out.verbs[verb], answer.plan.count));
  const results = (answer.results || []).map((/** @type {any} */ one) => h("li", {}, [one.outcome, one.said, one.subject].filter(Boolean).join(": ")));
  at("plan").replaceChildren(...planned(answer.plan), answer.carriedOut ? h("ul", {}, ...results) : yes);
  says("");
}

/** @param {() => Promise<void>} run */
const told = (run) => () => { run().catch((error) => says(error.message, "error")); };

/** Shows only what the key may do. */
async function allowed() {
  const { key } = await json("/v1/status");
  const verbs = Object.entries(t.out.verbs).filter(([verb]) => key.actions.includes(verb));
  at("act").replaceChildren(...verbs.map(([value, name]) => h("option", { value }, name)));
  at("acts").hidden = !verbs.length;
  /** @type {HTMLButtonElement} */ (at("out-export")).disabled = !key.rights.includes("export");
  if (!key.rights.includes("export")) says(t.out.mayNot, "error");
}

/** Opens the dialog. */
export function takeOut() {
  if (!found.answer?.results.length) return;
  at("out-what").textContent = selection.all ? t.out.all(count()) : t.out.some(count());
  at("plan").replaceChildren();
  says("");
  dialog.showModal();
  allowed().catch((error) => says(error.message, "error"));
}

function tools() {
  at("selected").textContent = selection.all ? t.out.all(count()) : selection.ids.size ? t.selected(selection.ids.size) : "";
}

onSelection(tools);
at("out-export").addEventListener("click", told(exported));
at("act-show").addEventListener("click", told(() => act()));
at("take-out").addEventListener("click", takeOut);
at("select-all").addEventListener("click", () => select("all"));
at("select-shown").addEventListener("click", () => select("shown"));
at("select-none").addEventListener("click", () => select("none"));
