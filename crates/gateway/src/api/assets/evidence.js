// Evidence: reports, sets, alerts and the audit log, each for keys that may. What is looked at stands in the URL.
import { at, h, named } from "./dom.js";
import { json, wordsOf } from "./api.js";
import { alerts } from "./alerts.js";
import { audit } from "./audit.js";
import { reports } from "./reports.js";
import { sets } from "./sets.js";
import { link, parameter } from "./forms.js";
import { t } from "./text.js";

const s = t.evidence;

/** @typedef {{right: string, show: (status: any) => Promise<Node[]>}} View */
/** @type {Record<string, View>} */
const VIEWS = {
  reports: { right: "evidence", show: reports }, sets: { right: "evidence", show: sets }, alerts: { right: "", show: alerts }, audit: { right: "audit", show: audit },
};

/** @param {any} status */
async function show(status) {
  const may = (/** @type {string} */ name) => !VIEWS[name].right || status.key.rights.includes(VIEWS[name].right);
  const names = Object.keys(VIEWS);
  const view = VIEWS[parameter("view")] ? parameter("view") : names.find(may) || "";
  const lacking = new Set(names.filter((name) => !may(name)).map((name) => VIEWS[name].right));
  at("tabs").replaceChildren(...names.filter(may).map((name) => h("a", { href: link({ view: name }), "aria-current": name === view && "page" }, s.views[name])));
  at("says").textContent = [...lacking].map(s.lacks).join(" ");
  document.title = `Postern: ${s.views[view]}`;
  if (may(view)) at("evidence").replaceChildren(...await VIEWS[view].show(status));
}

async function start() {
  named(t.page);
  try {
    await show(await json("/v1/status"));
  } catch (error) {
    const [title, what] = wordsOf(error);
    at("evidence").replaceChildren(h("h2", {}, title), h("p", {}, what), h("p", {}, h("a", { href: "/" }, t.status.back)));
  }
  document.body.classList.add("ready");
}
start();
