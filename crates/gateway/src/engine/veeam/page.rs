//! A page in the order of the server.

use super::hit::Seen;
use super::outcome::Stop;
use super::position::{self, Position};
use super::walk::{Walked, walk};
use super::{Question, Veeam, hit};
use crate::engine::{Found, Occasion, PAGE_LIMIT, Start, Wanted};

/// One page, and where the next one begins.
pub(super) async fn of(
    veeam: &Veeam,
    question: &Question,
    wanted: &Wanted,
    occasion: &Occasion,
) -> Result<Found, Stop> {
    let begin = begin(&wanted.start);
    // What is only counted is counted as far as one page goes.
    let most = if wanted.limit == 0 { PAGE_LIMIT } else { wanted.limit };
    let Walked { seen, next, files_missing } = walk(veeam, question, begin.clone(), most).await?;
    let count = begin.seen + u64::try_from(seen.len()).unwrap_or(u64::MAX);
    let next = next.map(|next| Start::Position(position::write(&Position { seen: count, ..next })));
    let shown: Vec<Seen> = if wanted.limit == 0 { Vec::new() } else { seen };
    Ok(Found {
        messages: hit::views(veeam, shown, occasion).await,
        count: Some(count),
        exact: false,
        rows: None,
        next: next.filter(|_| wanted.limit > 0),
        files_missing,
    })
}

fn begin(start: &Start) -> Position {
    match start {
        Start::Offset(offset) => Position {
            offset: u32::try_from(*offset).unwrap_or(u32::MAX),
            seen: u64::try_from(*offset).unwrap_or(u64::MAX),
            ..Position::default()
        },
        Start::Position(text) => position::read(text).unwrap_or_default(),
    }
}
