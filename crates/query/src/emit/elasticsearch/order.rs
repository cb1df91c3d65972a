//! The order of hits: as the query asks, ties by id.

use super::Profile;
use crate::Query;
use crate::emit::{Json, Notes};
use crate::schema::{Sort, SortField};

/// The value of `sort`.
pub(super) fn keys(query: &Query, profile: Profile, notes: &mut Notes) -> Option<Json> {
    let order = query.natural_order();
    match profile {
        Profile::OpenSearch => {
            let id = Json::member("id", Json::member("order", "asc"));
            Some(Json::List(order.iter().map(|sort| key(*sort, true)).chain([id]).collect()))
        }
        Profile::Quickwit => quickwit(&order, notes),
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

/// One key; missing values come first ascending and last descending.
fn key(sort: Sort, missing: bool) -> Json {
    let direction = if sort.descending { "desc" } else { "asc" };
    let place = if sort.descending { "_last" } else { "_first" };
    match sort.by {
        SortField::Score => Json::member("_score", Json::member("order", direction)),
        SortField::String(_)
        | SortField::Flag(_)
        | SortField::Number(_)
        | SortField::Instant(_)
            if missing =>
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
