// Clauses of a query: what a click adds to the text in the box.

/** A text in quotes, as a query takes it. @param {string} value */
export const inQuotes = (value) => '"' + value.replace(/["\\]/g, "\\$&") + '"';

/** A value as a query takes it. @param {string} value */
export const quoted = (value) => /^[\p{L}\p{N}_.@/+-]+$/u.test(value) && !value.startsWith("-") ? value : inQuotes(value);

/** The filter that finds these messages and no others. @param {string[]} ids */
export const ofIds = (ids) => ids.map((id) => "id eq '" + id.replace(/'/g, "''") + "'").join(" or ");

/** The operators of the facets. @type {Record<string, string>} */
const OPERATORS = { sender: "from", mailbox: "mailbox", folder: "in", year: "date", kind: "kind", type: "mime", extension: "ext", category: "category" };

/** The clause of a value of a facet. @param {string} facet @param {string} value */
export const clauseOf = (facet, value) =>
  facet === "hasAttachment" ? `${value === "true" ? "" : "-"}has:attachment` : facet === "domain" ? "from:@" + value : `${OPERATORS[facet]}:${quoted(value)}`;

/** @param {string} clause */
export const negated = (clause) => clause.startsWith("-") ? clause.slice(1) : "-" + clause;

/** The text outside of quotes, with blanks in the place of what is inside. @param {string} q */
const bare = (q) => q.replace(/"(?:\\.|[^"\\])*"?/g, (text) => "\0".repeat(text.length));

/** The parts of a text that stand by themselves, between blanks outside of quotes and brackets. @param {string} q */
function parts(q) {
  const out = [];
  let [depth, start] = [0, -1];
  const plain = bare(q) + " ";
  for (let n = 0; n < plain.length; n++) {
    if (plain[n] === "(" || plain[n] === "{") depth++;
    if (plain[n] === ")" || plain[n] === "}") depth--;
    const isBlank = /\s/.test(plain[n]) && depth <= 0;
    if (!isBlank && start < 0) start = n;
    if (isBlank && start >= 0) {
      out.push({ start, text: q.slice(start, n) });
      start = -1;
    }
  }
  return out;
}

/** Whether a clause stands in a text by itself. @param {string} q @param {string} clause */
export const has = (q, clause) => parts(q).some((part) => part.text === clause);

/** @param {string} q @param {(text: string) => boolean} isIt */
const without = (q, isIt) => parts(q).filter((part) => !isIt(part.text)).map((part) => part.text).join(" ");

/** @param {string} q @param {string} clause */
export const removed = (q, clause) => without(q, (text) => text === clause);

/** Whether a word between parts would take a further clause for itself. @param {string} q */
const isLoose = (q) => parts(q).some((part) => /^(OR|XOR|\||NOT)$/.test(part.text)) || /\|/.test(bare(q).replace(/\([^)]*\)/g, ""));

/** A text that says a clause besides. An order stays where it can stand. @param {string} q @param {string} clause */
export function added(q, clause) {
  if (has(q, clause)) return q;
  const isOrder = (/** @type {string} */ text) => /^(sort|order):/.test(text);
  const rest = without(has(q, negated(clause)) ? removed(q, negated(clause)) : q, isOrder);
  const order = parts(q).map((part) => part.text).filter(isOrder);
  return [isLoose(rest) ? `(${rest})` : rest, clause, ...order].filter(Boolean).join(" ");
}

/** A text with this clause in the place of those of its kind. @param {string} q @param {string} clause */
export const instead = (q, clause) => added(without(q, (text) => text.startsWith(clause.slice(0, clause.indexOf(":") + 1))), clause);

/** A text in another order; nothing is the order of the server. @param {string} q @param {string} order */
export const sorted = (q, order) => {
  const rest = without(q, (text) => /^(sort|order):/.test(text));
  return order ? `${rest} sort:${order}`.trim() : rest;
};

/** @param {string} q */
export const orderOf = (q) => parts(q).map((part) => /^(?:sort|order):(\w+)$/.exec(part.text)?.[1]).find(Boolean) || "";

/** How much of a date is said for a step; days at the finest. @type {Record<string, number>} */
const SAID = { month: 7, quarter: 7, year: 4, decade: 4, century: 4, millennium: 4 };

/** The clause for the time of some bars; `to` is the moment behind them, both as the clocks there show it. @param {string} from @param {string} to @param {string} step */
export function period(from, to, step) {
  const end = new Date(new Date(to.slice(0, 19).replace(/Z?$/, "Z")).getTime() - 1000).toISOString();
  const [first, last] = [from, end].map((moment) => moment.slice(0, SAID[step] || 10));
  return first === last ? `date:${first}` : `date:${first}..${last}`;
}
