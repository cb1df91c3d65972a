//! A page in another order than that of the server: of a result that is small enough to be sorted here.

use std::cmp::Ordering;

use postern_query::Message;
use postern_query::evaluate::{instant_value, number_value, string_value};
use postern_query::schema::{Sort, SortField};

use super::hit::{self, Seen};
use super::outcome::Stop;
use super::position::{self, Position};
use super::walk::{Walked, walk};
use super::{Question, Veeam};
use crate::engine::{Found, Occasion, Start, Wanted};

/// Items that are sorted here.
const MOST: usize = 1_000;

/// One page of the whole result, sorted.
pub(super) async fn of(
    veeam: &Veeam,
    question: &Question,
    wanted: &Wanted,
    occasion: &Occasion,
) -> Result<Found, Stop> {
    let walked = walk(veeam, question, Position::default(), MOST + 1).await?;
    let Walked { mut seen, next, files_missing } = walked;
    if seen.len() > MOST || next.is_some() {
        return Err(Stop::TooMany(format!(
            "Veeam does not sort, and here at most {MOST} items are sorted; make the query narrower, or leave `sort:` out"
        )));
    }
    seen.sort_by(|one, other| compare(&question.order, &one.message, &other.message));
    let begin = begin(&wanted.start);
    let all = seen.len();
    let page: Vec<Seen> = seen.into_iter().skip(begin).take(wanted.limit).collect();
    let end = begin + page.len();
    let count = u64::try_from(if wanted.limit == 0 { all } else { end }).unwrap_or(u64::MAX);
    let next = (end < all && wanted.limit > 0).then(|| Position {
        offset: u32::try_from(end).unwrap_or(u32::MAX),
        ..Position::default()
    });
    Ok(Found {
        messages: hit::views(veeam, page, occasion).await,
        count: Some(count),
        exact: false,
        rows: None,
        next: next.map(|next| Start::Position(position::write(&next))),
        files_missing,
    })
}

fn begin(start: &Start) -> usize {
    match start {
        Start::Offset(offset) => *offset,
        Start::Position(text) => {
            let position: Position = position::read(text).unwrap_or_default();
            usize::try_from(position.offset).unwrap_or(usize::MAX)
        }
    }
}

/// As the index here sorts: what is missing comes last, and what is equal in the order of ids.
fn compare(order: &[Sort], one: &Message, other: &Message) -> Ordering {
    let by = |sort: &Sort| match sort.by {
        SortField::Instant(field) => {
            let value = |message: &Message| instant_value(field, message);
            missing_last(value(one), value(other), sort.descending)
        }
        SortField::String(field) => {
            missing_last(string_value(field, one), string_value(field, other), sort.descending)
        }
        SortField::Number(field) => {
            let value = |message: &Message| number_value(field, message);
            missing_last(value(one), value(other), sort.descending)
        }
        // These were refused before.
        SortField::Score | SortField::Flag(_) => Ordering::Equal,
    };
    let ordering = order.iter().map(by).find(|ordering| ordering.is_ne());
    ordering.unwrap_or_else(|| one.id.cmp(&other.id))
}

fn missing_last<T: Ord>(one: Option<T>, other: Option<T>, descending: bool) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) if descending => other.cmp(&one),
        (Some(one), Some(other)) => one.cmp(&other),
        (one, other) => other.is_some().cmp(&one.is_some()),
    }
}
