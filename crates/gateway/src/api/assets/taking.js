// Taking out: what is selected, as a file; or an act of the source, shown first and confirmed.
import { at, button, clicks, h, joined, short } from "./dom.js";
import { json } from "./api.js";
import { ofIds } from "./clauses.js";
import { exported } from "./export.js";
import { date } from "./format.js";
import { found } from "./search.js";
import { currentHit, onSelection, select, selection } from "./rows.js";
import { t } from "./text.js";

/** Items of a plan that are listed. */
const MOST_LINES = 50;
const dialog = /** @type {HTMLDialogElement} */ (at("out"));

/** What is selected, else the row that keys speak of, as a question. @returns {{q: string, filter?: string, expect?: number}} */
function wanted() {
  const all = found.answer?.count;
  if (selection.all) return { q: found.q, ...(all?.exact && { expect: all.value }) };
  const hit = currentHit();
  const ids = selection.ids.size ? [...selection.ids] : hit ? [hit.id] : [];
  return { q: "", filter: ofIds(ids) };
}

const count = () => selection.all ? found.answer?.count.value || 0 : selection.ids.size || 1;

/** @param {string} text @param {string} [kind] */
const says = (text, kind = "") => {
  at("out-says").className = kind;
  at("out-says").textContent = text;
};

async function asFile() {
  const format = /** @type {HTMLInputElement} */ (dialog.querySelector("input[name=format]:checked")).value;
  says(t.out.working);
  says(await exported(wanted(), format));
}

/** An item, and what an earlier run did with it. @param {any} item */
const named = ({ title, owner, folder, standing, since }) => joined([short(title, 200) || t.noSubject, owner, folder, standing !== "new" && `${standing} ${date(since)}`]);

/** @param {string[]} lines */
const listed = (lines) => h("ul", {}, ...lines.slice(0, MOST_LINES).map((line) => h("li", {}, line)), lines.length > MOST_LINES && h("li", {}, t.more(lines.length - MOST_LINES)));

/** @param {any} plan */
const planned = (plan) => [
  h("p", {}, t.out.items(plan.count), plan.into ? ` → ${plan.into}` : ""),
  plan.lasting && h("p", { class: "error" }, t.out.lasting, " ", plan.lasting),
  listed([...(plan.notes || []), ...plan.items.map(named)]),
].filter(Boolean);

const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (at("act-" + name));
const verb = () => /** @type {HTMLSelectElement} */ (at("act")).value;

/** Which addresses an act takes. */
const addresses = () => ({ restore: ["to"], send: ["to", "from"] })[verb()] || [];
const fields = () => { for (const name of ["to", "from"]) field(name).hidden = !addresses().includes(name); };
const letter = () => Object.fromEntries(addresses().map((name) => [name, field(name).value.trim()]).filter(([, value]) => value));

/** Shows what an act would do; with `confirm` it is done. @param {string} [confirm] */
async function act(confirm) {
  const { expect, ...what } = wanted();
  const body = { ...what, ...letter(), ...(confirm && { confirm }) };
  const answer = await json("/v1/actions/" + verb(), { body });
  const yes = button(t.out.confirm(t.out.verbs[verb()], answer.plan.count), told(() => act(answer.plan.id)));
  const title = (/** @type {any} */ { item }) => answer.plan.items.find((/** @type {any} */ one) => one.item === item)?.title;
  const results = (answer.results || []).map((/** @type {any} */ one) => joined([one.outcome, title(one), one.said], ": "));
  at("plan").replaceChildren(...answer.carriedOut ? [listed(results)] : [...planned(answer.plan), yes]);
  says(answer.ended || "", "error");
}

/** @param {() => Promise<void>} run */
const told = (run) => () => { run().catch((error) => says(error.message, "error")); };

/** Shows only what the key may do. */
async function allowed() {
  const { key } = await json("/v1/status");
  const verbs = Object.entries(t.out.verbs).filter(([verb]) => key.actions.includes(verb));
  at("act").replaceChildren(...verbs.map(([value, name]) => h("option", { value }, name)));
  at("acts").hidden = !verbs.length;
  fields();
  /** @type {HTMLButtonElement} */ (at("out-export")).disabled = !key.rights.includes("export");
  if (!key.rights.includes("export")) says(t.out.mayNot, "error");
}

at("formats").replaceChildren(...Object.entries(t.formats).map(([value, name], n) =>
  h("label", {}, h("input", { type: "radio", name: "format", value, checked: !n }), name)));

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

at("act").addEventListener("change", fields);
onSelection(tools);
clicks({
  "out-export": told(asFile), "act-show": told(() => act()), "take-out": takeOut,
  "select-all": () => select("all"), "select-shown": () => select("shown"), "select-none": () => select("none"),
});
