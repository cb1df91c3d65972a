//! Where the people and the files stand that were looked for.

use std::collections::HashMap;
use std::ops::Range;

use postern_query::analysis::name_words;
use postern_query::analysis::{Token, lower_case, terms};
use postern_query::evaluate::{people, person_matches, recipients, string_matches};
use postern_query::pattern::Wildcard;
use postern_query::schema::{RecipientList, StringField, TextField};
use postern_query::{
    Attachment, AttachmentTest, Condition, Expr, Message, PersonPattern, Predicate, Recipient,
    RecipientTest, Role, Span, StringTest, TextPattern, TextTest,
};

use super::needle::{Finder, ranges};
use crate::search::snippet::disjoint;
use crate::search::work::Counter;

/// Units to ask whether a person or a file is meant.
const PERSON: u64 = 200;

/// People of a list, and attachments, in which matches are marked.
pub(super) const MOST_MARKED: usize = 100;

/// Byte ranges of a text that match.
pub type Ranges = Vec<Range<usize>>;

/// Where a person matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonRanges {
    /// In the display name.
    pub name: Ranges,
    /// In the address.
    pub address: Ranges,
}

/// What a condition wants of people and files: not what must not be there.
#[derive(Debug, Default)]
pub(crate) struct Wanted<'a> {
    texts: Vec<&'a TextTest>,
    finders: HashMap<TextField, Finder<'a>>,
    strings: Vec<(StringField, &'a StringTest)>,
    recipients: Vec<(RecipientList, &'a RecipientTest)>,
    people: Vec<(&'a [Role], &'a PersonPattern)>,
    files: Vec<&'a AttachmentTest>,
}

impl<'a> Wanted<'a> {
    pub(crate) fn of(condition: &'a Condition) -> Self {
        let mut wanted = Self::default();
        positive(condition, true, &mut |leaf| wanted.add(&leaf.value));
        let others =
            |field: &&TextField| !TextField::DEFAULT.contains(field) && field.whose().is_none();
        for field in TextField::ALL.iter().filter(others) {
            let tests = wanted.texts.iter().filter(|test| test.searched().contains(field));
            let patterns: Vec<_> = tests.map(|test| &test.pattern).collect();
            if !patterns.is_empty() {
                wanted.finders.insert(*field, Finder::of(&patterns));
            }
        }
        wanted
    }

    fn add(&mut self, predicate: &'a Predicate) {
        match predicate {
            Predicate::Text(test) => self.texts.push(test),
            Predicate::String(field, test) => self.strings.push((*field, test)),
            Predicate::Recipient(list, test) => {
                positive(test, true, &mut |test| self.recipients.push((*list, test)));
            }
            Predicate::Person { roles, pattern } => self.people.push((roles, pattern)),
            Predicate::Attachment(test) => {
                positive(test, true, &mut |test| self.files.push(test));
            }
            Predicate::Flag(..)
            | Predicate::Number(..)
            | Predicate::Instant(..)
            | Predicate::Category(_)
            | Predicate::Reference(_)
            | Predicate::Set(_) => {}
        }
    }

    /// Where the sender matches.
    pub(crate) fn sender(&self, message: &Message, counter: &mut Counter) -> PersonRanges {
        let mut found = PersonRanges::default();
        for sender in people(Role::From, message).iter() {
            let fields = [TextField::FromName, TextField::FromAddress];
            found = self.person(Role::From, sender, fields, counter);
            for (field, test) in &self.strings {
                match field {
                    StringField::FromName => whole(test, sender.name.as_ref(), &mut found.name),
                    StringField::FromAddress => {
                        whole(test, sender.address.as_ref(), &mut found.address);
                    }
                    StringField::Id
                    | StringField::InternetMessageId
                    | StringField::ConversationId
                    | StringField::Subject
                    | StringField::Importance
                    | StringField::Mailbox
                    | StringField::Folder
                    | StringField::ItemId
                    | StringField::FragmentId
                    | StringField::ListId
                    | StringField::Kind
                    | StringField::Newest
                    | StringField::Source => {}
                }
            }
        }
        found.tidied()
    }

    /// Where each recipient of a list matches.
    pub(crate) fn recipients(
        &self,
        list: RecipientList,
        message: &Message,
        counter: &mut Counter,
    ) -> Vec<PersonRanges> {
        let role = match list {
            RecipientList::To => Role::To,
            RecipientList::Cc => Role::Cc,
            RecipientList::Bcc => Role::Bcc,
        };
        let ranges = |person: &Recipient| {
            let mut found = self.person(role, person, list.words(), counter);
            for (_, test) in self.recipients.iter().filter(|(of, _)| *of == list) {
                match test {
                    RecipientTest::Name(test) => whole(test, person.name.as_ref(), &mut found.name),
                    RecipientTest::Address(test) => {
                        whole(test, person.address.as_ref(), &mut found.address);
                    }
                }
            }
            found.tidied()
        };
        recipients(list, message).iter().take(MOST_MARKED).map(ranges).collect()
    }

    fn person(
        &self,
        role: Role,
        person: &Recipient,
        [name, address]: [TextField; 2],
        counter: &mut Counter,
    ) -> PersonRanges {
        let mut found = PersonRanges {
            name: self.words(name, person.name.as_deref().unwrap_or_default(), counter),
            address: self.words(address, person.address.as_deref().unwrap_or_default(), counter),
        };
        for (_, pattern) in self.people.iter().filter(|(roles, _)| roles.contains(&role)) {
            if counter.count(PERSON) && person_matches(pattern, person) {
                found.add(pattern, person);
            }
        }
        found
    }

    fn words(&self, field: TextField, text: &str, counter: &mut Counter) -> Ranges {
        let Some(finder) = self.finders.get(&field) else { return Vec::new() };
        finder.matches(text, counter).into_iter().map(|found| found.range).collect()
    }

    /// Where the name of each attachment matches.
    pub(crate) fn attachments(&self, message: &Message, counter: &mut Counter) -> Vec<Ranges> {
        let files = message.attachments.iter().take(MOST_MARKED);
        let mut found: Vec<_> = files.map(|file| self.file(file, counter)).collect();
        if let (Some(file), Some(ranges)) = (message.file(), found.first_mut()) {
            ranges.extend(self.own_name(file.name.as_deref().unwrap_or_default(), counter));
            *ranges = disjoint(std::mem::take(ranges));
        }
        found
    }

    /// Where the name of a file matches that did not come with mail.
    fn own_name(&self, name: &str, counter: &mut Counter) -> Ranges {
        let mut found = self.words(TextField::FileName, name, counter);
        let searched = |test: &&&TextTest| test.searched().contains(&TextField::FileName);
        for test in self.texts.iter().filter(searched).take_while(|_| counter.count(PERSON)) {
            found.extend(ranges(&test.pattern, &tokens(name)));
        }
        found
    }

    fn file(&self, file: &Attachment, counter: &mut Counter) -> Ranges {
        let name = file.name.as_deref().unwrap_or_default();
        let mut found = self.words(TextField::AttachmentName, name, counter);
        let tests = self.files.iter().take_while(|_| counter.count(PERSON));
        tests.for_each(|test| found.extend(in_file_name(test, file, name)));
        disjoint(found)
    }
}

/// The leaves that are not under an odd number of negations.
fn positive<'a, L>(expr: &'a Expr<L>, wanted: bool, each: &mut impl FnMut(&'a L)) {
    match expr {
        Expr::And(parts) | Expr::Or(parts) => {
            parts.iter().for_each(|part| positive(part, wanted, each));
        }
        Expr::Not(inner) => positive(inner, !wanted, each),
        Expr::Leaf(leaf) if wanted => each(leaf),
        Expr::Leaf(_) => {}
    }
}

/// A value that passes, as a whole.
fn whole(test: &StringTest, value: Option<&String>, found: &mut Ranges) {
    let value = value.filter(|value| string_matches(test, Some(value)) && !value.is_empty());
    found.extend(value.map(|value| 0..value.len()));
}

impl PersonRanges {
    fn tidied(self) -> Self {
        Self { name: disjoint(self.name), address: disjoint(self.address) }
    }

    /// What makes a person one of those that are meant.
    pub(super) fn add(&mut self, pattern: &PersonPattern, person: &Recipient) {
        let address = person.address.as_deref().unwrap_or_default();
        let name = person.name.as_deref().unwrap_or_default();
        let at = address.rfind('@').unwrap_or(address.len());
        let local = address.get(..at).unwrap_or_default();
        let domain = (at + 1).min(address.len())..address.len();
        match pattern {
            PersonPattern::Address(_) | PersonPattern::AddressShaped(_) => {
                self.address.push(0..address.len());
            }
            PersonPattern::DomainOrLocal(text) if lower_case(local) == text.as_str() => {
                self.address.push(0..local.len());
            }
            PersonPattern::Domain(_)
            | PersonPattern::SubDomains(_)
            | PersonPattern::DomainOrLocal(_) => self.address.push(domain),
            PersonPattern::Words(text) => {
                self.address.extend(machine_words(local, name_words(text)));
                self.name.extend(phrase(name, text));
            }
            PersonPattern::NamePhrase(text) => self.name.extend(phrase(name, text)),
            PersonPattern::Shaped(shape) => {
                self.address.extend(shaped(local, shape));
                self.name.extend(ranges(&TextPattern::Wildcard(shape.clone()), &cut(name)));
            }
        }
    }
}

fn cut(text: &str) -> Vec<Token> {
    postern_query::analysis::tokens(text).collect()
}

fn phrase(text: &str, wanted: &str) -> Ranges {
    let wanted = terms(wanted);
    if wanted.is_empty() { Vec::new() } else { ranges(&TextPattern::Phrase(wanted), &cut(text)) }
}

pub(super) fn in_file_name(test: &AttachmentTest, file: &Attachment, name: &str) -> Ranges {
    match test {
        AttachmentTest::Name(test) => {
            let mut found = Vec::new();
            whole(test, file.name.as_ref(), &mut found);
            found
        }
        AttachmentTest::Named(text) if lower_case(name) == lower_case(text) => {
            std::iter::once(0..name.len()).collect()
        }
        AttachmentTest::Extension(text) => extension(name, text).into_iter().collect(),
        AttachmentTest::Words(words) => machine_words(name, words.clone()),
        AttachmentTest::Shaped(shape) => shaped(name, shape),
        AttachmentTest::Named(_) | AttachmentTest::ContentType(_) | AttachmentTest::Size(_) => {
            Vec::new()
        }
    }
}

fn extension(name: &str, wanted: &str) -> Option<Range<usize>> {
    let mut dots = name.match_indices('.').map(|(dot, _)| dot + 1);
    let start = dots.find(|start| name.get(*start..).map(lower_case).as_deref() == Some(wanted))?;
    (start < name.len()).then_some(start..name.len())
}

/// The words of a name that machines made, next to each other.
fn machine_words(name: &str, words: Vec<String>) -> Ranges {
    if words.is_empty() {
        return Vec::new();
    }
    ranges(&TextPattern::Phrase(words), &tokens(name))
}

/// The whole of a name of this shape, else its words that have it.
fn shaped(name: &str, shape: &Wildcard) -> Ranges {
    if !name.is_empty() && shape.matches(&lower_case(name)) {
        return std::iter::once(0..name.len()).collect();
    }
    ranges(&TextPattern::Wildcard(shape.clone()), &tokens(name))
}

/// As [`name_words`] cuts, with their places.
fn tokens(name: &str) -> Vec<Token> {
    let (mut tokens, mut start) = (Vec::new(), 0);
    for part in name.split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
        if !word.is_empty() {
            let span = Span::new(start, start + word.len());
            tokens.push(Token { text: lower_case(word), span });
        }
        start += part.len();
    }
    tokens
}

