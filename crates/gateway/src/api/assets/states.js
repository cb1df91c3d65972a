// Every state has words: what it is, and what to do.
import { button, h, quiet } from "./dom.js";
import { saidBy } from "./api.js";
import { added, removed } from "./clauses.js";
import { askOnly, isWhole, notAsked } from "./answer.js";
import { t } from "./text.js";

/** @type {{again: () => void, search: (q: string) => void, key: () => void}} */
const acts = { again: () => {}, search: () => {}, key: () => {} };
/** @param {Partial<typeof acts>} these */
export const onState = (these) => { Object.assign(acts, these); };

/** @param {string[]} words @param {string} detail @param {...(Node | null)} more */
const panel = ([title, what], detail, ...more) => [h("h2", {}, title), h("p", {}, what), detail ? quiet(detail) : null, ...more].filter((one) => one !== null);

/** @param {import("./types").Problem} problem */
function failed(problem) {
  const detail = saidBy(problem);
  const again = button(t.again, acts.again);
  if (problem.code === "unreachable") return panel(t.states.unreachable, "", again);
  if (problem.code === "unauthorized" && !problem.detail) return panel(t.states.unauthorized, "", button(t.page.keyUse, acts.key));
  if (problem.status === 401) return panel(t.states.refused, detail, button(t.page.keyUse, acts.key));
  if (problem.errors?.length) return panel(t.states.mistakes, problem.errors.map((error) => error.title).join(". "));
  if (problem.status === 503 || problem.status === 429) return panel(t.states.unavailable, detail, again);
  return panel(t.states.failed, detail, again);
}

/** The clauses that may be left out. @param {string} q */
function wider(q) {
  const last = q.trim().split(/\s+(?=(?:[^"]*"[^"]*")*[^"]*$)/).at(-1) || "";
  const rest = removed(q, last);
  return last && rest && rest !== q && added(rest, last) === q ? button(t.withoutLast(last), () => acts.search(rest)) : null;
}

/** @param {import("./search.js").Found} found @returns {Node[]} */
export function states({ q, answer, failure, busy }) {
  if (failure) return failed(failure);
  if (busy || !answer || answer.results.length) return [];
  const { coverage, query, servedBy } = answer;
  if (coverage && !coverage.indexed && servedBy.engine === "local") return panel(coverage.known ? t.states.indexing : t.states.empty, "");
  if (notAsked(coverage).length) return panel(t.states.noneAsked, t.notAsked(notAsked(coverage)), ...(coverage?.notAsked || []).map((name) => button(t.askOnly(t.engines[name] || name), () => askOnly(name))), wider(q));
  if (servedBy.engine === "local" && !isWhole(coverage)) return panel(t.states.noneHere, "", wider(q));
  if (query.fidelity !== "exact" && query.direction !== "wider") return panel(t.states.noneApproximate, (query.notes || []).join(". "), wider(q));
  return panel(t.states.none, "", wider(q));
}
