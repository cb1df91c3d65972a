"use strict";
const make = (name, text) => {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  return element;
};
const named = (schema) => !schema ? "" : schema.$ref ? schema.$ref.split("/").pop()
  : schema.type === "array" ? `list of ${named(schema.items)}`
  : [].concat(schema.type || (schema.oneOf || []).map(named)).filter((one) => one && one !== "null").join(" or ");

function table(head, rows) {
  const out = make("table");
  const add = (cells, kind) => { const row = make("tr"); row.append(...cells.map((cell) => make(kind, String(cell ?? "")))); out.append(row); };
  add(head, "th");
  for (const row of rows) add(row, "td");
  return out;
}

function operation(path, method, one) {
  const section = make("section");
  section.append(make("h3", `${method.toUpperCase()} ${path}`), make("p", one.summary));
  if (one.description) section.append(make("p", one.description));
  if (one.parameters) section.append(table(["parameter", "in", "type", "what"],
    one.parameters.map((p) => [p.name, p.in, named(p.schema), p.description])));
  for (const [kind, body] of Object.entries((one.requestBody || {}).content || {})) section.append(make("p", `Body: ${named(body.schema)} (${kind})`));
  section.append(table(["status", "what", "as"], Object.entries(one.responses).map(([status, answer]) =>
    [status, answer.description, Object.entries(answer.content || {}).map(([kind, body]) => `${named(body.schema)} (${kind})`).join(", ")])));
  return section;
}

async function show() {
  const api = await (await fetch("/openapi.json")).json();
  const main = document.getElementById("docs");
  main.append(make("h1", api.info.title), make("p", api.info.description));
  for (const tag of api.tags) {
    main.append(make("h2", tag.name), make("p", tag.description));
    for (const [path, methods] of Object.entries(api.paths))
      for (const [method, one] of Object.entries(methods))
        if ((one.tags || []).includes(tag.name)) main.append(operation(path, method, one));
  }
  main.append(make("h2", "Types"));
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    main.append(make("h3", name), make("p", schema.description));
    if (schema.properties) main.append(table(["field", "type", "what"],
      Object.entries(schema.properties).map(([field, one]) => [field, named(one), one.description])));
    if (schema.example) main.append(make("pre", JSON.stringify(schema.example, null, 2)));
  }
}
show();
