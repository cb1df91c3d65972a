// What came with a message: saved, and shown where it is a picture or plain text.
import { button, h, joined, quiet, save, short } from "./dom.js";
import { ask } from "./api.js";
import { bytes } from "./format.js";
import { ticket } from "./frame.js";
import { t } from "./text.js";

const MOST = { files: 100, text: 1 << 20 };
const PICTURES = /^image\/(png|jpeg|gif|webp)$/i;
const TEXTS = /^text\/(plain|csv)$/i;

/** @param {import("./types").File} file @param {Promise<Blob>} blob */
async function textOf(file, blob) {
  const text = await (await blob).text();
  return h("pre", { class: "shown", tabindex: "0", "aria-label": file.name || t.noName }, text.slice(0, MOST.text));
}

/** @param {string} path @param {import("./types").File} file */
async function pictureOf(path, file) {
  const picture = h("img", { class: "shown", src: path, alt: file.name || t.noName });
  return new Promise((resolve) => {
    picture.onload = () => resolve(picture);
    picture.onerror = () => resolve(quiet(t.tooLarge));
  });
}

/**
 * @param {import("./types").Message} message
 * @param {import("./types").File} file
 * @param {string} path
 * @param {number} n
 */
function row(message, file, path, n) {
  const name = short(file.name, 200) || t.noName;
  const blob = async () => (await ask(path)).blob();
  const out = h("li", {},
    button(name, told(async () => save(await blob(), file.name || "attachment")), { class: "save" }),
    quiet(joined([file.contentType, bytes(file.size)]), "span"));
  const kind = file.contentType || "";
  const isText = TEXTS.test(kind) && (file.size || 0) <= MOST.text;
  if (message.kind === "file" || !isText && !PICTURES.test(kind)) return out;
  const shown = async () => isText ? textOf(file, blob()) : pictureOf(`${await ticket(message)}/attachments/${n}`, file);
  const show = button(t.show, told(async () => {
    const is = out.querySelector(".shown, p");
    is ? is.remove() : out.append(await shown());
    show.textContent = is ? t.show : t.hide;
    show.ariaExpanded = String(!is);
  }), { class: "link", "aria-expanded": "false", "aria-label": `${t.show} ${name}` });
  out.append(show);
  return out;

  /** @param {() => Promise<void>} run */
  function told(run) {
    return () => run().catch((error) => {
      out.querySelector(".error")?.remove();
      out.append(h("p", { class: "error" }, error.message));
    });
  }
}

/** @param {import("./types").Message} message @param {string} id */
export function attachments(message, id) {
  const isFile = message.kind === "file";
  const files = message.attachments.slice(0, MOST.files);
  const left = message.attachments.length - files.length + (message.omitted?.attachments || 0);
  if (isFile && !message.links.content) return quiet(t.noContent);
  if (!files.length) return h("div");
  const path = (/** @type {number} */ n) => isFile ? String(message.links.content) : `/v1/messages/${id}/attachments/${n}`;
  return h("ul", { class: "attachments", "aria-label": t.attachments }, ...files.map((file, n) => row(message, file, path(n), n)),
    left ? quiet(t.moreInOriginal(left), "li") : null);
}
