//! Values of the index that begin with what was typed.
//!
//! Only the part of a dictionary that begins so is walked. Capitals do not matter for finding; the
//! spellings that occur are told as they are.

use std::collections::BTreeMap;

use postern_query::analysis::lower_case;
use postern_query::schema::StringField;
use postern_query::{PeopleField, Query, Role};
use tantivy::schema::Field;
use tantivy::{BitSet, SegmentReader};
use tantivy_fst::Automaton;

use super::best::{Best, Counted};
use crate::Error;
use crate::format::schema;
use crate::format::terms::{Kind, is_regular};
use crate::search::compile::chosen::choose;
use crate::search::tally::{apart, count};
use crate::search::work::{Meter, TERM};
use crate::search::{Asker, Index, Scope};

/// What kind of value is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion<'a> {
    /// Addresses of people in these roles.
    Address(&'a [Role]),
    /// Display names of people in these roles.
    Name(&'a [Role]),
    /// Domains of people in these roles, in lower case.
    Domain(&'a [Role]),
    /// Folders.
    Folder,
    /// Mailboxes.
    Mailbox,
    /// Categories.
    Category,
    /// Names of attachments.
    AttachmentName,
    /// Ends of such names after a dot, in lower case.
    Extension,
    /// Mailing lists.
    ListId,
    /// Sources.
    Source,
}

/// A value that begins with what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Its most frequent spelling.
    pub value: String,
    /// How many messages have it, in any spelling; one that has it in two roles counts twice.
    pub count: usize,
    /// Every spelling of capitals, the most frequent first.
    pub spellings: Vec<Counted>,
}

impl Suggestion {
    /// The `most` most frequent of values that begin with `typed`, which is in lower case. Each is a spelling with
    /// the number of messages that have it.
    ///
    /// ```
    /// use postern_local_index::search::Suggestion;
    ///
    /// let counted = [("Ann", 2), ("ann", 1), ("bob", 9)].map(|(text, count)| (text.to_owned(), count));
    /// let found = Suggestion::most_frequent(counted, "a", 5);
    /// assert_eq!((found[0].value.as_str(), found[0].count, found.len()), ("Ann", 3, 1));
    /// ```
    #[must_use]
    pub fn most_frequent(
        counted: impl IntoIterator<Item = (String, usize)>,
        typed: &str,
        most: usize,
    ) -> Vec<Self> {
        let mut found = Spellings::default();
        counted.into_iter().for_each(|(value, count)| add(&mut found, &value, count, typed));
        best(&found, most)
    }
}

impl Index {
    /// The `most` most frequent values that begin with `typed`, whatever its capitals, in the messages
    /// that match `within`.
    ///
    /// ```no_run
    /// use postern_local_index::search::{Asker, Completion, Index};
    /// use postern_query::{Query, Role};
    ///
    /// let (index, all) = (Index::open("data".as_ref())?, Query::everything());
    /// let asker = Asker::unlimited();
    /// for sender in index.complete(&all, Completion::Address(&[Role::From]), "ali", 10, &asker)? {
    ///     println!("{} ({})", sender.value, sender.count);
    /// }
    /// # Ok::<(), postern_local_index::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the question costs too much work or is stopped, or the index cannot be read.
    pub fn complete(
        &self,
        within: &Query,
        completion: Completion<'_>,
        typed: &str,
        most: usize,
        asker: &Asker,
    ) -> Result<Vec<Suggestion>, Error> {
        let searcher = self.searcher();
        let typed = lower_case(typed);
        let plan = self.plan(&searcher, within, asker)?;
        let living = choose(&searcher, &plan)?;
        let meter = asker.work.meter("completion");
        let mut found = Spellings::default();
        for source in sources(completion) {
            let field = of_place(source.0).filter(|_| asker.scope != Scope::All);
            let several =
                field.map(|of| apart(&searcher, of, living.segments(), &asker.scope, &meter));
            let several = several.transpose()?;
            for (value, count) in several.iter().flat_map(|several| &several.counts) {
                add(&mut found, value, *count, &typed);
            }
            let living =
                several.as_ref().map_or(living.segments(), |several| &several.in_one_place);
            for (reader, living) in searcher.segment_readers().iter().zip(living) {
                gather((reader, living), source, &typed, &meter, &mut found)?;
            }
        }
        Ok(best(&found, most))
    }
}

/// By the value in lower case, its spellings and how many messages have each.
type Spellings = BTreeMap<String, BTreeMap<String, usize>>;

/// The fields to look into, and what the terms of interest begin with.
fn sources(completion: Completion<'_>) -> Vec<(Field, &'static str)> {
    let whole = |field| vec![(schema::whole(field), "")];
    let people = |roles: &[Role], kind: Kind| -> Vec<(Field, &'static str)> {
        roles.iter().map(|role| (schema::people(*role), kind.prefix())).collect()
    };
    match completion {
        Completion::Address(roles) => roles.iter().map(|role| address(*role)).collect(),
        Completion::Name(roles) => roles.iter().filter_map(|role| name(*role)).collect(),
        // Whose a mailbox is, is said by its name.
        Completion::Domain(roles) => {
            let others: Vec<_> =
                roles.iter().copied().filter(|role| *role != Role::Owner).collect();
            people(&others, Kind::Domain)
        }
        Completion::Folder => whole(StringField::Folder),
        Completion::Mailbox => whole(StringField::Mailbox),
        Completion::Category => vec![(schema::CATEGORY, "")],
        Completion::AttachmentName => vec![(schema::ATTACHMENT_NAME, "")],
        Completion::Extension => vec![(schema::FILE_NAMES, Kind::Extension.prefix())],
        Completion::ListId => whole(StringField::ListId),
        Completion::Source => whole(StringField::Source),
    }
}

fn address(role: Role) -> (Field, &'static str) {
    match role.field() {
        PeopleField::Sender => (schema::whole(StringField::FromAddress), ""),
        PeopleField::List(list) => (schema::recipient_address(list), ""),
        // Its terms are in lower case. The index has no terms of other spellings.
        PeopleField::Header(_) => (schema::people(role), Kind::Address.prefix()),
        PeopleField::Mailbox => (schema::whole(StringField::Mailbox), ""),
    }
}

fn name(role: Role) -> Option<(Field, &'static str)> {
    match role.field() {
        PeopleField::Sender => Some((schema::whole(StringField::FromName), "")),
        PeopleField::List(list) => Some((schema::recipient_name(list), "")),
        PeopleField::Header(_) | PeopleField::Mailbox => None,
    }
}

fn gather(
    (reader, living): (&SegmentReader, &BitSet),
    (field, kind): (Field, &str),
    typed: &str,
    meter: &Meter,
    found: &mut Spellings,
) -> Result<(), Error> {
    let index = reader.inverted_index(field)?;
    let start = format!("{kind}{typed}");
    let exact = kind.len();
    let mut terms = index.terms().search(Beginning { start: &start, exact }).into_stream()?;
    while terms.advance() {
        meter.pay(TERM)?;
        let Some(value) = std::str::from_utf8(terms.key()).ok().and_then(|key| key.get(exact..))
        else {
            continue;
        };
        if is_wanted(value, &lower_case(value), typed) {
            let count = count(&index, terms.value(), living, meter)?;
            add(found, value, count, typed);
        }
    }
    Ok(())
}

/// One that was cut to be a term is no spelling of anything.
fn is_wanted(value: &str, lower: &str, typed: &str) -> bool {
    lower.starts_with(typed) && !lower.is_empty() && is_regular(value)
}

fn add(found: &mut Spellings, value: &str, count: usize, typed: &str) {
    let lower = lower_case(value);
    if count > 0 && is_wanted(value, &lower, typed) {
        *found.entry(lower).or_default().entry(value.to_owned()).or_default() += count;
    }
}

/// The field of places that these terms are of.
fn of_place(field: Field) -> Option<StringField> {
    let mut fields = StringField::ALL.iter().filter(|field| field.is_of_place());
    fields.find(|one| schema::whole(**one) == field).copied()
}

fn best(found: &Spellings, most: usize) -> Vec<Suggestion> {
    let mut best = Best::new(most);
    found.iter().for_each(|(lower, spellings)| best.offer(lower, spellings.values().sum()));
    let (values, _) = best.finish();
    let suggestion = |Counted { value: lower, count }: Counted| {
        let spellings = sorted(found.get(&lower)?);
        let value = spellings.first()?.value.clone();
        Some(Suggestion { value, count, spellings })
    };
    values.into_iter().filter_map(suggestion).collect()
}

fn sorted(spellings: &BTreeMap<String, usize>) -> Vec<Counted> {
    let mut best = Best::new(spellings.len());
    spellings.iter().for_each(|(spelling, count)| best.offer(spelling, *count));
    best.finish().0
}

/// Leads through a dictionary to what begins so in whatever case. A letter that is not plain may have
/// another length in the other case: what stands behind it is not looked at here.
struct Beginning<'a> {
    start: &'a str,
    /// Bytes at the start whose case matters.
    exact: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    /// So many bytes are as they should be.
    Bytes(usize),
    /// Anything may follow.
    Anything,
    Nothing,
}

