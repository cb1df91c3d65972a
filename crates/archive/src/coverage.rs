//! How much of the known mail is here: one rule for everyone who says so.

use std::collections::BTreeSet;

use jiff::Timestamp;
use postern_local_index::search::{Coverage, MailboxCoverage};

use crate::MailboxStatus;

/// The coverage with what is known to be collected and is not here yet. Mail that was synced is as old
/// as the mailbox that was listed least lately.
///
/// ```
/// use postern_archive::search::Coverage;
/// use postern_archive::{MailboxStatus, with_synced};
///
/// let ann = MailboxStatus { address: "ann".into(), known: 5, here: 3, ..MailboxStatus::default() };
/// let coverage = with_synced(Coverage { indexed: 3, known: 3, ..Coverage::default() }, &[ann]);
/// assert_eq!((coverage.indexed, coverage.known), (3, 5));
/// ```
#[must_use]
pub fn with_synced(mut coverage: Coverage, synced: &[MailboxStatus]) -> Coverage {
    let mut seen = BTreeSet::new();
    for one in synced {
        let missing = one.known.saturating_sub(one.here);
        coverage.known += missing;
        let at = coverage.mailboxes.binary_search_by(|known| known.name.cmp(&one.address));
        let place = at.unwrap_or_else(|place| {
            let name = one.address.clone();
            coverage
                .mailboxes
                .insert(place, MailboxCoverage { name, ..MailboxCoverage::default() });
            place
        });
        if let Some(mailbox) = coverage.mailboxes.get_mut(place) {
            mailbox.known += missing;
            mailbox.in_archive_tier |= one.is_cold;
            mailbox.without_content += one.without_content;
            // One mailbox may be known from two sources, or have an archive beside it.
            let is_first = seen.insert(one.address.as_str());
            mailbox.as_of = if is_first { one.listed } else { mailbox.as_of.min(one.listed) };
        }
    }
    if !synced.is_empty() {
        coverage.as_of = oldest(synced);
    }
    coverage
}

/// Never, if that is true of one.
fn oldest(synced: &[MailboxStatus]) -> Option<Timestamp> {
    let listed: Option<Vec<_>> = synced.iter().map(|one| one.listed).collect();
    listed?.into_iter().min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    fn indexed(name: &str, indexed: u64) -> MailboxCoverage {
        MailboxCoverage {
            name: name.to_owned(),
            indexed,
            known: indexed,
            ..MailboxCoverage::default()
        }
    }

    fn synced(address: &str, known: u64, here: u64, listed: Option<Timestamp>) -> MailboxStatus {
        MailboxStatus {
            address: address.to_owned(),
            known,
            here,
            listed,
            ..MailboxStatus::default()
        }
    }

    #[test]
    fn what_is_not_here_yet_counts_as_known() {
        let index = || Coverage {
            indexed: 12,
            known: 13,
            as_of: time(90),
            mailboxes: vec![indexed("ann", 10), indexed("files", 2)],
            ..Coverage::default()
        };
        assert_eq!(with_synced(index(), &[]), index());
        let both = [synced("ann", 15, 10, time(70)), synced("bob", 4, 0, time(50))];
        let seen = with_synced(index(), &both);
        assert_eq!((seen.indexed, seen.known, seen.as_of), (12, 13 + 5 + 4, time(50)));
        let names: Vec<_> =
            seen.mailboxes.iter().map(|one| (one.name.as_str(), one.known)).collect();
        assert_eq!(names, [("ann", 15), ("bob", 4), ("files", 2)]);
        let drive = MailboxStatus { without_content: 8, ..synced("ann", 9, 8, time(80)) };
        let seen = with_synced(index(), &[synced("ann", 15, 10, time(70)), drive]);
        let ann = &seen.mailboxes[0];
        assert_eq!((ann.known, ann.as_of, ann.without_content), (10 + 5 + 1, time(70), 8));
        let unlisted = [synced("ann", 15, 10, time(70)), synced("bob", 4, 0, None)];
        assert_eq!(with_synced(index(), &unlisted).as_of, None);
    }
}
