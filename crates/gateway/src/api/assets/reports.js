// Search-term reports: a list of terms goes in, and a table of how much each finds comes out.
import { anew, button, chip, coded, h, joined, quiet, save, table, unit } from "./dom.js";
import { ask, json } from "./api.js";
import { back, input, labelled, link, message, parameter, searched, submit, told, twice } from "./forms.js";
import { bytes, date, number } from "./format.js";
import { t } from "./text.js";

const s = t.evidence;
/** Lines, and ids of what cannot be searched, that are shown at first. */
const FEW = 200;
const PATH = "/v1/reports";
const FORMS = ["csv", "json", "html"];

/** @param {() => void} begun */
function form(begun) {
  const terms = h("textarea", { id: "terms", rows: "6", required: true, spellcheck: "false", placeholder: s.termsHint });
  const [mailboxes, filter] = [input("mailboxes"), input("filter")];
  const file = h("input", { type: "file", id: "file", onchange: async () => { terms.value = await file.files?.[0]?.text() || ""; } });
  const run = async () => {
    const only = mailboxes.value.split(/[\s,;]+/).filter(Boolean);
    await json(PATH, { body: { terms: terms.value, mailboxes: only, ...(filter.value.trim() && { filter: filter.value }) } });
    begun();
  };
  return h("form", { class: "card", onsubmit: told(run) }, h("h2", {}, s.newReport), labelled(s.terms, terms), labelled(s.file, file), labelled(s.onlyMailboxes, mailboxes), labelled(s.filter, filter),
    submit(s.makeReport));
}

const isOpen = (/** @type {any} */ { state }) => state === "waiting" || state === "running";

/** How far it is: it looks at each message, and then counts each query. @param {any} one */
function progress({ state, error, progress: { looked, messages, counted, queries } }) {
  if (state !== "running") return h("span", { title: error }, chip(s.states[state] || state, state === "done" ? "good" : state === "waiting" ? "" : "warn"));
  const value = (looked / Math.max(messages, 1) + counted / Math.max(queries, 1)) / 2;
  return h("span", {}, h("progress", { value, "aria-label": s.states.running }), ` ${number(counted)} / ${number(queries)}`);
}

async function list(/** @type {HTMLElement} */ box) {
  const { reports } = await json(PATH);
  const remove = (/** @type {any} */ one) => twice(isOpen(one) ? s.stop : s.remove, isOpen(one) ? s.yesStop : s.yesRemove, async () => {
    await ask(one.links.self, { method: "DELETE" });
    await list(box);
  }, "remove-" + one.id);
  const row = (/** @type {any} */ one) => [date(one.asked), number(one.progress.queries), progress(one), one.error || "",
    h("span", { class: "acts" }, one.links.result && h("a", { href: link({ view: "reports", open: one.id }), id: "open-" + one.id }, t.commands.open), remove(one))];
  // Whoever is asked whether to remove one is not disturbed.
  if (!box.querySelector(".danger")) anew(box, [h("h2", {}, s.yourReports), reports.length ? table([s.asked, s.terms, s.state, "", ""], reports.map(row), s.yourReports) : quiet(s.noReports)]);
  if (reports.some(isOpen)) setTimeout(() => { if (box.isConnected) list(box); }, 1000);
}

/** Where a query is wrong, and what to do. @param {any} line */
const wrong = ({ query, errors }) => h("div", { class: "error" }, ...errors.map((/** @type {any} */ { title, hint, label, span }) => {
  const [from, to] = [unit(query, span.start), unit(query, span.end)];
  return h("div", {}, h("pre", { class: "caret" }, `${query}\n${" ".repeat(from)}${"^".repeat(Math.max(1, to - from))}`), ...coded(joined([title, hint || label], ": ")));
}));

/** @param {any} one @param {number} most */
const found = (one, most) => [h("span", { class: "bar" }, h("meter", { value: one.matches, max: Math.max(most, 1), "aria-label": s.matches }), ` ${number(one.matches)}`),
  one.unique === undefined ? "" : number(one.unique), number(one.family), number(one.conversation), bytes(one.bytes), [date(one.first), date(one.last)].filter(Boolean).map((day) => day.slice(0, 10)).join(" – "),
  h("details", {}, h("summary", {}, number(one.mailboxes.length)), h("ul", {}, ...one.mailboxes.slice(0, FEW).map((/** @type {any} */ { name, matches }) => h("li", {}, `${name}: ${number(matches)}`))))];

/** @param {any} line @param {number} most */
function row(line, most) {
  const name = h("div", {}, line.name && h("strong", {}, line.name), line.errors.length ? wrong(line) : h("div", {}, searched(line.query)), !line.errors.length && line.canonical !== line.query && quiet(line.canonical));
  return [name, ...(line.errors.length ? [s.wrong, "", "", "", "", "", ""] : found(line, most))];
}

/** @param {any[]} unsearchable */
const blind = (unsearchable) => unsearchable.length ? h("section", {}, h("h2", {}, s.unsearchable), ...unsearchable.map(({ reason, messages, attachments, items }) => h("details", {},
  h("summary", {}, s.blind(s.reasons[reason] || reason, messages, attachments)),
  h("ul", {}, ...items.slice(0, FEW).map((/** @type {any} */ { id, name, mailbox, itemId, detail }) => h("li", {}, id ? message(id, id.slice(0, 12)) : itemId, " ", joined([name, mailbox, detail])))),
  items.length > FEW ? quiet(t.more(items.length - FEW)) : null))) : null;

/** @param {string} id */
async function one(id) {
  const path = `${PATH}/${encodeURIComponent(id)}`;
  const report = await json(path + "/result");
  const most = Math.max(...report.lines.map((/** @type {any} */ line) => line.matches || 0));
  const box = h("div");
  const lines = (/** @type {number} */ many) => anew(box, [
    table(s.columns, [...report.lines.slice(0, many).map((/** @type {any} */ line) => row(line, most)), [h("strong", {}, s.total), ...found(report.totals, most)]], s.views.reports),
    report.lines.length > many ? button(t.showAll(report.lines.length - many), () => lines(report.lines.length)) : null,
  ]);
  lines(FEW);
  const saved = async (/** @type {string} */ form) => save(await (await ask(`${path}/result?format=${form}`)).blob(), "postern-report." + form);
  const remove = async () => {
    await ask(path, { method: "DELETE" });
    location.assign(link({ view: "reports" }));
  };
  return [back("reports"), h("h2", {}, s.reportOf(date(report.made))),
    quiet(joined([s.summary(report.totals.lines, report.totals.withErrors, report.totals.withoutMatches), t.coverage(report.coverage.indexed, report.coverage.known), t.zone(report.zone), report.only.join(", "), report.filter])),
    h("p", { class: "acts" }, ...FORMS.map((form) => button(s.download(form), told(() => saved(form)), { "data-form": form })), twice(s.remove, s.yesRemove, remove)), box, blind(report.unsearchable)];
}

/** @returns {Promise<any>} */
export async function reports() {
  if (parameter("open")) return (await one(parameter("open"))).filter((part) => part !== null);
  const box = h("section", { id: "list" });
  await list(box);
  return [form(() => list(box)), box];
}
