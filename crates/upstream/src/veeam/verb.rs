//! The verbs of restore sessions, in both forms: one `Action` URL whose body names the verb up to v5, and
//! a URL for each verb from v6 on.

use http::Method;
use serde_json::{Value, json};

use super::Version;
use super::ask::{Ask, Effect};

/// A verb: its name in the body of an `Action`, and at the end of a URL.
#[derive(Clone, Copy, Debug)]
pub(super) struct Verb {
    pub(super) in_action: &'static str,
    pub(super) in_url: &'static str,
    pub(super) effect: Effect,
}

const fn reads(in_action: &'static str, in_url: &'static str) -> Verb {
    Verb { in_action, in_url, effect: Effect::None }
}

const fn acts(in_action: &'static str, in_url: &'static str) -> Verb {
    Verb { in_action, in_url, effect: Effect::Some }
}

pub(super) const EXPLORE: Verb = acts("explore", "explore");
/// A session that is stopped twice is stopped.
pub(super) const STOP: Verb = reads("stop", "Stop");
pub(super) const SEARCH: Verb = reads("search", "search");
pub(super) const SEARCH_EXCHANGE: Verb = reads("search", "searchExchange");
pub(super) const SAVE_MESSAGE: Verb = reads("savetoMsg", "save");
pub(super) const RESTORE: Verb = acts("restoretoOriginallocation", "restore");
pub(super) const RESTORE_TO: Verb = acts("restoreTo", "restoreTo");
pub(super) const SEND_DEFAULT: Verb = acts("sendtoDefaultaddress", "sendToDefaultAddress");
pub(super) const SEND_TO: Verb = acts("sendtoDifferentaddress", "sendToDifferentAddress");
pub(super) const EXPORT: Verb = reads("exportToPst", "exportToPst");
pub(super) const RESTORE_DOCUMENTS: Verb = acts("restoreToOriginalLocation", "restore");
pub(super) const COPY_DOCUMENTS: Verb = acts("copyTo", "copyTo");
pub(super) const SEND_DOCUMENTS: Verb = acts("sendTo", "send");
pub(super) const SAVE_DOCUMENTS: Verb = reads("save", "save");

impl Verb {
    /// The request that does this at `place`; without arguments their place is `null`, or nothing is sent.
    pub(super) fn at(self, version: Version, place: &str, arguments: Option<&Value>) -> Ask {
        let make = |path: String, body: Option<&Value>| match self.effect {
            Effect::None => Ask::question(path, body),
            Effect::Some => Ask::order(Method::POST, path, body),
        };
        if version.has_own_urls() {
            return make(format!("{place}/{}", self.in_url), arguments);
        }
        let wrapped = json!({ self.in_action: arguments.unwrap_or(&Value::Null) });
        let action = if version == Version::V5 { "action" } else { "Action" };
        make(format!("{place}/{action}"), Some(&wrapped))
    }
}
