"use strict";
const at = (id) => document.getElementById(id);
const make = (name, text, attributes = {}) => {
  const element = document.createElement(name);
  if (text) element.textContent = text;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
};
const encoder = new TextEncoder();
const decoder = new TextDecoder();

at("key").value = sessionStorage.getItem("key") || "";
at("key").addEventListener("change", () => sessionStorage.setItem("key", at("key").value));

async function ask(path) {
  const key = at("key").value;
  const response = await fetch(path, { headers: key ? { "X-API-Key": key } : {} });
  if (response.ok) return response;
  const problem = await response.json().catch(() => ({ title: response.statusText }));
  throw new Error([problem.title, problem.detail, problem.hint].filter(Boolean).join(" — "));
}

// Ranges are bytes of the text in UTF-8.
function marked(text, ranges) {
  const bytes = encoder.encode(text);
  const out = document.createDocumentFragment();
  let done = 0;
  for (const [start, end] of ranges || []) {
    out.append(decoder.decode(bytes.slice(done, start)), make("mark", decoder.decode(bytes.slice(start, end))));
    done = end;
  }
  out.append(decoder.decode(bytes.slice(done)));
  return out;
}

let next = null;
async function search(cursor) {
  const parameters = new URLSearchParams({ q: at("q").value, highlight: "true" });
  if (cursor) parameters.set("cursor", cursor);
  else { at("results").replaceChildren(); at("reader").hidden = true; history.replaceState(null, "", "?" + new URLSearchParams({ q: at("q").value })); }
  at("status").className = "";
  try {
    const answer = await (await ask("/v1/search?" + parameters)).json();
    describe(answer);
    for (const hit of answer.results) at("results").append(row(hit));
    next = answer.nextCursor || null;
    at("more").hidden = !next;
  } catch (error) {
    at("status").className = "error";
    at("status").textContent = error.message;
  }
}

function describe(answer) {
  const whole = answer.coverage.indexed === answer.coverage.known;
  const engine = answer.servedBy.engine === "premium" ? "premium" : `the local index (${answer.servedBy.reason})`;
  const covered = answer.servedBy.engine === "premium" || whole ? "" :
    ` Only ${answer.coverage.indexed} of ${answer.coverage.known} known messages were searched.`;
  const bare = answer.coverage.filesWithoutContent;
  const content = bare && /contents:/.test(answer.query.canonical) ? ` The content of ${bare} files is not here, so there may be more.` : "";
  const files = answer.filesMissing ? ` No files: ${answer.filesMissing}.` : "";
  const advice = answer.query.advice.map((one) => ` ${one.message}.`).join("");
  at("status").textContent = `${answer.count.value} found by ${engine} in ${answer.tookMs} ms.${covered}${content}${files}${advice}`;
}

const bytes = (count) => {
  if (typeof count !== "number") return "";
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; count >= 1000 && unit < units.length - 1; unit++) count /= 1000;
  return `${unit ? count.toFixed(1) : count} ${units[unit]}`;
};

function fileRow(hit) {
  const item = make("li");
  const link = make("a", "", { href: hit.links.self });
  link.append(marked(hit.name || "(no name)", hit.snippet && hit.snippet.attachments[0]));
  link.addEventListener("click", (event) => { event.preventDefault(); openFile(hit); });
  const parts = [hit.owner, hit.path, bytes(hit.size), hit.modifiedDateTime, hit.newest ? "an older version" : ""];
  const meta = make("div", "", { class: "meta" });
  meta.append(make("span", "File", { class: "kind" }), " " + parts.filter(Boolean).join(" · "));
  item.append(link, meta);
  if (hit.subject) { const title = make("div"); title.append(marked(hit.subject, hit.snippet && hit.snippet.subjectRanges)); item.append(title); }
  return item;
}

function row(hit) {
  if (hit.kind === "file") return fileRow(hit);
  const item = make("li");
  const link = make("a", "", { href: hit.links.self });
  link.append(marked(hit.subject || "(no subject)", hit.snippet && hit.snippet.subjectRanges));
  link.addEventListener("click", (event) => { event.preventDefault(); open(hit); });
  const sender = hit.from.name || hit.from.address || "";
  const meta = make("div", [sender, hit.receivedDateTime, hit.mailbox, hit.folder].filter(Boolean).join(" · "), { class: "meta" });
  item.append(link, meta);
  if (hit.snippet) { const text = make("div"); text.append(marked(hit.snippet.text, hit.snippet.ranges)); item.append(text); }
  return item;
}

// Nobody reads a thousand names; what is not shown is in the original.
const SHOWN = { people: 50, files: 100, characters: 1000 };
const short = (text) => text.length > SHOWN.characters ? text.slice(0, SHOWN.characters) + "…" : text;
const more = (count) => count > 0 ? ` and ${count} more` : "";

function people(list, omitted = 0) {
  const name = (one) => short(one.name ? `${one.name} <${one.address}>` : one.address || "");
  return list.slice(0, SHOWN.people).map(name).join(", ") + more(list.length - SHOWN.people > 0 ? list.length - SHOWN.people + omitted : omitted);
}

