//! Where the next page begins.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::points::Point;
use crate::engine::position;

/// A place in a result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Position {
    /// The state of the index that the result is of.
    point: String,
    /// That index.
    index: String,
    /// The values that the last hit before is ordered by.
    pub(super) after: Vec<Value>,
    /// In how many rows the result is, where equal messages are in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rows: Option<u64>,
}

impl Position {
    pub(super) fn new(point: Point, after: Vec<Value>, rows: Option<u64>) -> Self {
        Self { point: point.id, index: point.index, after, rows }
    }

    /// The state that it names.
    pub(super) fn point(&self) -> Point {
        Point { id: self.point.clone(), index: self.index.clone(), marked: None }
    }
}

/// The text for a position.
pub(super) fn write(position: &Position) -> String {
    position::write(position)
}

/// The position in a text. What a client made up holds plain values at most.
pub(super) fn read(text: &str) -> Option<Position> {
    let position: Position = position::read(text)?;
    let is_plain = |value: &Value| !value.is_array() && !value.is_object();
    (!position.after.is_empty() && position.after.iter().all(is_plain)).then_some(position)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn positions_read_back() {
        let after = vec![json!(i64::MIN), json!(null), json!("é"), json!(1.5)];
        let point = Point { id: "p\u{e9}\"".to_owned(), index: "m-v1".to_owned(), marked: None };
        for rows in [None, Some(7)] {
            let position = Position::new(point.clone(), after.clone(), rows);
            assert_eq!(position.point(), point);
            assert_eq!(read(&write(&position)), Some(position));
        }
        for after in [json!([]), json!([{"a": 1}]), json!([[1]])] {
            let bad = json!({"point": "p", "index": "m", "after": after});
            assert_eq!(read(&position::write(&bad)), None, "{bad}");
        }
    }
}
