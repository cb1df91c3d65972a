//! Where the next page begins, as a text: hexadecimal digits of JSON.

use serde::{Deserialize, Serialize};

/// A place in the result of a question.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Position {
    /// The area that is searched; `None` for the first.
    pub(super) area: Option<String>,
    /// How many results of it come before.
    pub(super) offset: u32,
    /// The result that the server keeps.
    pub(super) set_id: Option<String>,
    /// How many hits were given so far, over all areas.
    pub(super) seen: u64,
}

/// The text for a position.
pub(super) fn write(position: &Position) -> String {
    // Texts and numbers can always be written.
    let json = serde_json::to_string(position).unwrap_or_default();
    json.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The position in a text.
pub(super) fn read(text: &str) -> Option<Position> {
    let digits: Vec<_> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let byte = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    let json: Vec<_> = digits.chunks(2).map(byte).collect::<Option<_>>()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_read_back() {
        let position = Position {
            area: Some("m/é\"".into()),
            offset: u32::MAX,
            set_id: Some("s".into()),
            seen: u64::MAX,
        };
        for position in [position, Position::default()] {
            assert_eq!(read(&write(&position)), Some(position));
        }
        for bad in ["", "5", "5b", "zz", "é", "+f"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