impl Automaton for Beginning<'_> {
    type State = Reached;

    fn start(&self) -> Reached {
        if self.start.is_empty() { Reached::Anything } else { Reached::Bytes(0) }
    }

    fn is_match(&self, state: &Reached) -> bool {
        *state == Reached::Anything
    }

    fn can_match(&self, state: &Reached) -> bool {
        *state != Reached::Nothing
    }

    fn accept(&self, state: &Reached, byte: u8) -> Reached {
        let Reached::Bytes(reached) = *state else { return *state };
        let Some(wanted) = self.start.as_bytes().get(reached) else { return Reached::Anything };
        let is_same =
            byte == *wanted || reached >= self.exact && byte.to_ascii_lowercase() == *wanted;
        if reached >= self.exact && !byte.is_ascii() {
            Reached::Anything
        } else if !is_same {
            Reached::Nothing
        } else if reached + 1 == self.start.len() {
            Reached::Anything
        } else {
            Reached::Bytes(reached + 1)
        }
    }
}

#[cfg(test)]
mod tests {
    use postern_query::{Attachment, Message, Recipient};

    use super::*;
    use crate::testing::{index_of, place};

    fn message(id: &str, from: &str, name: &str, to: &[&str]) -> Message {
        let recipient =
            |address: &&str| Recipient { name: None, address: Some((*address).to_owned()) };
        let file = Attachment { name: Some("Q3.Report.PDF".into()), ..Attachment::default() };
        Message {
            id: id.into(),
            from_address: Some(from.into()),
            from_name: Some(name.into()),
            to_recipients: to.iter().map(recipient).collect(),
            places: vec![place("me@x.example", "Inbox/Élan")],
            list_id: Some("dev.lists.example".into()),
            categories: vec!["Red".into()],
            attachments: vec![file],
            ..Message::default()
        }
    }

