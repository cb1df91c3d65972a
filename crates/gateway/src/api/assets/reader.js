// The reader, beside the list: a message as text, as it was laid out, as a part of its conversation, or all of its headers.
import { asked, at, button, h, joined, marked, quiet, save, short } from "./dom.js";
import { ask, json } from "./api.js";
import { bytes, date, person } from "./format.js";
import { inQuotes } from "./clauses.js";
import { hits } from "./search.js";
import { link, state } from "./state.js";
import { pathOf, placeOf } from "./rows.js";
import { attachments } from "./attachments.js";
import { body, counted, wordsOf } from "./words.js";
import { frame } from "./frame.js";
import { t } from "./text.js";

const MOST_PEOPLE = 50;
/** @type {{path: string, message: import("./types").Message | null}} */
const open = { path: "", message: null };

/** @param {import("./types").Person[]} list */
function people(list, omitted = 0) {
  const left = Math.max(list.length - MOST_PEOPLE, 0) + omitted;
  return list.slice(0, MOST_PEOPLE).map((one) => short(person(one), 300)).join(", ") + (left ? t.more(left) : "");
}

/** Every place of a message, those of its copies too. @param {import("./types").Message} message */
const placesOf = (message) => [message, ...(hits().find((hit) => hit.id === message.id)?.copies || [])].flatMap((one) => one.places);

/** @param {import("./types").Message} message @returns {[string, string | Node | null | undefined][]} */
const factsOfMail = (message) => [
  [t.from, short(person(message.from), 300)],
  [t.to, people(message.to, message.omitted?.to)],
  [t.cc, people(message.cc, message.omitted?.cc)],
  [t.date, date(message.receivedDateTime || message.sentDateTime)],
  [t.places, placesOf(message).slice(0, 20).map((place) => joined([place.mailbox, place.folder])).join("; ")],
];

/** @param {import("./types").Message} file @returns {[string, string | null | undefined][]} */
const factsOfFile = (file) => [
  [t.facts.title, file.subject], [t.facts.author, person(file.from)], [t.facts.owner, file.owner], [t.facts.folder, file.path],
  [t.facts.size, bytes(file.size)], [t.facts.created, date(file.createdDateTime)], [t.facts.modified, date(file.modifiedDateTime)],
  [t.facts.version, file.version], [t.facts.source, file.source], [t.facts.unread, file.unread],
];

/** @param {[string, string | Node | null | undefined][]} rows */
const facts = (rows) => rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, typeof value === "string" ? short(value, 2000) : value)]);

/** @param {import("./types").Message} message */
const idOf = (message) => message.links.self.split("/").at(-1) || "";

/** Saves the original of what is open. */
export async function original() {
  const message = open.message;
  if (!message) return;
  if (message.links.content) return save(await (await ask(message.links.content)).blob(), message.name || t.file);
  if (message.kind === "file") return;
  const response = await ask(message.links.self + "/original");
  const isMsg = (response.headers.get("content-type") || "").includes("outlook");
  save(await response.blob(), isMsg ? "original.msg" : "original.eml");
}

/** The headers of the message, each Message-ID a link. @param {string} raw */
function headerLines(raw) {
  const end = raw.search(/\r?\n\r?\n/);
  const lines = raw.slice(0, end < 0 ? raw.length : end).slice(0, 1 << 18).split(/(<[^<>\s"]+@[^<>\s"]+>)/);
  const isId = (/** @type {string} */ before) => /(?:^|\n)(message-id|references|in-reply-to):[^:]*$/i.test(before.slice(-2000));
  let before = "";
  return lines.map((text, n) => {
    const wasId = n % 2 && isId(before);
    before += text;
    return wasId ? h("a", { href: asked({ q: "id:" + inQuotes(text.slice(1, -1)) }) }, text) : document.createTextNode(text);
  });
}

