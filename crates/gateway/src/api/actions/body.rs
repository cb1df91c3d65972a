//! What an act on mail is told.

use postern_actions::Verb;
use postern_upstream::veeam::{Letter, PstOptions};
use serde::Deserialize;
use utoipa::ToSchema;

use super::forbidden;
use super::jobs::JobBody;
use super::order::{Orders, is_for};
use crate::access::Caller;
use crate::api::params::BadParam;
use crate::api::problem::Problem;
use crate::viewpoint::Addresses;

/// Sizes of a PST, in GB.
const SIZES: std::ops::RangeInclusive<u64> = 1..=49;

/// Which mail to act on, and how.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
#[schema(example = json!({"q": "mailbox:ann@contoso.com subject:lease"}))]
pub(super) struct ActionBody {
    /// The query; it must say something.
    pub(super) q: String,
    /// An OData filter that must hold too.
    pub(super) filter: Option<String>,
    /// Where days of the query begin: an IANA name.
    pub(super) zone: Option<String>,
    /// The addresses that `me` stands for.
    pub(super) me: Option<Addresses>,
    /// The id of the plan; without it the plan is only shown.
    pub(super) confirm: Option<String>,
    /// Items at most, 100 where nothing is said; more are refused.
    pub(super) limit: Option<usize>,
    /// Do again what was done before, or may have been.
    pub(super) again: bool,
    /// The backup of that time, such as `2024-01-31T00:00:00Z`; the last where nothing is said.
    pub(super) at: Option<String>,
    /// `restore`: the mailbox to restore into. `send`: the address to send to.
    pub(super) to: Option<String>,
    /// `send` with `to`: the address that the mail comes from.
    pub(super) from: Option<String>,
    /// `send` with `to`: the subject of the mail.
    pub(super) subject: Option<String>,
    /// `send` with `to`: the text of the mail.
    pub(super) text: Option<String>,
    /// `restore` with a certificate: the account in whose name mail is restored.
    pub(super) impersonate: Option<String>,
    /// `restore`: the source that does it, where both DataTap and Veeam have what is found.
    pub(super) source: Option<String>,
    /// `restore` at DataTap: what the job is told.
    #[serde(deserialize_with = "super::jobs::job")]
    pub(super) job: JobBody,
    /// `export-pst`: begin another file at this size in GB, 1 to 49; several come as one ZIP.
    #[serde(rename = "pstSizeLimitGB")]
    pub(super) pst_size_limit_gb: Option<u64>,
    /// `export-pst`: only what Veeam finds with this word or phrase. `q` is then `mailbox:ADDRESS`, with `in:FOLDER`
    /// for a folder, or up to Veeam v5 finds one message.
    pub(super) keywords: Option<String>,
}

impl ActionBody {
    /// Whether it can be done, and by this caller: a key that is limited to mailboxes acts only on and into its
    /// own, and never sends to another address.
    pub(super) fn check(&self, verb: Verb, caller: &Caller) -> Result<(), Problem> {
        if self.q.trim().is_empty() && self.filter.is_none() {
            return Err(BadParam::new("q", "must say what to act on").into());
        }
        if self.pst_size_limit_gb.is_some_and(|size| !SIZES.contains(&size)) {
            return Err(BadParam::new("pstSizeLimitGB", "is a number from 1 to 49").into());
        }
        if self.keywords.as_deref().is_some_and(|text| text.trim().is_empty()) {
            return Err(BadParam::new("keywords", "are a word or a phrase").into());
        }
        self.orders().check()?;
        is_for(
            verb,
            &[
                ("to", self.to.is_some(), &[Verb::Restore, Verb::Send]),
                ("from", self.from.is_some(), &[Verb::Send]),
                ("subject", self.subject.is_some(), &[Verb::Send]),
                ("text", self.text.is_some(), &[Verb::Send]),
                ("impersonate", self.impersonate.is_some(), &[Verb::Restore]),
                ("source", self.source.is_some(), &[Verb::Restore]),
                ("pstSizeLimitGB", self.pst_size_limit_gb.is_some(), &[Verb::ExportPst]),
                ("keywords", self.keywords.is_some(), &[Verb::ExportPst]),
            ],
        )?;
        if verb == Verb::Send {
            self.check_letter()?;
        }
        self.check_into(verb, caller)
    }

    /// A letter has both addresses, or there is none.
    fn check_letter(&self) -> Result<(), Problem> {
        let has_more = self.from.is_some() || self.subject.is_some() || self.text.is_some();
        match (&self.to, &self.from) {
            (Some(_), None) => Err(BadParam::new("from", "is needed beside `to`").into()),
            (None, _) if has_more => {
                Err(BadParam::new("to", "is needed beside the rest of a mail").into())
            }
            (None | Some(_), _) => Ok(()),
        }
    }

    fn check_into(&self, verb: Verb, caller: &Caller) -> Result<(), Problem> {
        let Some(to) = self.to.as_deref() else { return Ok(()) };
        let is_own = caller.mailboxes.permits(Some(to));
        if caller.mailboxes.is_limited() && verb == Verb::Send {
            return Err(forbidden(
                "a key that is limited to mailboxes sends to no other address".to_owned(),
            ));
        }
        if !is_own {
            return Err(forbidden(
                "the key is limited to mailboxes, and `to` is none of them".to_owned(),
            ));
        }
        Ok(())
    }

    pub(super) fn orders(&self) -> Orders<'_> {
        let (confirm, at) = (self.confirm.as_deref(), self.at.as_deref());
        Orders { confirm, limit: self.limit, again: self.again, at }
    }

    pub(super) fn letter(&self) -> Option<Letter> {
        let (to, from) = (self.to.clone()?, self.from.clone()?);
        Some(Letter { from, to, subject: self.subject.clone(), text: self.text.clone() })
    }

    pub(super) fn pst(&self) -> PstOptions {
        let keyword = self.keywords.clone();
        PstOptions { keyword, size_limit: self.pst_size_limit_gb.map(|gb| gb << 30) }
    }
}