#[cfg(test)]
mod tests {
    use postern_query::{Context, odata, parse};

    use super::*;
    use crate::search::Work;
    use crate::search::snippet::Needles;

    fn marked(text: Option<&str>, ranges: &Ranges) -> String {
        let mut marked = text.unwrap_or_default().to_owned();
        for range in ranges.iter().rev() {
            marked.insert(range.end, ']');
            marked.insert(range.start, '[');
        }
        marked
    }

    fn person(name: &str, address: &str) -> Recipient {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Recipient { name: some(name), address: some(address) }
    }

    fn message() -> Message {
        let file = |name: &str| Attachment { name: Some(name.into()), ..Attachment::default() };
        Message {
            from_name: Some("Élise Smith".into()),
            from_address: Some("Elise.Smith@Mail.Contoso.com".into()),
            to_recipients: vec![person("Bob", "bob@x.example"), person("", "Elise@x.example")],
            attachments: vec![file("Q3_report.PDF"), file("photo.jpeg")],
            ..Message::default()
        }
    }

    /// The sender, the recipients and the attachments with what matches in brackets.
    fn shown(condition: &Condition) -> String {
        let message = message();
        let snippet = Needles::of(condition).snippet(
            &message,
            0,
            1 << 20,
            None,
            &mut Work::unlimited().meter("x").counter(),
        );
        let one = |person: &Recipient, ranges: &PersonRanges| {
            let name = marked(person.name.as_deref(), &ranges.name);
            format!("{name}<{}>", marked(person.address.as_deref(), &ranges.address))
        };
        let sender = person("Élise Smith", "Elise.Smith@Mail.Contoso.com");
        let mut parts = vec![one(&sender, &snippet.from)];
        let to = message.to_recipients.iter().zip(&snippet.to);
        parts.extend(to.map(|(person, ranges)| one(person, ranges)));
        let files = message.attachments.iter().zip(&snippet.attachments);
        parts.extend(files.map(|(file, ranges)| marked(file.name.as_deref(), ranges)));
        parts.retain(|part| part.contains('['));
        parts.join(", ")
    }

