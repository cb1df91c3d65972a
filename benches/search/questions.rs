//! One question of each kind: in Postern's language, as a query of the engine, and for `notmuch`.

use std::ops::Bound;

use tantivy::Term;
use tantivy::query::{BooleanQuery, Occur, PhraseQuery, Query, RangeQuery, RegexQuery, TermQuery};
use tantivy::schema::IndexRecordOption;

use crate::floor::{BODY, Bare, HAS_ATTACHMENT, RECEIVED, SENDER, SUBJECT};
use crate::picked::Picked;

type Part = Box<dyn Query>;

/// A kind of question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    Word,
    RareWord,
    TwoWords,
    Phrase,
    Sender,
    Domain,
    Subject,
    DateRange,
    HasAttachment,
    Combination,
    OrGroup,
    Negation,
    Prefix,
}

impl Question {
    pub(crate) const ALL: [Self; 13] = [
        Self::Word,
        Self::RareWord,
        Self::TwoWords,
        Self::Phrase,
        Self::Sender,
        Self::Domain,
        Self::Subject,
        Self::DateRange,
        Self::HasAttachment,
        Self::Combination,
        Self::OrGroup,
        Self::Negation,
        Self::Prefix,
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|question| question.name() == name)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Word => "word",
            Self::RareWord => "rare word",
            Self::TwoWords => "two words",
            Self::Phrase => "phrase",
            Self::Sender => "sender",
            Self::Domain => "domain",
            Self::Subject => "subject",
            Self::DateRange => "date range",
            Self::HasAttachment => "has attachment",
            Self::Combination => "combination",
            Self::OrGroup => "or group",
            Self::Negation => "negation",
            Self::Prefix => "prefix",
        }
    }

    /// Whether nothing is said about relevance.
    pub(crate) const fn is_unscored(self) -> bool {
        matches!(
            self,
            Self::Sender | Self::Domain | Self::Subject | Self::DateRange | Self::HasAttachment
        )
    }

    /// In Postern's language.
    pub(crate) fn text(self, picked: &Picked) -> String {
        let Picked { rare, sender, domain, first, end } = picked;
        let dates = format!("after:{first} before:{end}");
        match self {
            Self::Word => "problem".into(),
            Self::RareWord => rare.clone(),
            Self::TwoWords => "please help".into(),
            Self::Phrase => "\"would like\"".into(),
            Self::Sender => format!("from:{sender}"),
            Self::Domain => format!("from:@{domain}"),
            Self::Subject => "subject:problem".into(),
            Self::DateRange => dates,
            Self::HasAttachment => "has:attachment".into(),
            Self::Combination => format!("please from:@{domain} {dates}"),
            Self::OrGroup => "(problem OR error OR question)".into(),
            Self::Negation => "please -help".into(),
            Self::Prefix => "messag*".into(),
        }
    }

    /// As `notmuch` takes it.
    pub(crate) fn notmuch(self, picked: &Picked) -> String {
        let Picked { sender, domain, first, end, .. } = picked;
        let dates = format!("date:{first}..{end}");
        match self {
            Self::Sender => format!("from:{sender}"),
            Self::Domain => format!("from:{domain}"),
            Self::DateRange => dates,
            Self::HasAttachment => "tag:attachment".into(),
            Self::Combination => format!("please from:{domain} {dates}"),
            Self::Negation => "please and not help".into(),
            Self::Word
            | Self::RareWord
            | Self::TwoWords
            | Self::Phrase
            | Self::Subject
            | Self::OrGroup
            | Self::Prefix => self.text(picked),
        }
    }

    /// As a query of the engine.
    pub(crate) fn floor(self, bare: &Bare, picked: &Picked) -> Part {
        let Picked { rare, sender, domain, .. } = picked;
        let words = [SUBJECT, BODY];
        let word = |text: &str| any(words.map(|field| term(bare, field, text)));
        let from = |kind: char, text: &str| term(bare, SENDER, &format!("{kind}{text}"));
        match self {
            Self::Word => word("problem"),
            Self::RareWord => word(rare),
            Self::TwoWords => all([word("please"), word("help")]),
            Self::Phrase => any(words.map(|field| phrase(bare, field, ["would", "like"]))),
            Self::Sender => from('a', sender),
            Self::Domain => from('d', domain),
            Self::Subject => term(bare, SUBJECT, "problem"),
            Self::DateRange => range(bare, picked),
            Self::HasAttachment => has_attachment(bare),
            Self::Combination => all([word("please"), from('d', domain), range(bare, picked)]),
            Self::OrGroup => any([word("problem"), word("error"), word("question")]),
            Self::Negation => without(word("please"), word("help")),
            Self::Prefix => any(words.map(|field| starting(bare, field, "messag"))),
        }
    }
}

fn term(bare: &Bare, field: &str, text: &str) -> Part {
    frequent(Term::from_field_text(bare.field(field), text))
}

fn frequent(term: Term) -> Part {
    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
}

fn has_attachment(bare: &Bare) -> Part {
    frequent(Term::from_field_bool(bare.field(HAS_ATTACHMENT), true))
}

fn phrase(bare: &Bare, field: &str, texts: [&str; 2]) -> Part {
    let terms = texts.map(|text| Term::from_field_text(bare.field(field), text));
    Box::new(PhraseQuery::new(terms.to_vec()))
}

fn starting(bare: &Bare, field: &str, text: &str) -> Part {
    Box::new(RegexQuery::from_pattern(&format!("{text}.*"), bare.field(field)).unwrap())
}

fn range(bare: &Bare, picked: &Picked) -> Part {
    let bound = |date: &jiff::civil::Date| {
        let midnight = date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        Term::from_field_i64(bare.field(RECEIVED), midnight.as_millisecond())
    };
    let (first, end) = (bound(&picked.first), bound(&picked.end));
    Box::new(RangeQuery::new(Bound::Included(first), Bound::Excluded(end)))
}

fn any<const N: usize>(parts: [Part; N]) -> Part {
    Box::new(BooleanQuery::new(parts.map(|part| (Occur::Should, part)).into()))
}

fn all<const N: usize>(parts: [Part; N]) -> Part {
    Box::new(BooleanQuery::new(parts.map(|part| (Occur::Must, part)).into()))
}

fn without(wanted: Part, unwanted: Part) -> Part {
    Box::new(BooleanQuery::new(vec![(Occur::Must, wanted), (Occur::MustNot, unwanted)]))
}
