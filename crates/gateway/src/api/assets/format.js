// Numbers, sizes and times, as people read them.

/** Where days begin; answers say it. */
export const zone = { name: "UTC" };

/** @param {number} count */
export const number = (count) => count.toLocaleString("en");

/** @param {number | null | undefined} count */
export function bytes(count) {
  if (typeof count !== "number") return "";
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; count >= 1000 && unit < units.length - 1; unit++) count /= 1000;
  return `${unit ? count.toFixed(1) : count} ${units[unit]}`;
}

/** @param {string | null | undefined} moment @param {Intl.DateTimeFormatOptions} options */
function written(moment, options) {
  const date = new Date(moment || "");
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat("sv-SE", { ...options, timeZone: zone.name }).format(date);
}

/** The whole date, never "11 hours ago". @param {string | null | undefined} moment */
export const date = (moment) => written(moment, { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });

const UNITS = /** @type {const} */ ([["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]]);

/** How long ago. @param {string | null | undefined} moment */
export function age(moment) {
  const seconds = (new Date(moment || "").getTime() - Date.now()) / 1000;
  if (Number.isNaN(seconds)) return "";
  const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length) || ["minute", 60];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.round(seconds / length), unit);
}

/** @param {import("./types").Person | undefined} one */
export const person = (one) => !one ? "" : one.name && one.address && one.name !== one.address ? `${one.name} <${one.address}>` : one.name || one.address || "";
