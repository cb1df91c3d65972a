//! What of a query is about places, and what is about mail; and whether all mail of those places is here.

use std::time::Duration;

use jiff::Timestamp;
use postern_archive::{Archive, Status};
use postern_query::schema::StringField;
use postern_query::{Condition, Expr, Message, Place, Predicate, Query, Role, evaluate};

use crate::access::Mailboxes;

/// The stored mail of one source.
#[derive(Clone, Copy, Debug)]
pub(super) struct Here<'a> {
    pub(super) archive: &'a Archive,
    pub(super) source: &'a str,
}

impl Here<'_> {
    /// Whether all mailboxes that the query may find something in, of those that may be seen, were listed to their
    /// ends no longer ago than that, and all that was listed is indexed.
    pub(super) fn is_whole(
        self,
        divided: &Divided,
        mailboxes: &Mailboxes,
        fresh: Duration,
        now: Timestamp,
    ) -> bool {
        let listed = self.listed(divided, mailboxes);
        let age = listed.and_then(|listed| Duration::try_from(now.duration_since(listed)).ok());
        age.is_some_and(|age| age <= fresh)
    }

    fn listed(self, divided: &Divided, mailboxes: &Mailboxes) -> Option<Timestamp> {
        let files = divided.rest.has_room_for_files();
        if *mailboxes == Mailboxes::All && !divided.names_places() {
            return self.archive.whole(self.source, &[], files);
        }
        let status = self.archive.status().ok()?;
        let names = known(&status, self.source).filter(|name| {
            mailboxes.permits(Some(name)) && divided.may_lie_in(Some(name), self.source)
        });
        let names: Vec<_> = names.collect();
        (!names.is_empty()).then(|| self.archive.whole(self.source, &names, files))?
    }
}

/// The mailboxes that a source lists, also those of which nothing was brought here.
fn known<'s>(status: &'s Status, source: &str) -> impl Iterator<Item = &'s str> {
    let here = status.mailboxes.iter().filter(move |one| one.source == source);
    let of = status.sources.iter().filter(move |one| one.name == source);
    let not_here = of.flat_map(|one| one.empty.iter().map(|(name, _)| name.as_str()));
    here.map(|one| one.address.as_str()).chain(not_here)
}

/// A query in its two parts, both of which must hold.
#[derive(Clone, Debug)]
pub(crate) struct Divided {
    places: Vec<Condition>,
    /// What item search is asked for.
    pub(super) rest: Query,
}

impl Divided {
    pub(crate) fn of(query: &Query) -> Self {
        let simple = query.simplified().query;
        let parts = match simple.condition() {
            Expr::And(parts) => parts.clone(),
            other @ (Expr::Or(_) | Expr::Not(_) | Expr::Leaf(_)) => vec![other.clone()],
        };
        let (places, rest) = parts.into_iter().partition(|part| only(part, &is_of_place));
        Self { places, rest: Query::of(Expr::And(rest)) }
    }

    /// Whether it says anything about places.
    pub(super) fn names_places(&self) -> bool {
        !self.places.is_empty()
    }

    /// Whether it says anything about folders.
    pub(super) fn names_folders(&self) -> bool {
        !self.places.iter().all(|part| only(part, &|leaf| !is_folder(leaf)))
    }

    /// Whether a source may hold what is asked for, whatever its mailboxes are.
    pub(crate) fn may_come_from(&self, source: &str) -> bool {
        let of_source = self.places.iter().filter(|part| only(part, &is_source));
        holds(of_source, place(None, None, source))
    }

    /// Whether a mailbox may hold what is asked for, whatever its folders are.
    pub(super) fn may_lie_in(&self, mailbox: Option<&str>, source: &str) -> bool {
        let place = place(mailbox, None, source);
        let of_mailbox = self.places.iter().filter(|part| only(part, &|leaf| !is_folder(leaf)));
        holds(of_mailbox, place)
    }

    /// Whether what lies there may be what is asked for.
    pub(super) fn lies_at(
        &self,
        mailbox: Option<&str>,
        folder: Option<&str>,
        source: &str,
    ) -> bool {
        holds(self.places.iter(), place(mailbox, folder, source))
    }
}

