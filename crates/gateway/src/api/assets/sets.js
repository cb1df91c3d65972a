// Frozen sets: made of a query, compared, exported, written about, held and released.
import { button, chip, h, quiet, table } from "./dom.js";
import { ask, json } from "./api.js";
import { exported } from "./export.js";
import { back, choice, input, labelled, link, message, parameter, says, searched, submit, told, twice } from "./forms.js";
import { date, number } from "./format.js";
import { t } from "./text.js";

const s = t.evidence;
/** Ids that are listed. */
const FEW = 100;
/** @param {string} name */
const path = (name) => "/v1/sets/" + encodeURIComponent(name);
/** @param {string} name */
const open = (name) => location.assign(link({ view: "sets", open: name }));

function form() {
  const [name, q, note] = [input("name", { required: true, pattern: "[a-z0-9][a-z0-9._\\-]*", title: s.nameRule }), input("query", { value: parameter("q") }), input("note")];
  const run = async () => {
    await json(path(name.value), { method: "PUT", body: { q: q.value, ...(note.value && { note: note.value }) } });
    open(name.value);
  };
  return h("form", { class: "card", onsubmit: told(run) }, h("h2", {}, s.newSet), labelled(s.name, name), labelled(s.query, q), labelled(s.note, note),
    submit(s.makeSet));
}

/** @param {any} one */
const row = (one) => [h("a", { href: link({ view: "sets", open: one.name }) }, one.name), searched("set:" + one.name), number(one.count), date(one.taken), one.held ? chip(s.held, "good") : "", one.note || one.q];

/** @param {string[]} ids */
const listed = (ids) => h("ul", {}, ...ids.slice(0, FEW).map((id) => h("li", {}, message(id))),
  ids.length > FEW && quiet(t.more(ids.length - FEW), "li"));

/** @param {string} words @param {string[]} ids */
const only = (words, ids) => h("details", {}, h("summary", {}, `${words}: ${number(ids.length)}`), listed(ids));

/** @param {string} name @param {string[]} others */
function compared(name, others) {
  const other = choice("other", others.map((one) => [one, one]));
  const out = h("div");
  const run = async () => {
    const { onlyOne, onlyOther, both } = await json(`${path(name)}/diff/${encodeURIComponent(other.value)}`);
    out.replaceChildren(only(s.onlyIn(name), onlyOne), only(s.onlyIn(other.value), onlyOther), h("p", {}, `${s.both}: ${number(both)}`));
  };
  return h("section", { class: "card" }, h("h2", {}, s.compare), h("p", { class: "acts" }, labelled(s.with, other), button(s.compare, told(run), { id: "compare" })), out);
}

/** @param {any} set */
function noted({ name, note }) {
  const field = h("textarea", { id: "note", rows: "3" });
  field.value = note || "";
  const run = async () => {
    await json(path(name) + "/note", { body: field.value ? { note: field.value } : {} });
    says(s.noted);
  };
  return h("form", { class: "card", onsubmit: told(run) }, h("h2", {}, s.note), h("label", {}, h("span", { class: "hidden" }, s.note), field), submit(s.saveNote));
}

/** @param {any} set */
function taken({ name }) {
  const format = choice("format", Object.entries(t.formats));
  const run = async () => {
    says(t.out.working);
    says(await exported({ q: "set:" + name }, format.value));
  };
  return h("p", { class: "acts" }, labelled(t.page.outFile, format), button(t.page.outExport, told(run), { id: "export" }));
}

/** @param {any} set */
function acts({ name, held }) {
  const act = (/** @type {string} */ verb) => async () => {
    says(s.working);
    await json(`${path(name)}/${verb}`, { method: "POST" });
    open(name);
  };
  const remove = async () => {
    await ask(path(name), { method: "DELETE" });
    location.assign(link({ view: "sets" }));
  };
  return h("p", { class: "acts" }, held ? twice(s.release, s.yesRelease, act("release"), "release") : twice(s.hold, s.yesHold, act("hold"), "hold"), !held && twice(s.remove, s.yesRemove, remove, "remove"));
}

/** @param {any} set */
const facts = (set) => h("dl", { class: "facts" }, ...[
  [s.query, searched(set.q)], [s.canonical, set.canonical], [s.taken, `${date(set.taken)}, ${t.zone(set.zone)}`], [s.by, set.by],
  [t.status.searched, set.coverage && t.coverage(set.coverage.indexed, set.coverage.known)], [s.count, number(set.count)], [s.here, set.here === undefined ? "" : number(set.here)],
  [s.held, set.held ? date(set.held) : s.notHeld],
].flatMap(([name, value]) => value ? [h("dt", {}, name), h("dd", {}, value)] : []));

/** @param {string} name */
async function one(name) {
  const [set, { sets }] = await Promise.all([json(path(name)), json("/v1/sets")]);
  const others = sets.map((/** @type {any} */ other) => other.name).filter((/** @type {string} */ other) => other !== name);
  const lost = set.notHeld || [];
  return [back("sets"), h("h2", {}, name), h("p", {}, searched("set:" + name)), facts(set),
    lost.length && h("details", { class: "error" }, h("summary", {}, s.lost(lost.length)), h("ul", {}, ...lost.slice(0, FEW).map((/** @type {any} */ { id, why }) => h("li", {}, `${id}: ${why}`)))),
    taken(set), acts(set), quiet(s.holdRule), noted(set), others.length && compared(name, others)].filter((part) => part);
}

/** @returns {Promise<any>} */
export async function sets() {
  if (parameter("open")) return one(parameter("open"));
  const { sets } = await json("/v1/sets");
  return [form(), h("h2", {}, s.views.sets), sets.length ? table([s.name, s.find, s.count, s.taken, "", s.what], sets.map(row), s.views.sets) : quiet(s.noSets)];
}
