//! A page in another order than that of the server: of a result that is small enough to be sorted here.

use std::cmp::Ordering;

use postern_query::schema::{InstantField, Sort, SortField};
use postern_upstream::veeam::{Entry, Session};

use super::outcome::Stop;
use super::page::{Seen, messages, walk};
use super::position::{self, Position};
use super::{Question, Veeam};
use crate::engine::{Found, Occasion, Start, Wanted};

/// Items that are sorted here.
const MOST: usize = 1_000;

/// One page of the whole result, sorted.
pub(super) async fn of(
    veeam: &Veeam,
    session: &Session,
    question: &Question,
    wanted: &Wanted,
    occasion: &Occasion,
) -> Result<Found, Stop> {
    let (mut seen, next) = walk(veeam, session, question, Position::default(), MOST + 1).await?;
    if seen.len() > MOST || next.is_some() {
        return Err(Stop::TooMany(format!(
            "Veeam does not sort, and here at most {MOST} messages are sorted; make the query narrower, or leave `sort:` out"
        )));
    }
    seen.sort_by(|one, other| compare(&question.order, &one.entry, &other.entry));
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
        messages: messages(veeam, page, occasion).await,
        count: Some(count),
        exact: false,
        next: next.map(|next| Start::Position(position::write(&next))),
    })
}

fn begin(start: &Start) -> usize {
    match start {
        Start::Offset(offset) => *offset,
        Start::Position(text) => {
            let position = position::read(text).unwrap_or_default();
            usize::try_from(position.offset).unwrap_or(usize::MAX)
        }
    }
}

/// As the index here sorts: what is missing comes last, and what is equal in the order of ids.
fn compare(order: &[Sort], one: &Entry, other: &Entry) -> Ordering {
    let by = |sort: &Sort| match sort.by {
        SortField::Instant(InstantField::Sent) => {
            missing_last(one.sent(), other.sent(), sort.descending)
        }
        SortField::Instant(InstantField::Received) => {
            missing_last(one.received(), other.received(), sort.descending)
        }
        SortField::String(_) => {
            missing_last(Some(one.subject()), Some(other.subject()), sort.descending)
        }
        // These were refused before.
        SortField::Score
        | SortField::Flag(_)
        | SortField::Number(_)
        | SortField::Instant(InstantField::Created | InstantField::Modified) => Ordering::Equal,
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
