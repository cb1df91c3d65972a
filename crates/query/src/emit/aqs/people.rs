//! People: by their role, or in one list of recipients.

use super::items::{self, Items};
use super::{Emitter, HEADERS, words_of};
use crate::emit::Direction;
use crate::emit::property::{self, Text, Value, values};
use crate::emit::terms::Terms as _;
use crate::query::{PeopleField, PersonPattern, RecipientTest, Role};
use crate::schema::RecipientList;
use crate::{Expr, Span};

impl Emitter {
    pub(super) fn person(
        &mut self,
        roles: &[Role],
        pattern: &PersonPattern,
        span: Span,
    ) -> Option<Text> {
        let Some(value) = property::person(pattern) else {
            return self.notes.unsupported(Some(span), Self::NO_PATTERN);
        };
        let parts = match pattern {
            PersonPattern::Words(_) | PersonPattern::Shaped(_) => words_of(&value),
            PersonPattern::Address(_)
            | PersonPattern::Domain(_)
            | PersonPattern::SubDomains(_)
            | PersonPattern::DomainOrLocal(_)
            | PersonPattern::NamePhrase(_)
            | PersonPattern::AddressShaped(_) => Vec::new(),
        };
        if matches!(pattern, PersonPattern::NamePhrase(_) | PersonPattern::Words(_)) {
            self.spaced(&value, span);
        }
        let in_role = |role: &Role| self.in_role(*role, &value, &parts, span);
        let terms: Vec<_> = roles.iter().map(in_role).collect();
        let terms: Vec<_> = terms.into_iter().collect::<Option<_>>()?;
        if terms.is_empty() { self.nothing(Some(span)) } else { Some(Text::any(&terms)) }
    }

    fn in_role(&mut self, role: Role, value: &Value, parts: &[String], span: Span) -> Option<Text> {
        let property = match role.field() {
            PeopleField::Sender if self.items == Items::Documents => {
                return self.in_properties(items::AUTHOR, value.clone(), span);
            }
            PeopleField::Sender | PeopleField::List(_) => role.name(),
            PeopleField::Header(_) => {
                self.notes.errs(Direction::Wider, span, HEADERS);
                "Veeam.Message.Header"
            }
            PeopleField::Mailbox => {
                let message = "the mailbox is chosen by the URL of the request, not in the text";
                return self.notes.unsupported(Some(span), message);
            }
        };
        self.with_parts(property, value, parts, span)
    }

    pub(super) fn recipient(
        &mut self,
        list: RecipientList,
        test: &Expr<RecipientTest>,
        span: Span,
    ) -> Option<Text> {
        let (name, address) = match list {
            RecipientList::To => ("System.Message.ToName", "System.Message.ToAddress"),
            RecipientList::Cc => ("System.Message.CcName", "System.Message.CcAddress"),
            RecipientList::Bcc => ("System.Message.BccName", "System.Message.BccAddress"),
        };
        self.element(test, span, &mut |emitter, leaf| {
            let (property, test) = match leaf {
                RecipientTest::Name(test) => (name, test),
                RecipientTest::Address(test) => (address, test),
            };
            let Some(values) = values(test) else { return emitter.no_values(test, span) };
            emitter.terms(&[property], &values, span)
        })
    }
}
