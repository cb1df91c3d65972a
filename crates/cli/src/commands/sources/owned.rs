//! A mailbox or a drive of a source, with what was collected of it and what is here.

use jiff::Timestamp;
use postern_archive::{MailboxStatus, Status};
use serde_json::{Value, json};

/// What somebody owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Mailbox,
    Drive,
}

/// A mailbox or a drive.
#[derive(Clone, Debug)]
pub(super) struct Owned {
    pub(super) what: What,
    /// The address of the owner, else what the source calls it.
    pub(super) address: String,
    pub(super) name: String,
    pub(super) id: String,
    /// The source's word for what it is.
    pub(super) kind: String,
    /// Whether the source lists it now. What was collected once may be listed no longer.
    pub(super) is_listed: bool,
    /// Whether anything of it was collected or backed up; nothing where that was not asked.
    pub(super) is_collected: Option<bool>,
    /// What is here of it, where it was synced.
    pub(super) here: Option<Here>,
}

/// What is here of a mailbox or drive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Here {
    known: u64,
    here: u64,
    synced: Option<Timestamp>,
    is_cold: bool,
}

impl What {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Mailbox => "mailbox",
            Self::Drive => "drive",
        }
    }
}

impl From<&MailboxStatus> for Here {
    fn from(status: &MailboxStatus) -> Self {
        let MailboxStatus { known, here, listed, is_cold, .. } = status;
        Self { known: *known, here: *here, synced: *listed, is_cold: *is_cold }
    }
}

/// What one source has here, by what it is and whose.
pub(super) struct Books<'a>(Vec<&'a MailboxStatus>);

impl<'a> Books<'a> {
    pub(super) fn of(status: &'a Status, source: &str) -> Self {
        Self(status.mailboxes.iter().filter(|one| one.source == source).collect())
    }

    /// What is here of a mailbox or drive of that owner.
    pub(super) fn of_owner(&self, what: What, address: &str) -> Option<Here> {
        let is_it = |one: &&&MailboxStatus| {
            what_of(one) == what && one.address.eq_ignore_ascii_case(address)
        };
        self.0.iter().find(is_it).map(|one| Here::from(*one))
    }

    /// What is here, and listed no longer.
    pub(super) fn unlisted(&self, listed: &[Owned]) -> Vec<Owned> {
        let is_listed = |one: &MailboxStatus| {
            let is_it = |owned: &Owned| {
                what_of(one) == owned.what && owned.address.eq_ignore_ascii_case(&one.address)
            };
            listed.iter().any(is_it)
        };
        self.0.iter().filter(|one| !is_listed(one)).map(|one| unlisted(one)).collect()
    }
}

const fn what_of(status: &MailboxStatus) -> What {
    if status.holds.is_drive() { What::Drive } else { What::Mailbox }
}

fn unlisted(one: &MailboxStatus) -> Owned {
    Owned {
        what: what_of(one),
        address: one.address.clone(),
        name: String::new(),
        id: String::new(),
        kind: String::new(),
        is_listed: false,
        is_collected: Some(one.gone_at.is_none()),
        here: Some(Here::from(one)),
    }
}

impl Owned {
    /// For people.
    pub(super) fn row(&self) -> [String; 7] {
        let kind = if self.is_listed { self.kind.clone() } else { "no longer listed".to_owned() };
        let collected = self.is_collected.map_or("", |is| if is { "yes" } else { "no" });
        let here = self.here.map(|here| match here.is_cold {
            true => format!("{}, more in an archive tier", here.here),
            false => format!("{} of {}", here.here, here.known),
        });
        [
            self.what.as_str().to_owned(),
            self.address.clone(),
            self.name.clone(),
            kind,
            collected.to_owned(),
            here.unwrap_or_default(),
            self.synced(),
        ]
    }

    /// For spreadsheets.
    pub(super) fn cells(&self, tenant: &str, source: &str) -> [String; 13] {
        let number = |number: fn(Here) -> u64| {
            self.here.map(|here| number(here).to_string()).unwrap_or_default()
        };
        [
            tenant.to_owned(),
            source.to_owned(),
            self.what.as_str().to_owned(),
            self.address.clone(),
            self.name.clone(),
            self.id.clone(),
            self.kind.clone(),
            self.is_listed.to_string(),
            self.is_collected.map(|is| is.to_string()).unwrap_or_default(),
            number(|here| here.known),
            number(|here| here.here),
            self.synced(),
            self.here.is_some_and(|here| here.is_cold).to_string(),
        ]
    }

    /// For programs.
    pub(super) fn json(&self, tenant: &str, source: &str) -> Value {
        json!({
            "tenant": tenant, "source": source, "what": self.what.as_str(), "address": self.address,
            "name": self.name, "id": self.id, "type": self.kind, "listed": self.is_listed,
            "collected": self.is_collected, "known": self.here.map(|here| here.known),
            "here": self.here.map(|here| here.here),
            "synced": self.here.and_then(|here| here.synced).map(|at| at.to_string()),
            "inArchiveTier": self.here.is_some_and(|here| here.is_cold),
        })
    }

    fn synced(&self) -> String {
        let synced = self.here.and_then(|here| here.synced);
        synced.map(|at| at.to_string()).unwrap_or_default()
    }
}
