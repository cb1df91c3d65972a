// Elements, text in bytes, and what is short enough to be shown.

/** @typedef {Node | string | null | undefined | false} Child */

const SVG = "http://www.w3.org/2000/svg";
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @param {string} id @returns {HTMLElement} */
export const at = (id) => {
  const found = document.getElementById(id);
  if (!found) throw new Error(`there is no ${id}`);
  return found;
};

/**
 * @template {Element} E
 * @param {E} element
 * @param {Record<string, any>} attributes
 * @param {Child[]} children
 * @returns {E}
 */
function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child || child === "") element.append(child);
  return element;
}

/**
 * An element; `on…` are listeners, `true` is an attribute without a value, `false` is none.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 */
export const h = (name, attributes = {}, ...children) => filled(document.createElement(name), attributes, children);

/**
 * The same of a drawing.
 * @param {string} name
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children
 */
export const svg = (name, attributes = {}, ...children) =>
  filled(/** @type {SVGElement} */ (document.createElementNS(SVG, name)), attributes, children);

/** What clicks on parts of the page do, by their ids. @param {Record<string, (event: MouseEvent) => void>} runs */
export const clicks = (runs) => { for (const [id, run] of Object.entries(runs)) at(id).addEventListener("click", run); };

/** @param {Child} text @param {(event: any) => void} run @param {Record<string, any>} [more] */
export const button = (text, run, more) => h("button", { type: "button", onclick: run, ...more }, text);

/** @param {string} text @param {string} [kind] `good` or `warn` @param {string} [title] */
export const chip = (text, kind = "", title) => h("span", { class: `chip ${kind}`, title }, text);

/** @param {Child} text @param {"p" | "span" | "li"} [as] */
export const quiet = (text, as = "p") => h(as, { class: "quiet" }, text);

/** What a link asks for. @param {Record<string, string>} parameters */
export const asked = (parameters) => "?" + new URLSearchParams(parameters);

/** A text of the server, with what it quotes as code. @param {string} text */
export const coded = (text) => text.split("`").map((part, n) => n % 2 ? h("code", {}, part) : part);

/** A table that scrolls by itself; what is short stays in one line. @param {string[]} head @param {Child[][]} rows @param {string} name */
export const table = (head, rows, name) => h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, h("table", {}, h("thead", {}, h("tr", {}, ...head.map((text) => h(text ? "th" : "td", {}, text)))),
  h("tbody", {}, ...rows.map((cells) => h("tr", {}, ...cells.map((cell) => h("td", { class: typeof cell === "string" && cell.length < 25 && "number" }, cell)))))));

/** Shows something anew; whoever stood on something in it stays there. @param {HTMLElement} box @param {(Node | null)[]} parts */
export function anew(box, parts) {
  const stood = box.contains(document.activeElement) && document.activeElement;
  box.replaceChildren(...parts.filter((one) => one !== null));
  if (!stood) return;
  box.tabIndex = -1;
  (document.getElementById(stood.id) || box).focus({ preventScroll: true });
}

/** What there is of some texts. @param {(string | number | null | undefined | false)[]} texts */
export const joined = (texts, by = " · ") => texts.filter(Boolean).join(by);

/** @param {string} text */
export const byteLength = (text) => encoder.encode(text).length;

/** The first bytes of a text. @param {string} text @param {number} end */
export const upTo = (text, end) => decoder.decode(encoder.encode(text).slice(0, end));

/** Where a byte of a text is, in the units of a string. @param {string} text @param {number} byte */
export const unit = (text, byte) => upTo(text, byte).length;

/** A text with the bytes of a span replaced. @param {string} text @param {import("./types").Span} span @param {string} by */
export function replaced(text, span, by) {
  const bytes = encoder.encode(text);
  return decoder.decode(bytes.slice(0, span.start)) + by + decoder.decode(bytes.slice(span.end));
}

/**
 * A text with marks; ranges are bytes, in order.
 * @param {string} text
 * @param {number[][]} [ranges]
 */
export function marked(text, ranges = []) {
  const bytes = encoder.encode(text);
  const out = document.createDocumentFragment();
  let done = 0;
  for (const [start, end] of ranges) {
    if (start < done || end > bytes.length) continue;
    out.append(decoder.decode(bytes.slice(done, start)), h("mark", {}, decoder.decode(bytes.slice(start, end))));
    done = end;
  }
  out.append(decoder.decode(bytes.slice(done)));
  return out;
}

/** The marked pieces of a text. @param {string} text @param {number[][]} [ranges] */
export const pieces = (text, ranges = []) => {
  const bytes = encoder.encode(text);
  return ranges.map(([start, end]) => decoder.decode(bytes.slice(start, end)));
};

/** Cuts a text of bytes at these places. @param {string} text @param {number[]} places */
export function cut(text, places) {
  const bytes = encoder.encode(text);
  const ends = [...places, bytes.length];
  return ends.map((end, n) => decoder.decode(bytes.slice(n ? ends[n - 1] : 0, end)));
}

/** Nobody reads a thousand names; what is not shown is in the original. @param {string | null | undefined} text */
export const short = (text, most = 1000) => !text ? "" : text.length > most ? text.slice(0, most) + "…" : text;

/** Runs once nothing was asked for so long; `stop` forgets it. @param {() => void} run @param {number} wait */
export function later(run, wait) {
  /** @type {number | undefined} */
  let timer;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(run, wait);
  };
  soon.stop = () => clearTimeout(timer);
  return soon;
}

/** Has a browser save bytes. @param {Blob} blob @param {string} name */
export function save(blob, name) {
  const link = h("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Gives what stands in the page its texts. @param {Record<string, string>} texts */
export function named(texts) {
  for (const one of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-text], [data-label], [data-hint]"))) {
    const { text, label, hint, icon } = one.dataset;
    if (text) one.textContent = texts[text];
    if (label) one.ariaLabel = texts[label];
    if (hint) one.setAttribute("placeholder", texts[hint]);
    if (icon) {
      one.title = texts[label || ""];
      one.append(h("span", { "aria-hidden": "true" }, icon));
    }
  }
}
