//! Where the next page begins.

use serde::{Deserialize, Serialize};

use super::areas::Area;
use super::part::Part;

pub(super) use crate::engine::position::{read, write};

/// A place in the result of a question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Position {
    /// The part that is searched.
    pub(super) part: Part,
    /// The area of it; `None` for the first.
    pub(super) area: Option<Area>,
    /// How many results of it come before.
    pub(super) offset: u32,
    /// The result that the server keeps.
    pub(super) set_id: Option<String>,
    /// How many hits were given so far, over all areas.
    pub(super) seen: u64,
}

impl Position {
    /// The beginning of a part.
    pub(super) fn of(part: Part) -> Self {
        Self { part, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_read_back() {
        let position = Position {
            part: Part::Files,
            area: Some(Area { within: Some("m/é\"".into()), folder: None }),
            offset: u32::MAX,
            set_id: Some("s".into()),
            seen: u64::MAX,
        };
        for position in [position, Position::default()] {
            assert_eq!(read(&write(&position)), Some(position));
        }
        assert_eq!(read::<Position>(&write(&"of another engine")), None);
    }
}
