// What a query finds, as a file.
import { save } from "./dom.js";
import { ask } from "./api.js";
import { bytes } from "./format.js";
import { t } from "./text.js";

/** Formats that are one file; all others are packed. */
const PLAIN = ["mbox", "csv", "jsonl"];

/** Has a browser save it, and says how much it is. @param {Record<string, any>} what a question @param {string} format */
export async function exported(what, format) {
  const blob = await (await ask("/v1/export", { body: { ...what, format } })).blob();
  save(blob, `postern-export.${PLAIN.includes(format) ? format : "zip"}`);
  return t.out.done(bytes(blob.size));
}
