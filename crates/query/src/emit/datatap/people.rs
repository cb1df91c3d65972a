//! People, for the search API.

use super::predicate::text_test;
use super::{Emitter, Said};
use crate::emit::Direction;
use crate::emit::odata::{self as filter, Filter};
use crate::query::{PeopleField, PersonPattern, Role, StringTest, TextTest};
use crate::schema::{StringField, TextField};
use crate::{Expr, RecipientTest, Span, TextPattern, analysis};

const LOCAL_PART: &str = "the premium index takes what stands before the @ as one word";
const ANYWHERE: &str = "the premium index looks for these words anywhere in the address";

impl Emitter<'_> {
    /// A list of addresses where they are known. Otherwise a whole address becomes a filter. Names and parts of
    /// addresses become words, where the index searches them.
    pub(super) fn person(
        &mut self,
        roles: &[Role],
        pattern: &PersonPattern,
        span: Span,
    ) -> Option<Said> {
        if let Some(said) = self.known_people(roles, pattern, span) {
            return Some(said);
        }
        if let PersonPattern::Address(address) = pattern {
            return self.address(roles, address, span);
        }
        let texts = roles.iter().map(|role| self.person_text(*role, pattern, span));
        let texts: Vec<_> = texts.collect::<Vec<_>>().into_iter().collect::<Option<_>>()?;
        Some(Said::Text(Expr::group(texts, Expr::Or), span))
    }

    fn address(&mut self, roles: &[Role], address: &str, span: Span) -> Option<Said> {
        if !self.capabilities.lower_case_addresses {
            self.notes.errs(
                Direction::Narrower,
                span,
                "the premium index compares addresses case-sensitively: other spellings of capitals are missed",
            );
        }
        let parts: Vec<_> =
            roles.iter().map(|role| self.address_in(*role, address, span)).collect();
        let parts: Option<Vec<_>> = parts.into_iter().collect();
        Some(Said::Filter(Filter::any(parts?)))
    }

    fn address_in(&mut self, role: Role, address: &str, span: Span) -> Option<Filter> {
        let test = StringTest::Is(address.to_owned());
        let said = match role.field() {
            PeopleField::Sender => self.one(StringField::FromAddress, &test, span),
            PeopleField::Mailbox => self.one(StringField::Mailbox, &test, span),
            PeopleField::Header(path) => {
                self.filter(path, span, || Some(filter::contains(path, address)))
            }
            PeopleField::List(list) => {
                self.filter(&format!("{}/address", list.path()), span, || {
                    filter::recipient(list, &Expr::Leaf(RecipientTest::Address(test)), false)
                })
            }
        };
        match said? {
            Said::Filter(filter) => Some(filter),
            Said::Text(..) => None,
        }
    }

    /// An address in a field of one text.
    fn one(&mut self, field: StringField, test: &StringTest, span: Span) -> Option<Said> {
        self.filter(field.path(), span, || filter::string(field.path(), test, false))
    }

    fn person_text(
        &mut self,
        role: Role,
        pattern: &PersonPattern,
        span: Span,
    ) -> Option<Expr<TextTest>> {
        let Some([name, address]) = text_fields(role) else {
            let message =
                "the premium index compares this address as a whole: give the full address";
            return self.notes.unsupported(Some(span), message);
        };
        let phrase = |text: &str| TextPattern::Phrase(analysis::terms(text));
        match pattern {
            PersonPattern::NamePhrase(text) => {
                self.in_fields(&[name], &phrase(text), role, None, span)
            }
            PersonPattern::Words(text) => {
                let differs = Some((LOCAL_PART, Direction::Narrower));
                self.in_fields(&[name, address], &phrase(text), role, differs, span)
            }
            PersonPattern::Domain(text) | PersonPattern::DomainOrLocal(text) => {
                let differs = Some((ANYWHERE, Direction::Wider));
                self.in_fields(&[address], &phrase(text), role, differs, span)
            }
            PersonPattern::Shaped(shape) => {
                let shape = TextPattern::Wildcard(shape.clone());
                // A longer word matches some shapes that its parts do not match, and the other way round.
                let differs = Some((LOCAL_PART, Direction::Either));
                self.in_fields(&[name, address], &shape, role, differs, span)
            }
            PersonPattern::Address(_)
            | PersonPattern::SubDomains(_)
            | PersonPattern::AddressShaped(_) => {
                let message = "the premium index has no way to ask for a part of an address";
                self.notes.unsupported(Some(span), message)
            }
        }
    }

    /// A search in one of the fields, with a note of the difference.
    fn in_fields(
        &mut self,
        fields: &[TextField],
        pattern: &TextPattern,
        role: Role,
        differs: Option<(&str, Direction)>,
        span: Span,
    ) -> Option<Expr<TextTest>> {
        self.whole_words(fields, role, span)?;
        if let Some((differs, direction)) = differs {
            self.notes.errs(direction, span, differs);
        }
        let tests = fields.iter().map(|field| Expr::Leaf(text_test(*field, pattern.clone())));
        Some(Expr::group(tests.collect(), Expr::Or))
    }

    /// Whether the index can search words of people at all.
    fn whole_words(&mut self, fields: &[TextField], role: Role, span: Span) -> Option<()> {
        if fields.iter().any(|field| !self.capabilities.fields.get(field.path()).searchable) {
            return self.notes.unsupported(
                Some(span),
                "the premium index compares addresses and names as a whole: give the full address",
            );
        }
        if role != Role::From {
            self.notes.errs(
                Direction::Wider,
                span,
                "in the premium index words run over from one recipient to the next",
            );
        }
        Some(())
    }
}

/// The fields in which words of a role's names and addresses can be searched.
const fn text_fields(role: Role) -> Option<[TextField; 2]> {
    match role.field() {
        PeopleField::Sender => Some([TextField::FromName, TextField::FromAddress]),
        PeopleField::List(list) => Some(list.words()),
        PeopleField::Header(_) | PeopleField::Mailbox => None,
    }
}
