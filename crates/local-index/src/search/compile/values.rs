//! Tests of values: strings, flags, numbers, moments, and elements of lists.

use postern_query::analysis::lower_case;
use postern_query::schema::{
    ATTACHMENTS, CATEGORIES, FlagField, InstantField, NumberField, RecipientList, StringField,
};
use postern_query::{
    AttachmentTest, Expr, FlagTest, InstantTest, NumberTest, RecipientTest, StringTest,
};
use tantivy::Term;
use tantivy::query::TermSetQuery;
use tantivy::schema::Field;

use super::bounds;
use super::expand::{Pattern, Terms};
use crate::Error;
use crate::format::schema;
use crate::format::terms::{ENDS, Kind, is_regular, traits};
use crate::search::compile::element::{Candidates, any};
use crate::search::compile::{Compiler, has};
use crate::search::scorers::clause::{Clause, either, phrase, single};

/// What stands for a value that is not there.
enum Absence {
    /// No message has this trait and the value.
    Without(String),
    /// Every message with this trait has an element without the value.
    With(String),
    /// Some place of the message has no value: those without the trait, and those that lack it somewhere.
    Somewhere(String),
    /// There is always a value.
    Never,
}

impl Absence {
    fn clause(self) -> Clause {
        match self {
            Self::Without(name) => Clause::Except(has(&name)),
            Self::With(name) => Clause::Only(has(&name)),
            Self::Somewhere(name) => either(vec![
                Clause::Except(has(&name)),
                Clause::Only(has(&traits::lacking_somewhere(&name))),
            ]),
            Self::Never => Clause::Nothing,
        }
    }
}

/// A test of a number field.
pub(crate) fn number_field(field: NumberField, test: NumberTest) -> Candidates {
    number(schema::number(field), test, || Absence::Without(field.path().to_owned()))
}

/// A test of a moment.
pub(crate) fn instant_field(field: InstantField, test: InstantTest) -> Candidates {
    match test {
        InstantTest::Compare(comparison, moment) => {
            let range = bounds::of_moment(comparison, moment);
            Candidates::exact(bounds::query(schema::instant(field), range))
        }
        InstantTest::Missing => absent(Absence::Without(field.path().to_owned())),
    }
}

/// A message that it refers to.
pub(crate) fn reference(id: &str) -> Candidates {
    is(schema::REFERENCE, id)
}