fn place(mailbox: Option<&str>, folder: Option<&str>, source: &str) -> Place {
    Place {
        mailbox: mailbox.map(str::to_owned),
        folder: folder.map(str::to_owned),
        source: Some(source.to_owned()),
        ..Place::NOWHERE
    }
}

fn holds<'c>(mut parts: impl Iterator<Item = &'c Condition>, place: Place) -> bool {
    let message = Message { places: vec![place], ..Message::default() };
    parts.all(|part| evaluate(part, &message))
}

fn only(part: &Condition, test: &impl Fn(&Predicate) -> bool) -> bool {
    let mut all = true;
    part.for_each_leaf(&mut |leaf| all &= test(&leaf.value));
    all
}

fn is_of_place(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::String(field, _) => {
            matches!(field, StringField::Mailbox | StringField::Folder | StringField::Source)
        }
        Predicate::Person { roles, .. } => roles.iter().all(|role| *role == Role::Owner),
        Predicate::Text(_)
        | Predicate::Flag(..)
        | Predicate::Number(..)
        | Predicate::Instant(..)
        | Predicate::Recipient(..)
        | Predicate::Attachment(_)
        | Predicate::Category(_)
        | Predicate::Reference(_)
        | Predicate::Set(_) => false,
    }
}

const fn is_source(predicate: &Predicate) -> bool {
    matches!(predicate, Predicate::String(StringField::Source, _))
}

const fn is_folder(predicate: &Predicate) -> bool {
    matches!(predicate, Predicate::String(StringField::Folder, _))
}

#[cfg(test)]
mod tests {
    use postern_query::emit::aqs;
    use postern_query::{Context, parse};

    use super::*;

    fn divided(text: &str) -> Divided {
        Divided::of(&parse(text, &Context::utc(Timestamp::UNIX_EPOCH)).unwrap().query)
    }

    #[test]
    fn what_is_sent_and_where() {
        let table = [
            // the query, what is sent, whether Ann's inbox, Ann's trash and Bob's inbox are searched
            ("mailbox:ann@x.com subject:a", Some("subject:a"), [true, true, false]),
            ("in:inbox subject:a", Some("subject:a"), [true, false, true]),
            ("mailbox:ann@x.com in:inbox", None, [true, false, false]),
            ("(mailbox:ann@x.com OR mailbox:bob@x.com) subject:a", Some("subject:a"), [true; 3]),
            ("-in:trash subject:a", Some("subject:a"), [true, false, true]),
            ("source:backup subject:a", Some("subject:a"), [true; 3]),
            ("source:files subject:a", Some("subject:a"), [false; 3]),
            ("subject:a", Some("subject:a"), [true; 3]),
            ("*", None, [true; 3]),
        ];
        for (text, sent, searched) in table {
            let divided = divided(text);
            let rest = (!divided.rest.condition().is_everything())
                .then(|| aqs::compile(&divided.rest).sent.unwrap());
            assert_eq!(rest.as_deref(), sent, "{text}");
            let lies = |mailbox, folder| divided.lies_at(Some(mailbox), Some(folder), "backup");
            let real = [
                lies("ann@x.com", "Inbox"),
                lies("ann@x.com", "Trash"),
                lies("bob@x.com", "Inbox"),
            ];
            assert_eq!(real, searched, "{text}");
        }
    }

    #[test]
    fn a_source_is_ruled_out_by_its_name_alone() {
        let table = [
            // the query, whether it may find something at `datatap` and at `backup`
            ("invoice", [true, true]),
            ("mailbox:ann@x.com in:inbox", [true, true]),
            ("source:backup invoice", [false, true]),
            ("-source:backup mailbox:ann@x.com", [true, false]),
            ("(source:backup OR source:datatap) invoice", [true, true]),
            ("source:files", [false, false]),
            ("source:backup OR invoice", [true, true]),
        ];
        for (text, expected) in table {
            let divided = divided(text);
            let real = ["datatap", "backup"].map(|source| divided.may_come_from(source));
            assert_eq!(real, expected, "{text}");
        }
    }

    /// The text of item search has no word for a place, so an alternative to one cannot be said.
    #[test]
    fn an_alternative_to_a_place_stays_in_the_text() {
        let divided = divided("mailbox:ann@x.com OR subject:a");
        assert!(!divided.names_places());
        assert_eq!(aqs::compile(&divided.rest).sent, None);
    }
}