    #[track_caller]
    fn check(typed: &str, expected: &str) {
        let context = Context::utc(jiff::Timestamp::UNIX_EPOCH);
        let query = parse(typed, &context).unwrap().query;
        assert_eq!(shown(query.condition()), expected, "{typed}");
    }

    #[test]
    fn people() {
        check("from:smith", "Élise [Smith]<Elise.[Smith]@Mail.Contoso.com>");
        check("from:\"élise smith\"", "[Élise Smith]<Elise.Smith@Mail.Contoso.com>");
        check("from:@mail.contoso.com", "Élise Smith<Elise.Smith@[Mail.Contoso.com]>");
        check("from:*.contoso.com", "Élise Smith<Elise.Smith@[Mail.Contoso.com]>");
        check("from:elise.smith@mail.contoso.com", "Élise Smith<[Elise.Smith@Mail.Contoso.com]>");
        check("to:eli*", "<[Elise]@x.example>");
        check("to:bob", "[Bob]<[bob]@x.example>");
        check(
            "participants:elise",
            "Élise Smith<[Elise].Smith@Mail.Contoso.com>, <[Elise]@x.example>",
        );
        check("-from:smith to:bob", "[Bob]<[bob]@x.example>");
        check("smith", "");
    }

    #[test]
    fn attachments() {
        check("filename:report", "Q3_[report].PDF");
        check("filename:q3_report.pdf", "[Q3_report.PDF]");
        check("ext:pdf", "Q3_report.[PDF]");
        check("filename:pho*", "[photo.jpeg]");
    }

