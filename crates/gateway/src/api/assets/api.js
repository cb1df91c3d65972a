// The gateway: the key, requests, and what goes wrong with them.
import { joined } from "./dom.js";
import { t } from "./text.js";

/** What a problem is, and what to do. @param {import("./types").Problem} problem */
export const saidBy = ({ title, detail, hint }) => joined([title, detail, hint], ". ");

/** A request that was not answered as hoped. */
export class Failed extends Error {
  /** @param {import("./types").Problem} problem */
  constructor(problem) {
    super(saidBy(problem));
    this.problem = problem;
  }
}

// The key is kept until this tab is closed.
export const key = {
  get: () => sessionStorage.getItem("key") || "",
  /** @param {string} value */
  set: (value) => value ? sessionStorage.setItem("key", value) : sessionStorage.removeItem("key"),
};

/**
 * Asks; with a body by POST.
 * @param {string} path
 * @param {{body?: any, method?: string, signal?: AbortSignal}} [options]
 * @returns {Promise<Response>}
 */
export async function ask(path, { body, method, signal } = {}) {
  /** @type {Record<string, string>} */
  const headers = {};
  if (key.get()) headers["X-API-Key"] = key.get();
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(path, {
    method: method || (body === undefined ? "GET" : "POST"), headers, signal,
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch((error) => {
    if (error.name === "AbortError") throw error;
    throw new Failed({ title: "", status: 0, code: "unreachable" });
  });
  if (response.ok) return response;
  const nothing = { title: response.statusText, status: response.status, code: "unknown" };
  throw new Failed(await response.json().catch(() => nothing));
}

/** What went wrong, and what to do. @param {any} error @returns {string[]} */
export const wordsOf = ({ problem, message }) => problem?.code === "unauthorized" ? t.states.unauthorized : problem?.code === "unreachable" ? t.states.unreachable : [t.states.failed[0], String(message)];

/** @param {string} path @param {Parameters<typeof ask>[1]} [options] @returns {Promise<any>} */
export const json = async (path, options) => (await ask(path, options)).json();

/** One question at a time: a newer one ends the one before. */
export function latest() {
  /** @type {AbortController | undefined} */
  let current;
  /** @param {string} path @param {any} [body] @returns {Promise<any>} */
  return (path, body) => {
    current?.abort();
    current = new AbortController();
    return json(path, { body, signal: current.signal });
  };
}

/** Whether it is only that a newer question was asked. @param {any} error */
export const isOver = (error) => error?.name === "AbortError";
