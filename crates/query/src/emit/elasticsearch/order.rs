//! The order of hits: as the query asks, ties by id.

use super::mapping::{IS_FIRST, IS_FIRST_THERE, PLACES};
use super::value::term;
use super::{Emitter, Profile, boolean};
use crate::Query;
use crate::emit::{Json, Notes};
use crate::schema::{Sort, SortField, StringField};

impl Emitter<'_> {
    /// The value of `sort`.
    pub(super) fn order(&mut self, query: &Query) -> Option<Json> {
        let order = self.known.order.clone().unwrap_or_else(|| query.natural_order());
        match self.profile {
            Profile::OpenSearch => self.keys(&order),
            Profile::Quickwit => quickwit(&order, &mut self.notes),
        }
    }

    fn keys(&mut self, order: &[Sort]) -> Option<Json> {
        let mut keys = Vec::new();
        for sort in order {
            let path = sort.by.path();
            let whole =
                if sort.by.is_of_place() { format!("{PLACES}.{path}") } else { path.to_owned() };
            let is_left_out = self.known.left_out.contains(&whole);
            if matches!(sort.by, SortField::String(_)) {
                self.whole.insert(whole);
            }
            if is_left_out {
                self.notes.approximate_as_a_whole(format!(
                    "values of `{path}` are too long for the index in some messages, which are ordered as if they had none"
                ));
            }
            keys.push(if sort.by.is_of_place() {
                self.at_first_place(*sort)?
            } else {
                key(*sort, true)
            });
        }
        keys.push(Json::member("id", Json::member("order", "asc")));
        Some(Json::List(keys))
    }

    /// The value at the first place that may be seen.
    fn at_first_place(&mut self, sort: Sort) -> Option<Json> {
        let path = |name: &str| format!("{PLACES}.{name}");
        let filter = match self.known.mailboxes.as_deref() {
            None => term(&path(IS_FIRST), true),
            Some([only]) => {
                let mailbox = term(&path(StringField::Mailbox.path()), only.as_str());
                boolean([("filter", vec![term(&path(IS_FIRST_THERE), true), mailbox])])
            }
            Some(_) => {
                let message = format!(
                    "`{}` may differ between the mailboxes that may be seen, and the engine cannot order by the first of them",
                    sort.by.path()
                );
                return self.notes.unsupported(None, message);
            }
        };
        let nested = Json::object([("path", PLACES.into()), ("filter", filter)]);
        let (direction, place) = (direction(sort), missing(sort));
        let key = Json::object([
            ("order", direction.into()),
            ("missing", place.into()),
            ("nested", nested),
        ]);
        Some(Json::member(&path(sort.by.path()), key))
    }
}

/// Quickwit's page "Elasticsearch compatible API", section "Sort order".
fn quickwit(order: &[Sort], notes: &mut Notes) -> Option<Json> {
    const KEYS: usize = 2;
    if let Some(sort) = order.iter().find(|sort| matches!(sort.by, SortField::String(_))) {
        let message = format!("Quickwit does not order by texts such as `{}`", sort.by.path());
        return notes.unsupported(None, message);
    }
    notes.approximate_as_a_whole("Quickwit takes two keys of order at most, puts missing values last and leaves ties as they come");
    Some(Json::List(order.iter().take(KEYS).map(|sort| key(*sort, false)).collect()))
}

const fn direction(sort: Sort) -> &'static str {
    if sort.descending { "desc" } else { "asc" }
}

const fn missing(sort: Sort) -> &'static str {
    if sort.descending { "_last" } else { "_first" }
}

/// One key; missing values come first ascending and last descending.
fn key(sort: Sort, is_placed: bool) -> Json {
    let (direction, place) = (direction(sort), missing(sort));
    match sort.by {
        SortField::Score => Json::member("_score", Json::member("order", direction)),
        SortField::String(_)
        | SortField::Flag(_)
        | SortField::Number(_)
        | SortField::Instant(_)
            if is_placed =>
        {
            let key = Json::object([("order", direction.into()), ("missing", place.into())]);
            Json::member(sort.by.path(), key)
        }
        SortField::String(_)
        | SortField::Flag(_)
        | SortField::Number(_)
        | SortField::Instant(_) => Json::member(sort.by.path(), Json::member("order", direction)),
    }
}