    /// Words find a file by its name, and an attachment by nothing but its own operator.
    #[test]
    fn the_name_of_a_file() {
        for (kind, typed, expected) in [
            (Some("file"), "report", "Q3_[report].PDF"),
            (Some("file"), "Q3_report.pdf", "[Q3_report.PDF]"),
            (Some("file"), "rep*", "Q3_[report].PDF"),
            (Some("file"), "body:report", "Q3_report.PDF"),
            (None, "report", "Q3_report.PDF"),
        ] {
            let message = Message { kind: kind.map(str::to_owned), ..message() };
            let context = Context::utc(jiff::Timestamp::UNIX_EPOCH);
            let query = parse(typed, &context).unwrap().query;
            let mut counter = Work::unlimited().meter("x").counter();
            let snippet =
                Needles::of(query.condition()).snippet(&message, 0, 1 << 20, None, &mut counter);
            let name = message.attachments[0].name.as_deref();
            assert_eq!(marked(name, &snippet.attachments[0]), expected, "{kind:?} {typed}");
        }
    }

    #[test]
    fn exact_values_and_text() {
        let filter = "toRecipients/any(r: r/address eq 'bob@x.example' and r/name ne 'Elise')";
        let query = odata::parse_filter(filter).unwrap();
        assert_eq!(shown(query.condition()), "Bob<[bob@x.example]>");
        let query = odata::parse_filter("fromAddress eq 'Elise.Smith@Mail.Contoso.com'").unwrap();
        assert_eq!(shown(query.condition()), "Élise Smith<[Elise.Smith@Mail.Contoso.com]>");
        let query = odata::parse_filter("search.ismatch('bob', 'toRecipients/name')").unwrap();
        assert_eq!(shown(query.condition()), "[Bob]<bob@x.example>");
    }
}
