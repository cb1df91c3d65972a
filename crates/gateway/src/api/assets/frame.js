// Mail as it was laid out, in a frame under a policy of its own. A frame sends no key, so its path has a ticket.
import { h } from "./dom.js";
import { json } from "./api.js";
import { t } from "./text.js";

/** @param {import("./types").Message} message @returns {Promise<string>} the path of a ticket for it */
export const ticket = async (message) => (await json("/v1/tickets", { body: { message: message.id } })).path;

/** @param {import("./types").Message} message */
export async function frame(message) {
  return h("iframe", { src: await ticket(message), title: t.frame, sandbox: "", referrerpolicy: "no-referrer" });
}