function files(message, links) {
  const shown = message.attachments.slice(0, SHOWN.files);
  const hidden = message.attachments.length - shown.length + ((message.omitted || {}).attachments || 0);
  const items = shown.map((file, n) => save(short(file.name || ""), `${links.self}/attachments/${n}`));
  if (hidden) items.push(make("li", `${hidden} more in the original`));
  return [...items, save("original.eml", links.eml)];
}

function facts(file) {
  const rows = [
    ["Title", file.subject], ["Author", file.from.name || file.from.address], ["Owner", file.owner], ["Folder", file.path],
    ["Size", bytes(file.size)], ["Created", file.createdDateTime], ["Modified", file.modifiedDateTime], ["Version", file.version],
    ["Source", file.source], ["Not searched", file.unread],
  ];
  return rows.filter(([, value]) => value).flatMap(([name, value]) => [make("dt", name), make("dd", short(value))]);
}

async function openFile(hit) {
  try {
    const file = await (await ask(hit.links.self)).json();
    at("subject").textContent = short(file.name || "(no name)");
    at("people").textContent = file.newest ? "There is a newer version of this file." : "";
    at("facts").replaceChildren(...facts(file));
    const content = file.links.content;
    at("files").replaceChildren(content ? save(short(file.name || ""), content) : make("li", "Its source gives no content to download."));
    at("body").hidden = true;
    at("reader").hidden = false;
    at("reader").focus();
  } catch (error) {
    at("status").className = "error";
    at("status").textContent = error.message;
  }
}

async function open(hit) {
  try {
    at("facts").replaceChildren();
    at("body").hidden = false;
    const message = await (await ask(hit.links.self)).json();
    at("subject").textContent = short(message.subject || "(no subject)");
    at("people").textContent = `${people([message.from])} to ${people(message.to, (message.omitted || {}).to)}, ${message.receivedDateTime || ""}`;
    at("files").replaceChildren(...files(message, hit.links));
    at("body").srcdoc = await (await ask(hit.links.self + "?format=html")).text();
    at("reader").hidden = false;
    at("reader").focus();
  } catch (error) {
    at("status").className = "error";
    at("status").textContent = error.message;
  }
}

function save(name, path) {
  const item = make("li");
  const button = make("button", name || "attachment", { type: "button" });
  button.addEventListener("click", async () => {
    try {
      const link = make("a", "", { href: URL.createObjectURL(await (await ask(path)).blob()), download: name || "attachment" });
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) { at("status").textContent = error.message; }
  });
  item.append(button);
  return item;
}

let suggestions = null;
let chosen = -1;
async function suggest() {
  const before = at("q").value.slice(0, at("q").selectionStart);
  const parameters = new URLSearchParams({ q: at("q").value, cursor: encoder.encode(before).length, limit: 8 });
  try { suggestions = await (await ask("/v1/complete?" + parameters)).json(); } catch { suggestions = null; }
  chosen = -1;
  show();
}

function show() {
  const list = suggestions && before() ? suggestions.suggestions : [];
  at("suggestions").replaceChildren(...list.map((one, n) => {
    const item = make("li", one.count ? `${one.text} (${one.count})` : one.text, { role: "option", id: `s${n}`, "aria-selected": n === chosen });
    item.addEventListener("mousedown", (event) => { event.preventDefault(); take(n); });
    return item;
  }));
  at("suggestions").hidden = !list.length;
  at("q").setAttribute("aria-expanded", String(!!list.length));
  if (chosen >= 0) at("q").setAttribute("aria-activedescendant", `s${chosen}`); else at("q").removeAttribute("aria-activedescendant");
}

const before = () => at("q").value.trim();

function take(n) {
  const bytes = encoder.encode(at("q").value);
  const one = suggestions.suggestions[n];
  const end = one.kind === "operator" ? "" : " ";
  const start = decoder.decode(bytes.slice(0, suggestions.span.start)) + one.text + end;
  at("q").value = start + decoder.decode(bytes.slice(suggestions.span.end));
  at("q").setSelectionRange(start.length, start.length);
  close();
  if (one.kind === "operator") suggest();
}

function close() { suggestions = null; chosen = -1; show(); }

let pause;
at("q").addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(suggest, 120); });
at("q").addEventListener("blur", close);
at("q").addEventListener("keydown", (event) => {
  const count = suggestions ? suggestions.suggestions.length : 0;
  if (event.key === "Escape") close();
  else if (count && event.key === "ArrowDown") { chosen = (chosen + 1) % count; show(); event.preventDefault(); }
  else if (count && event.key === "ArrowUp") { chosen = (chosen + count - 1) % count; show(); event.preventDefault(); }
  else if (count && chosen >= 0 && (event.key === "Enter" || event.key === "Tab")) { take(chosen); event.preventDefault(); }
});
at("form").addEventListener("submit", (event) => { event.preventDefault(); close(); search(); });
at("more").addEventListener("click", () => search(next));

const q = new URLSearchParams(location.search).get("q");
if (q !== null) { at("q").value = q; search(); }
