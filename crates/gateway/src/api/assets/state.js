// What is looked at. All of it stands in the URL, so that a link, Back and a reload bring it back.

/**
 * @typedef {{q: string, open: string, view: string, engine: string}} State
 * `open` is the path of a message or a file below /v1/; `view` how it is shown; `engine` the only one that is asked.
 */

/** @type {Set<(now: State, before: State) => void>} */
const listeners = new Set();

/** @returns {State} */
function read() {
  const search = new URLSearchParams(location.search);
  const open = search.get("open") || "";
  return {
    q: search.get("q") || "",
    open: /^(messages|items)\/[^/]+$/.test(open) ? open : "",
    view: search.get("view") || "text",
    engine: search.get("engine") || "",
  };
}

/** @param {State} state */
function url({ q, open, view, engine }) {
  const search = new URLSearchParams();
  if (q) search.set("q", q);
  if (engine) search.set("engine", engine);
  if (open) search.set("open", open);
  if (open && view !== "text") search.set("view", view);
  const text = search.toString();
  return text ? "?" + text : location.pathname;
}

export let state = read();

/** @param {State} next */
function become(next) {
  const before = state;
  state = next;
  for (const listener of listeners) listener(state, before);
}

/** @param {(now: State, before: State) => void} listener */
export const watch = (listener) => { listeners.add(listener); };

/** A link to a change of the state. @param {Partial<State>} change */
export const link = (change) => url({ ...state, ...change });

/** Goes there, so that Back leads here again. @param {Partial<State>} change */
export function go(change) {
  const next = { ...state, ...change };
  if (url(next) === url(state)) return become(next);
  remember(here());
  // Another question has another list.
  const isSame = next.q === state.q && next.engine === state.engine;
  history.pushState(isSame ? history.state : null, "", url(next));
  become(next);
}

/** @type {() => any} */
let here = () => place();
/** @param {() => any} look tells where in the list somebody is, who leaves it */
export const leaving = (look) => { here = look; };

/** Notes where in the list somebody is. @param {any} place */
export const remember = (place) => history.replaceState({ place }, "", location.href);

/** Where in the list somebody was. @returns {{top: number, rows: number, row: number} | undefined} */
export const place = () => history.state?.place;

addEventListener("popstate", () => become(read()));
