// The text of a message: quoted text folded, the words that were looked for marked, and the way from one to the next.
import { at, cut, h, pieces, quiet } from "./dom.js";
import { t } from "./text.js";

/** Characters of a text that are shown, and marks in it. */
const MOST = { text: 1 << 20, marks: 2000 };

/** The words that were marked in a hit. @param {import("./types").Message | undefined} hit @returns {string[]} */
export function wordsOf(hit) {
  if (!hit?.snippet) return [];
  const said = (hit.matches || []).flatMap(({ text, ranges }) => text ? pieces(text, ranges) : []);
  const words = [...pieces(hit.snippet.text, hit.snippet.ranges), ...pieces(hit.subject || "", hit.snippet.subjectRanges), ...said];
  return [...new Set(words.map((word) => word.toLowerCase()))].filter((word) => word.length > 1);
}

/** @param {string} text */
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** A text with these words marked. @param {string} text @param {RegExp | null} words @param {{left: number}} marks */
function withMarks(text, words, marks) {
  const out = document.createDocumentFragment();
  let done = 0;
  for (const found of words ? text.matchAll(words) : []) {
    if (marks.left-- <= 0) break;
    out.append(text.slice(done, found.index), h("mark", { class: "hit" }, found[0]));
    done = found.index + found[0].length;
  }
  out.append(text.slice(done));
  return out;
}

/** @param {import("./types").Message} message @returns {{whose: string, text: string}[]} */
function parts({ body, passages = [] }) {
  const places = passages.flatMap(({ range }) => range);
  const texts = cut(body || "", places);
  return texts.map((text, n) => ({ text, whose: n % 2 ? passages[(n - 1) / 2].whose : "new" }));
}

/**
 * The text of a message; what is quoted is folded unless nothing else is there.
 * @param {import("./types").Message} message
 * @param {string[]} words
 */
export function body(message, words) {
  const some = words.length ? new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.map(escaped).join("|")})(?![\\p{L}\\p{N}])`, "giu") : null;
  const marks = { left: MOST.marks };
  const all = parts(message).filter(({ text }) => text.trim());
  const hasNew = all.some(({ whose }) => whose === "new");
  let left = MOST.text;
  /** @type {(HTMLElement | null)[]} */
  const shown = all.map(({ text, whose }) => {
    const kept = text.slice(0, Math.max(left, 0));
    left -= text.length;
    if (!kept) return null;
    const pre = h("pre", { class: whose }, withMarks(kept, some, marks));
    if (whose !== "quoted") return pre;
    return h("details", { open: !hasNew }, h("summary", {}, t.quotedLines(kept.trimEnd().split("\n").length)), pre);
  });
  if (!all.length) shown.push(quiet(t.noText));
  const end = left < 0 ? quiet(t.cutText) : null;
  return h("div", { class: "text" }, ...shown, end);
}

let now = -1;
const all = () => [...at("reading").querySelectorAll("mark.hit")];

/** Tells how many hits the text has. */
export function counted() {
  now = -1;
  at("hits").textContent = t.hits(0, all().length);
  at("hit-tools").hidden = !all().length;
}

/** Goes to the next hit in the text, or to the one before. @param {number} by */
export function hit(by) {
  const marks = all();
  if (!marks.length) return;
  marks[now]?.classList.remove("here");
  now = (now + by + marks.length) % marks.length;
  const mark = marks[now];
  mark.classList.add("here");
  mark.closest("details")?.setAttribute("open", "");
  mark.scrollIntoView({ block: "center" });
  at("hits").textContent = t.hits(now + 1, marks.length);
}
