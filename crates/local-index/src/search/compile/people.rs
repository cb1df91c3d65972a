//! People by address, domain and name.

use postern_query::analysis::name_words;
use postern_query::analysis::terms;
use postern_query::pattern::Wildcard;
use postern_query::{PersonPattern, Role};
use tantivy::Term;
use tantivy::schema::Field;

use super::expand::{Pattern, Terms};
use crate::Error;
use crate::format::schema;
use crate::format::terms::{ENDS, Kind};
use crate::search::compile::Compiler;
use crate::search::compile::element::Candidates;
use crate::search::scorers::clause::Clause;
use crate::search::scorers::clause::{phrase, single};

impl Compiler<'_> {
    pub(crate) fn person(
        &self,
        roles: &[Role],
        pattern: &PersonPattern,
    ) -> Result<Candidates, Error> {
        let parts = roles.iter().map(|role| self.person_in(schema::people(*role), pattern));
        Ok(Candidates::either(parts.collect::<Result<_, _>>()?))
    }

    fn person_in(&self, field: Field, pattern: &PersonPattern) -> Result<Candidates, Error> {
        Ok(match pattern {
            PersonPattern::Address(text) => typed(field, Kind::Address, text),
            PersonPattern::Domain(text) => typed(field, Kind::Domain, text),
            PersonPattern::SubDomains(text) if text.matches('.').count() < ENDS => {
                typed(field, Kind::ParentDomain, text)
            }
            PersonPattern::SubDomains(_) => Candidates::among(Clause::All),
            PersonPattern::DomainOrLocal(text) => Candidates::either(vec![
                typed(field, Kind::Domain, text),
                typed(field, Kind::Local, text),
            ]),
            PersonPattern::Words(text) => Candidates::either(vec![
                words(field, Kind::LocalWord, &name_words(text)),
                words(field, Kind::NameWord, &terms(text)),
            ]),
            PersonPattern::NamePhrase(text) => words(field, Kind::NameWord, &terms(text)),
            PersonPattern::Shaped(shape) => Candidates::either(vec![
                self.shaped(field, Kind::Local, shape)?,
                self.shaped(field, Kind::LocalWord, shape)?,
                self.shaped(field, Kind::NameWord, shape)?,
            ]),
            PersonPattern::AddressShaped(shape) => self.shaped(field, Kind::Address, shape)?,
        })
    }

    /// A person without an address has neither an address nor a local part of any shape.
    fn shaped(&self, field: Field, kind: Kind, shape: &Wildcard) -> Result<Candidates, Error> {
        let terms = Terms { field, kind: kind.prefix(), may_be_empty: false, whose: None };
        Ok(Candidates::exact(self.expanded(terms, Pattern::Shape(shape))?))
    }
}

fn typed(field: Field, kind: Kind, text: &str) -> Candidates {
    Candidates::exact(single(Term::from_field_text(field, &kind.term(text))))
}

fn words(field: Field, kind: Kind, words: &[String]) -> Candidates {
    let terms = words.iter().map(|word| kind.term(word));
    Candidates { clause: phrase(field, terms), exact: true }
}
