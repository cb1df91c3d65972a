//! A position in the order of the local index as a text.

use postern_archive::search::{Position, Value};
use serde::{Deserialize, Serialize};

use crate::engine::position;

/// A value as it is written. The score is written by its bits, as it must come back the same.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Score { score: u32 },
    Flag(bool),
    Number(i64),
    Text(String),
    Missing(()),
}

/// The text for a position.
pub(super) fn write(position: &Position) -> String {
    let values: Vec<_> = position.values.iter().map(written).collect();
    position::write(&(&position.id, position.snapshot, values))
}

/// The position in a text.
pub(super) fn read(text: &str) -> Option<Position> {
    let read: (String, Option<u64>, Vec<Written>) = position::read(text)?;
    let (id, snapshot, values) = read;
    Some(Position { id, snapshot, values: values.into_iter().map(value).collect() })
}

fn written(value: &Value) -> Written {
    match value {
        Value::Missing => Written::Missing(()),
        Value::Score(score) => Written::Score { score: score.to_bits() },
        Value::Text(text) => Written::Text(text.clone()),
        Value::Flag(flag) => Written::Flag(*flag),
        Value::Number(number) => Written::Number(*number),
    }
}

fn value(written: Written) -> Value {
    match written {
        Written::Missing(()) => Value::Missing,
        Written::Score { score } => Value::Score(f32::from_bits(score)),
        Written::Text(text) => Value::Text(text),
        Written::Flag(flag) => Value::Flag(flag),
        Written::Number(number) => Value::Number(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_read_back() {
        let values = vec![
            Value::Missing,
            Value::Score(0.1),
            Value::Text("é\"\u{0}".into()),
            Value::Flag(true),
            Value::Number(i64::MIN),
        ];
        for snapshot in [None, Some(u64::MAX)] {
            let position = Position { values: values.clone(), id: "<a-b>".into(), snapshot };
            assert_eq!(read(&write(&position)), Some(position));
        }
        assert_eq!(read(&position::write(&"of another engine")), None);
    }
}
