// The description of the API, made of openapi.json.
import { at, h, named as texts } from "./dom.js";
import { t } from "./text.js";

const s = t.docs;
/** @param {"h1" | "h2" | "h3" | "p" | "pre"} name @param {string} [text] */
const make = (name, text) => h(name, {}, text);

/** @param {any} schema @returns {string} */
const named = (schema) => !schema ? "" : schema.$ref ? schema.$ref.split("/").pop()
  : schema.type === "array" ? s.list(named(schema.items))
  : [].concat(schema.type || (schema.oneOf || []).map(named)).filter((one) => one && one !== "null").join(s.or);

/** @param {string[]} head @param {any[][]} rows */
function table(head, rows) {
  const line = (/** @type {any[]} */ cells, /** @type {"th" | "td"} */ kind) => h("tr", {}, ...cells.map((cell) => h(kind, {}, String(cell ?? ""))));
  return h("table", { class: "wraps" }, line(head, "th"), ...rows.map((row) => line(row, "td")));
}

/** @param {string} path @param {string} method @param {any} one */
function operation(path, method, one) {
  const section = h("section", {}, make("h3", `${method.toUpperCase()} ${path}`), make("p", one.summary));
  if (one.description) section.append(make("p", one.description));
  if (one.parameters) section.append(table(s.parameters,
    one.parameters.map((/** @type {any} */ p) => [p.name, p.in, named(p.schema), p.description])));
  for (const [kind, body] of Object.entries((one.requestBody || {}).content || {})) section.append(make("p", s.body(named(body.schema), kind)));
  section.append(table(s.answers, Object.entries(one.responses).map(([status, answer]) =>
    [status, answer.description, Object.entries(answer.content || {}).map(([kind, body]) => `${named(body.schema)} (${kind})`).join(", ")])));
  return section;
}

async function show() {
  const api = await (await fetch("/openapi.json")).json();
  const main = at("docs");
  main.append(make("h1", api.info.title), make("p", api.info.description));
  for (const tag of api.tags) {
    main.append(make("h2", tag.name), make("p", tag.description));
    for (const [path, methods] of Object.entries(api.paths))
      for (const [method, one] of Object.entries(methods))
        if ((one.tags || []).includes(tag.name)) main.append(operation(path, method, one));
  }
  main.append(make("h2", s.types));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    main.append(make("h3", name), make("p", schema.description));
    if (schema.properties) main.append(table(s.fields,
      Object.entries(schema.properties).map(([field, one]) => [field, named(one), one.description])));
    if (schema.example) main.append(make("pre", JSON.stringify(schema.example, null, 2)));
  }
}
texts(t.page);
show();
