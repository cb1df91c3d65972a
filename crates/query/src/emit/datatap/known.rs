//! People as lists of their addresses.

use super::{Emitter, Said};
use crate::analysis::lower_case;
use crate::emit::Direction;
use crate::emit::KnownPeople;
use crate::emit::odata::{self as filter, Filter};
use crate::query::{PeopleField, PersonPattern, Role, StringTest};
use crate::schema::StringField;
use crate::{Expr, RecipientTest, Span};

impl Emitter<'_> {
    /// A list of the known addresses; `None` if there cannot be one, or nobody needs it.
    pub(super) fn known_people(
        &mut self,
        roles: &[Role],
        pattern: &PersonPattern,
        span: Span,
    ) -> Option<Said> {
        let known = self.known?;
        if self.capabilities.lower_case_addresses && matches!(pattern, PersonPattern::Address(_)) {
            return None;
        }
        let lists = roles.iter().map(|role| self.addresses(known, *role, pattern));
        let lists: Vec<_> = lists.collect::<Option<_>>()?;
        // An empty address book does not mean that no message matches.
        if lists.iter().all(Vec::is_empty) {
            return None;
        }
        let listed = roles.iter().zip(lists).map(|(role, list)| self.listed(*role, list));
        let listed = listed.collect::<Option<_>>()?;
        let date = known.as_of.strftime("%Y-%m-%d");
        self.notes.errs(Direction::Narrower, span, format!("addresses known as of {date}"));
        Some(Said::Filter(Filter::any(listed)))
    }

    fn addresses(
        &self,
        known: &KnownPeople<'_>,
        role: Role,
        pattern: &PersonPattern,
    ) -> Option<Vec<String>> {
        let mut addresses = (known.addresses)(role, pattern)?;
        if let PersonPattern::Address(typed) = pattern {
            addresses.push(typed.to_string());
        }
        if self.capabilities.lower_case_addresses {
            addresses.iter_mut().for_each(|address| *address = lower_case(address));
        }
        addresses.sort_unstable();
        addresses.dedup();
        Some(addresses)
    }

    fn listed(&self, role: Role, addresses: Vec<String>) -> Option<Filter> {
        let functions = self.capabilities.search_functions;
        let filterable = |path: &str| self.capabilities.fields.get(path).filterable.then_some(());
        let one = |field: StringField| {
            filterable(field.path())?;
            filter::string(field.path(), &StringTest::OneOf(addresses.clone()), functions)
        };
        match role.field() {
            PeopleField::Sender => one(StringField::FromAddress),
            PeopleField::Mailbox => one(StringField::Mailbox),
            PeopleField::Header(path) => {
                filterable(path)?;
                let each = addresses.iter().map(|address| filter::contains(path, address));
                Some(Filter::any(each.collect()))
            }
            PeopleField::List(list) => {
                filterable(&format!("{}/address", list.path()))?;
                let test = RecipientTest::Address(StringTest::OneOf(addresses));
                filter::recipient(list, &Expr::Leaf(test), functions)
            }
        }
    }
}