    fn parts() -> [Vec<Message>; 3] {
        [
            vec![message("gone", "alina@x.example", "Alina", &[])],
            vec![
                message("1", "alice@x.example", "Alice", &["Bob@Y.example"]),
                message("2", "Alice@X.example", "Alice B", &["bob@y.example", "al@y.example"]),
                message("gone", "al@x.example", "\u{212a}arl", &[]),
            ],
            vec![message("4", "alice@x.example", "ÉLISE", &["bob@y.example"])],
        ]
    }

    #[track_caller]
    fn check(completion: Completion<'_>, typed: &str, expected: &[&str]) {
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), &parts());
        let found = index
            .complete(&Query::everything(), completion, typed, 3, &Asker::unlimited())
            .unwrap();
        let shown = found.iter().map(|one| {
            let spellings = one.spellings.iter().map(|one| format!("{} {}", one.value, one.count));
            format!("{} {}: {}", one.value, one.count, spellings.collect::<Vec<_>>().join(", "))
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{completion:?} {typed}");
    }

    #[test]
    fn addresses_and_names() {
        let alice = "alice@x.example 3: alice@x.example 2, Alice@X.example 1";
        let al = "al@x.example 1: al@x.example 1";
        check(Completion::Address(&[Role::From]), "AL", &[alice, al]);
        check(Completion::Address(&[Role::From]), "alice@X", &[alice]);
        check(Completion::Address(&[Role::From]), "alina", &[]);
        let bob = "bob@y.example 3: bob@y.example 2, Bob@Y.example 1";
        check(Completion::Address(&[Role::To]), "b", &[bob]);
        let all = [Role::From, Role::To];
        let other = "al@y.example 1: al@y.example 1";
        check(Completion::Address(&all), "al", &[alice, al, other]);
        check(Completion::Name(&all), "alice", &["Alice 1: Alice 1", "Alice B 1: Alice B 1"]);
        check(Completion::Domain(&[Role::From]), "X.", &["x.example 4: x.example 4"]);
    }

    #[test]
    fn letters_that_are_not_plain() {
        check(Completion::Name(&[Role::From]), "élise", &["ÉLISE 1: ÉLISE 1"]);
        check(Completion::Name(&[Role::From]), "karl", &["\u{212a}arl 1: \u{212a}arl 1"]);
        check(Completion::Folder, "inbox/É", &["Inbox/Élan 4: Inbox/Élan 4"]);
        check(Completion::Folder, "inbox/e", &[]);
    }

    #[test]
    fn other_values() {
        check(Completion::Mailbox, "ME", &["me@x.example 4: me@x.example 4"]);
        check(Completion::Category, "", &["Red 4: Red 4"]);
        check(Completion::AttachmentName, "q3", &["Q3.Report.PDF 4: Q3.Report.PDF 4"]);
        check(Completion::Extension, "p", &["pdf 4: pdf 4"]);
        check(Completion::Extension, "P", &["pdf 4: pdf 4"]);
        check(Completion::ListId, "dev", &["dev.lists.example 4: dev.lists.example 4"]);
    }
    #[test]
    fn only_the_messages_within_count() {
        let data = tempfile::tempdir().unwrap();
        let index = index_of(data.path(), &parts());
        let one = postern_query::odata::parse_filter("id eq '4'").unwrap();
        let from = Completion::Address(&[Role::From]);
        let found = index.complete(&one, from, "", 9, &Asker::unlimited()).unwrap();
        assert_eq!(
            (found.len(), found[0].value.as_str(), found[0].count),
            (1, "alice@x.example", 1)
        );
    }
}
