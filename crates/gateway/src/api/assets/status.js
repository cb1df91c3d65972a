// The operator's view: engines, breakers, coverage, sync, and the last hour. It asks again by itself while it is looked at.
import { at, chip, h, named, quiet, svg, table } from "./dom.js";
import { json, wordsOf } from "./api.js";
import { age, bytes, date, number } from "./format.js";
import { t } from "./text.js";

const AGAIN = 10_000;
const s = t.status;

/** @param {[string, any]} engine */
function engine([name, one]) {
  const isLocal = one.coverage !== undefined;
  const good = isLocal ? one.available : one.configured && (one.breaker || "closed") === "closed";
  const says = isLocal ? (one.available ? s.ready : one.reason) : !one.configured ? s.notConfigured : s.breaker(one.breaker || s.none);
  return h("section", { class: "card" }, h("h2", {}, t.engines[name] || name), h("p", {}, chip(says, !isLocal && !one.configured ? "" : good ? "good" : "warn")),
    one.since ? h("p", {}, s.since(date(one.since))) : null,
    isLocal ? h("p", {}, t.coverage(one.coverage.indexed, one.coverage.known)) : null,
    one.bytes ? quiet(s.size(bytes(one.bytes))) : null,
    one.fallback ? quiet(one.fallback) : null,
    ...(one.damaged || []).map((/** @type {any} */ file) => h("p", { class: "error" }, `${file.file}: ${file.reason}`)));
}

/** Small bars of the last hour. @param {string} title @param {any[]} minutes @param {(minute: any) => number} value @param {(minute: any) => number} [bad] */
function plot(title, minutes, value, bad) {
  const now = Math.floor(Date.now() / 60000);
  const most = Math.max(1, ...minutes.map(value));
  const bar = (/** @type {any} */ minute, /** @type {string} */ kind, /** @type {number} */ much) => {
    const height = Math.round(much / most * 66);
    const x = 590 - (now - Math.floor(new Date(minute.at).getTime() / 60000)) * 10;
    return svg("rect", { class: kind, x, width: 8, y: 68 - height, height });
  };
  const total = minutes.reduce((sum, minute) => sum + value(minute), 0);
  return h("section", { class: "card" }, h("h2", {}, title),
    svg("svg", { class: "plot", viewBox: "0 0 600 70", preserveAspectRatio: "none", role: "img", "aria-label": s.plot(title, most) },
      ...minutes.map((minute) => bar(minute, "bar", value(minute))), ...(bad ? minutes.map((minute) => bar(minute, "failed", bad(minute))) : [])),
    quiet(bad ? s.perHour(total, minutes.reduce((sum, minute) => sum + bad(minute), 0)) : s.most(most)));
}

/** @param {import("./types").Mailbox} one */
const mailbox = (one) => [one.name, h("span", {}, h("meter", { value: one.indexed, max: Math.max(one.known, 1), "aria-label": one.name }), ` ${number(one.indexed)} / ${number(one.known)}`),
  one.asOf ? age(one.asOf) : s.fromFiles, date(one.newest)];

/** @param {any} one */
const synced = (one) => [`${one.name} (${one.source})`, `${number(one.here)} / ${number(one.known)}`, number(one.failed), one.listed ? age(one.listed) : s.never, one.error || (one.inArchiveTier ? s.tier : "")];

/** @param {any} one */
const finding = (one) => h("p", { class: one.severity === "fault" ? "error" : "" }, `${one.about}: ${one.what}. `, quiet(one.do, "span"));

/** @param {any} status @param {any} history */
function show(status, history) {
  const local = /** @type {any} */ (Object.values(status.engines)).find((/** @type {any} */ one) => one.coverage);
  const minutes = history?.minutes || [];
  const { sync, retrievals, findings } = status;
  at("status").replaceChildren(...[
    h("h1", {}, s.title, " ", quiet(status.version, "span")),
    h("p", { class: "quiet", role: "status" }, s.asOf(new Date().toLocaleTimeString("sv-SE"))),
    findings ? h("section", {}, h("h2", {}, s.findings), ...findings.map(finding)) : null,
    h("div", { class: "cards" }, ...Object.entries(status.engines).map(engine)),
    history ? h("div", { class: "cards" }, plot(s.searches, minutes, (one) => one.searches, (one) => one.failed), plot(s.time, minutes, (one) => one.p95Ms || 0)) : quiet(s.noHistory),
    local?.coverage.mailboxes.length ? h("section", {}, h("h2", {}, s.mailboxes), table([s.mailbox, s.searched, s.compared, s.newest], local.coverage.mailboxes.map(mailbox), s.mailboxes)) : null,
    sync.mailboxes.length ? h("section", {}, h("h2", {}, s.sync), sync.error ? h("p", { class: "error" }, sync.error) : null,
      table([s.mailbox, s.here, s.failed, s.listed, s.error], sync.mailboxes.map(synced), s.sync)) : null,
    retrievals ? h("section", {}, h("h2", {}, s.retrievals), h("pre", {}, JSON.stringify(retrievals, null, 2))) : null,
  ].filter((one) => one !== null));
}

async function look() {
  try {
    const status = await json("/v1/status");
    show(status, await json("/v1/status/history").catch(() => null));
  } catch (error) {
    const words = wordsOf(error);
    at("status").replaceChildren(h("h1", {}, words[0]), h("p", {}, words[1]), h("p", {}, h("a", { href: "/" }, s.back)));
  }
}

named(t.page);
look();
setInterval(() => { if (!document.hidden) look(); }, AGAIN);
