// The audit log: who did what, searched by a form that stands in the URL.
import { asked as query, chip, h, quiet, table } from "./dom.js";
import { json } from "./api.js";
import { choice, input, labelled, link, parameter, submit } from "./forms.js";
import { date } from "./format.js";
import { t } from "./text.js";

const s = t.evidence;
const FIELDS = ["text", "who", "what", "since", "before"];
/** Entries at first, and at most. */
const [FEW, MOST] = [100, 1000];

function form() {
  const day = (/** @type {string} */ name) => input(name, { type: "date", value: parameter(name) });
  const what = choice("what", [["", t.everything], ...s.kinds.map((kind) => /** @type {[string, string]} */ ([kind, kind]))]);
  what.value = parameter("what");
  return h("form", { class: "card", action: "/evidence" }, h("input", { type: "hidden", name: "view", value: "audit" }),
    labelled(t.page.text, input("text", { value: parameter("text") })), labelled(s.who, input("who", { value: parameter("who") })), labelled(s.what, what), labelled(s.since, day("since")), labelled(s.before, day("before")),
    submit(t.page.search));
}

/** What an entry says, the query or the way first. @param {any} entry */
function says({ n, prev, seal, time, what, who, ...rest }) {
  const [status, first] = [rest.status, rest.query || rest.path || rest.arguments?.join(" ") || rest.event || ""];
  return h("details", {}, h("summary", {}, status >= 400 ? chip(status, "warn") : "", " ", String(first)), h("pre", {}, JSON.stringify(rest, null, 1)));
}

/** @param {any} entry */
const row = (entry) => [String(entry.n), date(entry.time), entry.what, entry.who, says(entry)];

/** @returns {Promise<any>} */
export async function audit() {
  const asked = Object.fromEntries(FIELDS.map((name) => [name, parameter(name)]).filter(([, value]) => value));
  const limit = Number(parameter("limit")) || FEW;
  const moment = (/** @type {string} */ name) => asked[name] && { [name]: asked[name] + "T00:00:00Z" };
  const { entries, complete } = await json("/v1/audit" + query({ ...asked, ...moment("since"), ...moment("before"), limit: String(limit) }));
  const more = entries.length === limit && limit < MOST ? h("p", {}, h("a", { href: link({ ...asked, view: "audit", limit: String(MOST) }) }, s.upTo(MOST))) : "";
  return [form(), entries.length ? table(["", t.date, s.what, s.who, s.says], entries.map(row), s.views.audit) : quiet(s.noEntries), more, complete ? "" : quiet(s.incomplete), quiet(s.verify)];
}
