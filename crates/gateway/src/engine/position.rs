//! Where the next page begins, as a text that an engine writes and reads back: hexadecimal digits of JSON.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// The text for a position.
pub(super) fn write(position: &impl Serialize) -> String {
    // Positions are texts, numbers and lists of them, which can always be written.
    let json = serde_json::to_string(position).unwrap_or_default();
    json.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// The position in a text, which a client may have made up.
pub(super) fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
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
    fn what_is_written_reads_back() {
        for written in [vec!["é\"\u{0}".to_owned(), String::new()], Vec::new()] {
            assert_eq!(read(&write(&written)), Some(written));
        }
        // No digits at all, half a byte, no JSON, other digits, other letters, a sign.
        for bad in ["", "5", "5b", "zz", "é", "+f"] {
            assert_eq!(read::<Vec<String>>(bad), None, "{bad}");
        }
    }
}
