// The results of the query in the box, a page at a time.
import { latest, isOver, key } from "./api.js";
import { state } from "./state.js";
import { zone } from "./format.js";
import { t } from "./text.js";

/** What is counted beside the results. */
export const FACETS = Object.keys(t.facets);
/** Rows of a page. */
const PAGE = 50;
/** Former results that Back finds again. */
const KEPT = 5;

/**
 * @typedef {{q: string, engine: string, pages: import("./types").Message[][], answer: import("./types").Answer | null,
 *   failure: import("./types").Problem | null, next: string | undefined, busy: boolean}} Found
 */

/** @param {string} q @param {string} engine @returns {Found} */
const nothing = (q, engine) => ({ q, engine, pages: [], answer: null, failure: null, next: undefined, busy: true });

/** @type {Found} */
export let found = nothing("", "");
/** @type {Map<string, Found>} */
const former = new Map();
/** @type {Set<(isMore: boolean) => void>} */
const listeners = new Set();
const ask = latest();

/** @param {(isMore: boolean) => void} listener */
export const onFound = (listener) => { listeners.add(listener); };

const tell = (isMore = false) => { for (const listener of listeners) listener(isMore); };

/** Every hit that is here. */
export const hits = () => found.pages.flat();

/** @param {Found} now @param {import("./types").Answer} answer */
function keep(now, answer) {
  zone.name = answer.query.zone || zone.name;
  if (answer.results.length) now.pages.push(answer.results);
  now.next = answer.nextCursor;
}

/** @param {Found} now */
const asked = ({ q, engine }) => ({ q, ...(engine && { engine }), limit: PAGE, highlight: true, collapse: "messageId" });

/** What tells one question from another. @param {{q: string, engine: string}} asked */
const nameOf = ({ q, engine }) => [q, engine, key.get()].join("\n");

/** @param {Found} now */
function remember(now) {
  const name = nameOf(now);
  former.delete(name);
  former.set(name, now);
  for (const [old] of [...former].slice(0, -KEPT)) former.delete(old);
}

/** Searches for what the state says. @param {boolean} [isBack] whether results of before are good enough */
export async function search(isBack = false) {
  const kept = former.get(nameOf(state));
  if (isBack && kept) {
    found = kept;
    return tell();
  }
  const now = found = nothing(state.q, state.engine);
  tell();
  try {
    now.answer = await ask("/v1/search", { ...asked(now), facets: [...FACETS, "histogram"] });
    keep(now, /** @type {any} */ (now.answer));
    remember(now);
  } catch (error) {
    if (isOver(error)) return;
    now.failure = /** @type {any} */ (error).problem || { title: String(error), code: "defect", status: 0 };
  }
  now.busy = false;
  if (now === found) tell();
}

/** The next page, unless one is on its way. */
export async function more() {
  const now = found;
  if (!now.next || now.busy) return;
  now.busy = true;
  try {
    const answer = await ask("/v1/search", { ...asked(now), cursor: now.next });
    if (now === found) keep(now, answer);
  } catch (error) {
    // What is shown stays; the next scroll asks again.
    if (/** @type {any} */ (error).problem?.status === 400) now.next = undefined;
  }
  now.busy = false;
  if (now === found) tell(true);
}
