// What was found, counted. A click adds the clause to the box, or takes it away again; Alt and click adds its negation.
import { anew, at, button, h, quiet } from "./dom.js";
import { added, clauseOf, has, negated, removed } from "./clauses.js";
import { FACETS, found, onFound } from "./search.js";
import { number } from "./format.js";
import { text } from "./box.js";
import { t } from "./text.js";

/** Values that are shown at first. */
const FEW = 5;
const box = at("facets");
/** @type {Set<string>} the facets that are shown whole */
const whole = new Set();
/** @type {(q: string) => void} */
let onChosen = () => {};

/** @param {(q: string) => void} run searches for the text with the clause */
export const onClause = (run) => { onChosen = run; };

/** @param {string} facet @param {string} value @param {boolean} isNot */
function choose(facet, value, isNot) {
  const clause = clauseOf(facet, value);
  const wanted = isNot ? negated(clause) : clause;
  const q = text();
  onChosen(has(q, wanted) ? removed(q, wanted) : added(q, wanted));
}

/** @param {string} facet @param {import("./types").Value} one */
function row(facet, { value, count }) {
  const clause = clauseOf(facet, value);
  const state = has(found.q, clause) ? "true" : "false";
  return h("li", {}, h("button", {
    type: "button", class: "value", "aria-pressed": state, title: `${clause}\n${t.facetHelp}`, "data-facet": facet, id: `${facet}:${value}`,
    onclick: (/** @type {MouseEvent} */ event) => choose(facet, value, event.altKey),
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Enter" || !event.altKey) return;
      event.preventDefault();
      choose(facet, value, true);
    },
  }, h("span", { class: "name" }, facet === "hasAttachment" ? t.yesNo[value] : value || t.nothing), h("span", { class: "number" }, number(count))));
}

/** @param {string} facet */
function group(facet) {
  const counted = found.answer?.facets?.[facet];
  const values = (counted?.values || []).filter(({ value }) => value !== "");
  if (!values.length || facet === "mailbox" && values.length === 1 || facet === "kind" && values.length === 1) return null;
  const shown = whole.has(facet) ? values : values.slice(0, FEW);
  const left = values.length - shown.length;
  const others = !left && counted?.others ? quiet(t.others(counted.others)) : null;
  const more = left && button(t.showAll(left), () => { whole.add(facet); show(); }, { class: "link" });
  return h("section", {}, h("h2", {}, t.facets[facet]), h("ul", {}, ...shown.map((one) => row(facet, one))), more || null, others);
}

function show() {
  anew(box, FACETS.map(group));
}

onFound((isMore) => { if (!isMore && !found.busy) show(); });