/** @param {import("./types").Message} message */
async function headers(message) {
  const eml = await (await ask(String(message.links.eml))).arrayBuffer();
  const original = await (await ask(message.links.self + "/original")).arrayBuffer();
  const digest = crypto.subtle && [...new Uint8Array(await crypto.subtle.digest("SHA-256", original))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [
    h("dl", { class: "facts" }, ...facts([[t.hash, digest || t.noHash], [t.id, message.id], [t.facts.size, bytes(original.byteLength)]])),
    h("pre", { class: "headers" }, ...headerLines(new TextDecoder("utf-8").decode(eml))),
  ];
}

/** A message of a conversation. @param {import("./types").Message} one @param {string[]} words */
const part = (one, words) => h("article", { class: one.id === open.message?.id ? "here" : "" },
  h("h3", {}, short(person(one.from), 200) || t.noSender, " ", h("time", {}, date(one.receivedDateTime || one.sentDateTime))),
  one.subject !== open.message?.subject && quiet(short(one.subject, 300)),
  body(one, words), h("p", {}, h("a", { href: link({ open: pathOf(one), view: "text" }) }, t.commands.open)));

/** @param {import("./types").Message} message @param {string[]} words */
async function conversation(message, words) {
  const out = h("div", { class: "thread" });
  const add = async (cursor = "") => {
    const answer = await json(message.links.thread + (cursor && asked({ cursor })));
    out.append(...answer.messages.map((/** @type {any} */ one) => part(one, words)));
    if (!answer.nextCursor) return;
    const next = button(t.threadMore, async () => { next.remove(); await add(answer.nextCursor); });
    out.append(next);
  };
  await add();
  out.prepend(quiet(t.threadOf(out.querySelectorAll("article").length)));
  return out;
}

/** The text that shows a match. @param {import("./types").Message} hit @param {import("./types").Match} match */
function shownBy(hit, { text, pointer, ranges = [] }) {
  const value = pointer ? pointer.split("/").slice(1).reduce((/** @type {any} */ one, name) => one?.[name], hit) : text;
  return typeof value === "string" && ranges.length ? marked(value, ranges) : null;
}

/** Where each clause of the query matched. @param {import("./types").Message | undefined} hit */
function matched(hit) {
  const matches = hit?.matches || [];
  if (!hit || !matches.length) return null;
  const each = matches.map((match) => h("li", {}, h("code", {}, short(match.clause, 100)), " ", placeOf(match), " ", quiet(shownBy(hit, match), "span")));
  return h("details", { class: "matched" }, h("summary", {}, t.matched(new Set(matches.map(({ clause }) => clause)).size)),
    h("ul", {}, ...each), hit.moreMatches ? quiet(t.moreMatches) : null);
}

/** What is shown of a message in a view. @param {import("./types").Message} message @returns {Promise<Node[]>} */
async function view(message) {
  const hit = hits().find((hit) => hit.id === message.id);
  const [words, told] = [wordsOf(hit), [matched(hit)].filter((one) => one !== null)];
  if (message.kind === "file") return [attachments(message, ""), ...told];
  const files = attachments(message, idOf(message));
  if (state.view === "html") return [files, await frame(message)];
  if (state.view === "thread") return [await conversation(message, words)];
  if (state.view === "headers") return headers(message);
  return [files, ...told, body(message, words)];
}

/** @param {import("./types").Message} message */
function head(message) {
  const isFile = message.kind === "file";
  at("subject").textContent = short(isFile ? message.name : message.subject) || (isFile ? t.noName : t.noSubject);
  at("facts").replaceChildren(...facts(isFile ? factsOfFile(message) : factsOfMail(message)));
  at("damage").textContent = message.damage ? t.damage(message.damage) : message.newest ? t.newer : "";
  at("views").hidden = isFile;
  at("original").hidden = isFile && !message.links.content;
}

function views() {
  for (const one of at("views").querySelectorAll("button")) one.ariaPressed = String(one.dataset.view === state.view);
}

/** Shows what the state says is open. */
export async function read(withFocus = false) {
  at("reader").hidden = !state.open;
  document.body.classList.toggle("reads", !!state.open);
  const path = open.path = state.open;
  if (!path) { open.message = null; return; }
  views();
  at("reading").ariaBusy = "true";
  try {
    if (!open.message || pathOf(open.message) !== path) {
      const message = await json("/v1/" + path);
      if (path !== open.path) return;
      open.message = message;
      head(message);
      at("reading").replaceChildren();
      at("reading").scrollTop = 0;
    }
    const [wanted, message] = [state.view, /** @type {import("./types").Message} */ (open.message)];
    const shown = await view(message);
    if (path !== open.path || wanted !== state.view) return;
    at("reading").replaceChildren(...shown);
  } catch (error) {
    if (!open.message) at("subject").textContent = "";
    at("reading").replaceChildren(h("p", { class: "error" }, /** @type {Error} */ (error).message));
  }
  at("reading").ariaBusy = "false";
  counted();
  if (withFocus) at("subject").focus({ preventScroll: true });
}

/** Whether what is open may have marks now that the results are here. */
export const again = () => { if (state.open && open.message) read(); };
