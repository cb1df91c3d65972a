// What the views of the evidence share: links, fields, and acts that say what came of them.
import { asked, at, button, h } from "./dom.js";
import { t } from "./text.js";

const parameters = new URLSearchParams(location.search);

/** @param {string} name */
export const parameter = (name) => parameters.get(name) || "";

/** @param {Record<string, string>} to */
export const link = (to) => "/evidence" + asked(to);

/** The way back to all of a view. @param {string} view */
export const back = (view) => h("p", {}, h("a", { href: link({ view }) }, t.evidence.back));

/** A link to a search. @param {string} q @param {string} [text] */
export const searched = (q, text = q) => h("a", { href: "/" + asked({ q }) }, text);

/** A link to a message. @param {string} id @param {string} [text] */
export const message = (id, text = id) => h("a", { href: "/?open=messages/" + id }, text);

/** @param {string} text @param {string} [kind] */
export function says(text, kind = "") {
  at("says").className = kind;
  at("says").textContent = text;
}

/** Something that is done, and what went wrong with it. @param {(event: any) => Promise<any>} run @returns {(event: Event) => void} */
export const told = (run) => (event) => {
  event.preventDefault();
  says("");
  run(event).catch((error) => says(error.message, "error"));
};

/** A button whose act is done when it is pressed again, as it then says. @param {string} text @param {string} yes @param {() => Promise<any>} run @param {string} [id] */
export function twice(text, yes, run, id) {
  let isSure = false;
  const sure = (/** @type {boolean} */ is) => {
    isSure = is;
    one.textContent = is ? yes : text;
    one.classList.toggle("danger", is);
  };
  const one = button(text, told(async () => {
    sure(!isSure);
    if (!isSure) await run();
  }), { id, onblur: () => sure(false) });
  return one;
}

/** @param {string} text */
export const submit = (text) => h("p", {}, h("button", { class: "primary" }, text));

/** A field with its name. @template {HTMLElement} E @param {string} name @param {E} field */
export const labelled = (name, field) => h("label", {}, h("span", {}, name), field);

/** @param {string} name @param {Record<string, any>} [more] */
export const input = (name, more) => h("input", { id: name, name, autocomplete: "off", ...more });

/** @param {string} name @param {[string, string][]} values each with its words */
export const choice = (name, values) => h("select", { id: name, name }, ...values.map(([value, text]) => h("option", { value }, text)));
