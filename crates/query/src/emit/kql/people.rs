//! People.

use super::Emitter;
use crate::emit::Direction;
use crate::emit::property::{self, Text, Value, values};
use crate::emit::terms::Terms as _;
use crate::query::{PeopleField, PersonPattern, RecipientTest, Role};
use crate::schema::RecipientList;
use crate::{Expr, Span};

/// Page "Keyword queries and search conditions for eDiscovery", section "Recipient expansion".
pub(super) const EXPANSION: &str = "Purview looks for the words of address and name, and adds a person's other addresses and names that its directory knows";

/// The properties for these roles; `None` where one has none.
fn properties(roles: &[Role]) -> Option<Vec<&'static str>> {
    if roles == Role::RECIPIENTS {
        return Some(vec!["recipients"]);
    }
    if roles == Role::PARTICIPANTS {
        return Some(vec!["participants"]);
    }
    roles.iter().map(|role| in_role(*role)).collect()
}

const fn in_role(role: Role) -> Option<&'static str> {
    match role.field() {
        PeopleField::Sender | PeopleField::List(_) => Some(role.name()),
        PeopleField::Header(_) | PeopleField::Mailbox => None,
    }
}

impl Emitter {
    pub(super) fn person(
        &mut self,
        roles: &[Role],
        pattern: &PersonPattern,
        span: Span,
    ) -> Option<Text> {
        let Some(properties) = properties(roles) else {
            let message = if roles.contains(&Role::Owner) {
                "in Purview mailboxes are chosen beside the query, not in it"
            } else {
                "Purview does not search headers"
            };
            return self.notes.unsupported(Some(span), message);
        };
        let Some(value) = value(pattern) else {
            let message = "KQL has no patterns over addresses but * at the end";
            return self.notes.unsupported(Some(span), message);
        };
        self.terms(&properties, &[value], EXPANSION, span)
    }

    /// One person of a list.
    pub(super) fn recipient(
        &mut self,
        list: RecipientList,
        test: &Expr<RecipientTest>,
        span: Span,
    ) -> Option<Text> {
        let property = match list {
            RecipientList::To => "to",
            RecipientList::Cc => "cc",
            RecipientList::Bcc => "bcc",
        };
        self.element(test, span, &mut |emitter, leaf| {
            let test = match leaf {
                RecipientTest::Name(test) | RecipientTest::Address(test) => test,
            };
            let Some(values) = values(test) else { return emitter.no_values(test, span) };
            emitter.terms(&[property], &values, EXPANSION, span)
        })
    }

    /// One of the values in one of the properties.
    pub(super) fn terms(
        &mut self,
        properties: &[&str],
        values: &[Value],
        differs: &str,
        span: Span,
    ) -> Option<Text> {
        self.notes.errs(Direction::Wider, span, differs);
        let mut terms = Vec::new();
        for value in values {
            let written = match value {
                Value::Words(text) => self.written(text, false, span)?,
                Value::Prefix(text) => self.prefix(text, span)?,
            };
            terms.extend(properties.iter().map(|name| Text::term(format!("{name}:{written}"))));
        }
        if terms.is_empty() { self.nothing(Some(span)) } else { Some(Text::any(&terms)) }
    }
}

/// The values to search in a property of people.
fn value(pattern: &PersonPattern) -> Option<Value> {
    match pattern {
        PersonPattern::AddressShaped(shape) => {
            shape.prefix().map(|text| Value::Prefix(text.to_owned()))
        }
        PersonPattern::Address(_)
        | PersonPattern::Domain(_)
        | PersonPattern::SubDomains(_)
        | PersonPattern::DomainOrLocal(_)
        | PersonPattern::Words(_)
        | PersonPattern::NamePhrase(_)
        | PersonPattern::Shaped(_) => property::person(pattern),
    }
}
