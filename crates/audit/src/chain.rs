//! Entries one behind the other, each under a seal: a code that the key of the log makes, and checks.
//!
//! A signature costs ten times as much as a seal, so one stands for all entries of half a second. Until then their
//! seals say who wrote them.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use crate::canonical::{canonical, canonical_around};
use crate::head::{Digest, Head, digest, hex};
use crate::note::Signer;

/// The field with the seal of an entry.
const SEAL: &str = "seal";
/// The fields that are the log's own: number, digest of the entry before, and time.
const OWN: [&str; 3] = ["n", "prev", "time"];

/// How far a log goes, signed or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Which log it is of.
    pub(crate) log: Arc<str>,
    pub(crate) entries: u64,
    /// The digest of the last entry.
    pub(crate) last: Digest,
}

impl Chain {
    /// Up to where a head goes.
    pub(crate) fn up_to(head: &Head) -> Self {
        Self { log: head.log.as_str().into(), entries: head.entries, last: head.last }
    }

    /// The head that covers all of it.
    pub(crate) fn head(&self, time: Timestamp) -> Head {
        Head { log: self.log.to_string(), entries: self.entries, last: self.last, time }
    }

    /// The line of the next entry, which says that, sealed; then it goes that far.
    pub(crate) fn push<'s>(
        &mut self,
        says: impl Iterator<Item = (&'s str, &'s Value)>,
        time: Timestamp,
        key: &Signer,
    ) -> String {
        let own: [Value; 3] =
            [(self.entries + 1).into(), hex(&self.last.0).into(), time.to_string().into()];
        let says = says.filter(|(name, _)| *name != SEAL && !OWN.contains(name));
        let mut members: Vec<(&str, &Value)> = says.collect();
        members.extend(OWN.into_iter().zip(&own));
        let (mut line, place) = canonical_around(members, SEAL);
        // `prev` stands before it, so a comma is right.
        let seal = format!(",\"{SEAL}\":\"{}\"", key.seal(&self.log, line.as_bytes()));
        line.insert_str(place, &seal);
        (self.entries, self.last) = (self.entries + 1, digest(line.as_bytes()));
        line
    }

    /// Goes one entry further, if that line is the next one and the key sealed it.
    pub(crate) fn takes(&mut self, line: &[u8], key: &Signer) -> bool {
        let sealed = self.is_next(line, key);
        if sealed {
            (self.entries, self.last) = (self.entries + 1, digest(line));
        }
        sealed
    }

    fn is_next(&self, line: &[u8], key: &Signer) -> bool {
        let Ok(Value::Object(mut fields)) = serde_json::from_slice(line) else { return false };
        let follows = fields.get("n").and_then(Value::as_u64) == Some(self.entries + 1)
            && fields.get("prev").and_then(Value::as_str) == Some(&self.last.to_string())
            && canonical(&fields).as_bytes() == line;
        let seal = fields.swap_remove(SEAL);
        let seal = seal.as_ref().and_then(Value::as_str);
        let is_sealed = |seal| key.has_sealed(&self.log, canonical(&fields).as_bytes(), seal);
        follows && seal.is_some_and(is_sealed)
    }
}
