// The answer bar: who answered and why, how much was searched, how faithfully, and what every engine would be sent.
import { anew, at, button, chip, clicks, h, quiet } from "./dom.js";
import { checked, mark, onChecked } from "./box.js";
import { json } from "./api.js";
import { date } from "./format.js";
import { found, onFound } from "./search.js";
import { go, state } from "./state.js";
import { t } from "./text.js";

/** The target that an engine is asked by. @type {Record<string, string>} */
const TARGET = { premium: "datatap", veeam: "veeam", cluster: "elasticsearch" };

/** @param {import("./types").Answer["query"]} query */
export const fidelityOf = ({ fidelity, direction }) =>
  fidelity === "exact" ? t.fidelity.exact : t.fidelity[/** @type {"wider"} */ (direction)] || t.fidelity.approximate;

/** Whether everything that is known was searched. @param {import("./types").Coverage} [coverage] */
export const isWhole = (coverage) => !coverage || coverage.indexed >= coverage.known && !notAsked(coverage).length;

/** The names of the sources that may have more. @param {import("./types").Coverage} [coverage] */
export const notAsked = (coverage) => (coverage?.notAsked || []).map((name) => t.engines[name] || name);

/** Asks one engine and no other; with none it is chosen as usual. @param {string} engine */
export const askOnly = (engine) => go({ engine, open: "", view: "text" });

/** @param {import("./types").Answer} answer */
function chips({ count, servedBy, coverage, query, tookMs }) {
  const engine = t.engines[servedBy.engine] || servedBy.engine;
  const isLocal = servedBy.engine === "local";
  const out = [h("strong", { id: "count" }, t.found(count.value, count.exact), count.rows !== undefined && count.rows < count.value && t.inRows(count.rows))];
  const why = servedBy.reason ? t.because(servedBy.reason) : "";
  // That nothing else was set up is no news.
  const isUsual = !servedBy.reason || /is configured$/.test(servedBy.reason);
  out.push(chip(t.answered(engine) + why, isUsual ? "good" : "warn", servedBy.since && date(servedBy.since)));
  if (coverage && isLocal) {
    const asOf = coverage.asOf ? ", " + t.asOf(date(coverage.asOf)) : "";
    out.push(chip(t.coverage(coverage.indexed, coverage.known) + asOf, coverage.indexed >= coverage.known ? "good" : "warn"));
  }
  if (notAsked(coverage).length) out.push(chip(t.notAsked(notAsked(coverage)), "warn"));
  if (state.engine) out.push(button(t.askAsUsual, () => askOnly(""), { class: "link", id: "ask-usual" }));
  out.push(chip(fidelityOf(query), query.fidelity === "exact" ? "good" : "warn", (query.notes || []).join("\n")));
  out.push(quiet(`${t.took(tookMs)} · ${t.zone(query.zone)}`, "span"));
  return out;
}

/** @param {import("./types").Answer} answer */
function remarks(answer) {
  const out = [...(answer.query.notes || [])];
  if (answer.filesMissing) out.push(answer.filesMissing);
  if (answer.highlightMissing) out.push(answer.highlightMissing);
  if (answer.facetsBy && answer.facetsBy !== answer.servedBy.engine) out.push(t.facetsBy(t.engines[answer.facetsBy] || answer.facetsBy));
  for (const [name, why] of Object.entries(answer.facetsMissing || {})) out.push(t.missing(t.facets[name] || t.histogram, why));
  return out;
}

function show() {
  const { answer, busy } = found;
  at("bar").ariaBusy = String(busy);
  if (!answer) {
    at("summary").replaceChildren(quiet(busy ? t.searching : "", "span"));
    return at("notes").replaceChildren();
  }
  at("summary").replaceChildren(...chips(answer));
  at("notes").replaceChildren(...remarks(answer).map((text) => h("li", {}, text)));
  marks();
}

/** Marks in the box what the engine that answered says otherwise. */
function marks() {
  const engine = found.answer?.servedBy.engine || "";
  const target = checked?.targets[TARGET[engine]];
  mark(target && target.fidelity !== "exact" ? target.notes : []);
}

const dialog = /** @type {HTMLDialogElement} */ (at("sent"));

/** What is sent, as a person reads it. @param {any} sent */
const written = (sent) => typeof sent === "string" ? sent : JSON.stringify(sent, null, 2);

/** Which engines can be asked. @type {string[]} */
let engines = [];

/** @param {string} engine */
const only = (engine) => button(t.askOnly(t.engines[engine] || engine), () => {
  dialog.close();
  askOnly(engine);
}, { "data-engine": engine, "aria-pressed": String(state.engine === engine) });

const asking = () => engines.length ? h("p", { class: "group", role: "group", "aria-label": t.askOne }, ...engines.map(only)) : null;

/** @param {[string, import("./types").Target]} target */
const target = ([name, { fidelity, direction, notes, sent }]) => h("section", {},
  h("h3", {}, name, " ", chip(direction ? `${fidelity}, ${direction}` : fidelity, fidelity === "exact" ? "good" : "warn")),
  notes.length ? h("ul", {}, ...notes.map((note) => h("li", {}, note.message))) : null,
  sent === undefined ? null : h("pre", { tabindex: "0", "aria-label": name }, written(sent)));

function fill() {
  const body = checked ? [h("p", {}, checked.english), ...Object.entries(checked.targets).map(target)] : [h("p", {}, found.q ? t.states.mistakes[0] : t.everything)];
  anew(at("sent-body"), [asking(), ...body]);
}

/** What every engine would be sent. */
export async function explain() {
  fill();
  dialog.showModal();
  const status = await json("/v1/status").catch(() => ({ engines: {} }));
  engines = Object.entries(status.engines).filter(([, one]) => one.configured || one.available).map(([name]) => name);
  fill();
}

onFound((isMore) => { if (!isMore) show(); });
onChecked(() => {
  marks();
  // The text may be read while somebody looks.
  if (dialog.open) fill();
});
clicks({ explain });