impl Compiler<'_> {
    /// A test of a yes-or-no field.
    pub(super) fn flag_field(&self, field: FlagField, test: FlagTest) -> Candidates {
        match test {
            FlagTest::Is(value) => {
                Candidates::exact(single(Term::from_field_bool(schema::flag(field), value)))
            }
            FlagTest::Missing => absent(self.absence(field.is_of_place(), field.path())),
        }
    }

    /// What stands for a missing value of a field. One of several places may lack it where others do not.
    fn absence(&self, is_of_place: bool, path: &str) -> Absence {
        let (path, has_several) = (path.to_owned(), self.has_several_places);
        if is_of_place && has_several { Absence::Somewhere(path) } else { Absence::Without(path) }
    }

    /// A test of a string field.
    pub(crate) fn string_field(
        &self,
        field: StringField,
        test: &StringTest,
    ) -> Result<Candidates, Error> {
        let absence = || self.absence(field.is_of_place(), field.path());
        self.string(schema::whole(field), test, absence)
    }

    /// A test of one recipient.
    pub(crate) fn recipient(
        &self,
        list: RecipientList,
        test: &Expr<RecipientTest>,
    ) -> Result<Candidates, Error> {
        let lacking = |field| Absence::With(traits::lacking(list.path(), field));
        any(test, &|| has(list.path()), &mut |test: &RecipientTest| match test {
            RecipientTest::Name(test) => {
                self.string(schema::recipient_name(list), test, || lacking("name"))
            }
            RecipientTest::Address(test) => {
                self.string(schema::recipient_address(list), test, || lacking("address"))
            }
        })
    }

    /// A test of one category.
    pub(crate) fn category(&self, test: &Expr<StringTest>) -> Result<Candidates, Error> {
        let mut leaf = |test: &StringTest| self.string(schema::CATEGORY, test, || Absence::Never);
        any(test, &|| has(CATEGORIES), &mut leaf)
    }

    /// A test of one attachment.
    pub(crate) fn attachment(&self, test: &Expr<AttachmentTest>) -> Result<Candidates, Error> {
        any(test, &|| has(ATTACHMENTS), &mut |leaf: &AttachmentTest| self.attachment_leaf(leaf))
    }

    fn attachment_leaf(&self, test: &AttachmentTest) -> Result<Candidates, Error> {
        let lacking = |field| Absence::With(traits::lacking(ATTACHMENTS, field));
        let file_name = |kind: Kind, text: &str| {
            Candidates::exact(single(Term::from_field_text(schema::FILE_NAMES, &kind.term(text))))
        };
        Ok(match test {
            AttachmentTest::Name(test) => {
                self.string(schema::ATTACHMENT_NAME, test, || lacking("name"))?
            }
            AttachmentTest::ContentType(test) => {
                self.string(schema::ATTACHMENT_TYPE, test, || lacking("contentType"))?
            }
            AttachmentTest::Size(test) => {
                number(schema::ATTACHMENT_SIZE, *test, || lacking("size"))
            }
            AttachmentTest::Named(text) => file_name(Kind::FileName, &lower_case(text)),
            AttachmentTest::Extension(text) if text.matches('.').count() < ENDS => {
                file_name(Kind::Extension, text)
            }
            AttachmentTest::Extension(_) => Candidates::among(Clause::Only(has(ATTACHMENTS))),
            AttachmentTest::Words(words) => {
                let terms = words.iter().map(|word| Kind::FileWord.term(word));
                Candidates { clause: phrase(schema::FILE_NAMES, terms), exact: true }
            }
            AttachmentTest::Shaped(shape) => {
                let mut parts = Vec::new();
                for kind in [Kind::FileName, Kind::FileWord] {
                    let terms = Terms { kind: kind.prefix(), ..Terms::of(schema::FILE_NAMES) };
                    parts.push(Candidates::exact(self.expanded(terms, Pattern::Shape(shape))?));
                }
                Candidates::either(parts)
            }
        })
    }

    /// A test of a string that is one term. Texts too long for that stand in no term; the messages
    /// that hold such texts are looked at one by one, see [`traits::IRREGULAR`].
    fn string(
        &self,
        field: Field,
        test: &StringTest,
        absence: impl FnOnce() -> Absence,
    ) -> Result<Candidates, Error> {
        Ok(match test {
            StringTest::Is(text) => is(field, text),
            StringTest::OneOf(texts) => one_of(field, texts),
            StringTest::Same(_) | StringTest::Shaped(_) | StringTest::PathEnd(_) => {
                Candidates::exact(self.expanded(Terms::of(field), Pattern::Value(test))?)
            }
            StringTest::Missing => absent(absence()),
        })
    }
}

fn is(field: Field, text: &str) -> Candidates {
    if is_regular(text) {
        Candidates::exact(single(Term::from_field_text(field, text)))
    } else {
        Candidates { clause: Clause::Nothing, exact: true }
    }
}

fn one_of(field: Field, texts: &[String]) -> Candidates {
    let texts = texts.iter().filter(|text| is_regular(text));
    let terms: Vec<_> = texts.map(|text| Term::from_field_text(field, text)).collect();
    if terms.is_empty() {
        return Candidates { clause: Clause::Nothing, exact: true };
    }
    Candidates::exact(Box::new(TermSetQuery::new(terms)))
}

fn number(field: Field, test: NumberTest, absence: impl FnOnce() -> Absence) -> Candidates {
    match test {
        NumberTest::Compare(comparison, number) => {
            Candidates::exact(bounds::query(field, bounds::of_number(comparison, number)))
        }
        NumberTest::Missing => absent(absence()),
    }
}

fn absent(absence: Absence) -> Candidates {
    Candidates { clause: absence.clause(), exact: true }
}
