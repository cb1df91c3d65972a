// Alerts: the searches that are watched, what is new in each since it was last opened, and how fresh that is.
import { anew, asked, button, chip, h, quiet, table } from "./dom.js";
import { ask, json } from "./api.js";
import { ofIds } from "./clauses.js";
import { searched, told, twice } from "./forms.js";
import { age, date, number, person } from "./format.js";
import { t } from "./text.js";

const s = t.evidence;
/** New messages that are listed. */
const FEW = 50;
/** @param {any} one */
const path = (one) => "/v1/saved/" + encodeURIComponent(one.name);

/** Shows what is new in a search, which is seen then. @param {any} one @param {HTMLElement} out */
async function opened(one, out) {
  const ids = (await json(path(one) + "/open", { method: "POST" })).new;
  const { results } = await json("/v1/search", { body: { q: "sort:newest", filter: ofIds(ids.slice(0, FEW)), limit: FEW } });
  const row = (/** @type {any} */ hit) => [date(hit.receivedDateTime || hit.sentDateTime || hit.modifiedDateTime), person(hit.from) || hit.owner,
    h("a", { href: "/" + asked({ q: one.q, open: hit.links.self.replace("/v1/", "") }) }, hit.subject || hit.name || t.noSubject)];
  anew(out, [h("h2", {}, s.newIn(one.name)), table([t.date, t.from, s.what], results.map(row), s.newIn(one.name)), ids.length > FEW ? quiet(t.more(ids.length - FEW)) : null]);
  out.tabIndex = -1;
  out.focus();
}

/** @param {HTMLElement} box @param {HTMLElement} out */
async function list(box, out) {
  const { searches } = await json("/v1/saved");
  const row = (/** @type {any} */ one) => [one.name, searched(one.q, one.q || t.everything), one.error ? h("span", { class: "error" }, one.error) : number(one.count),
    one.new ? button(t.newOnes(one.new), told(async () => {
      await opened(one, out);
      await list(box, out);
    })) : number(0), age(one.opened),
    twice(t.forget(one.name), s.yesRemove, async () => {
      await ask(path(one), { method: "DELETE" });
      await list(box, out);
    })];
  anew(box, [searches.length ? table([s.name, s.query, s.count, s.fresh, s.opened, ""], searches.map(row), s.views.alerts) : quiet(s.noAlerts)]);
}

/** What was last brought here, and whether the run that did it ended well. @param {any} status */
function runs({ engines, sync }) {
  const asOf = engines.local?.coverage?.asOf;
  return h("p", {}, sync.error ? chip(sync.error, "warn") : chip(s.watched, "good"), " ", s.afterRuns, asOf && `, ${s.compared} ${date(asOf)} (${age(asOf)})`);
}

/** @param {any} status @returns {Promise<any>} */
export async function alerts(status) {
  const [box, out] = [h("section"), h("section")];
  await list(box, out);
  return [runs(status), box, out];
}
