//! Letters as readers see them.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfc_quick};

/// A text with each letter in one piece (NFC), and without the characters that nobody sees: soft hyphens,
/// marks of zero width and of direction.
///
/// ```
/// use postern_query::letters::as_seen;
///
/// assert_eq!(as_seen("Pru\u{308}f\u{ad}be\u{200b}richt"), "Prüfbericht");
/// assert_eq!(as_seen("plain"), "plain");
/// ```
#[must_use]
pub fn as_seen(text: &str) -> Cow<'_, str> {
    let has_hidden = text.chars().any(is_hidden);
    if !has_hidden && is_whole(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|c| !is_hidden(*c)).nfc().collect())
}

/// Whether it surely is in NFC. Nearly all text has no letter that needs a table.
fn is_whole(text: &str) -> bool {
    let is_simple =
        |c: char| matches!(c, ..'\u{300}' | '\u{400}'..='\u{482}' | '\u{4e00}'..='\u{9fff}');
    text.chars().all(is_simple) || is_nfc_quick(text.chars()) == IsNormalized::Yes
}

/// `Default_Ignorable_Code_Point` of
/// [Unicode](https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt).
fn is_hidden(c: char) -> bool {
    c >= '\u{ad}'
        && matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn letters_and_what_nobody_sees() {
        for (text, expected) in [
            ("Pru\u{308}fbericht", "Prüfbericht"),
            ("Prüfbericht", "Prüfbericht"),
            ("\u{1107}\u{116e}\u{1103}\u{116e}", "부두"),
            ("Hafen\u{ad}meister", "Hafenmeister"),
            ("u\u{200d}\u{308}", "ü"),
            ("\u{202e}abc\u{202c}", "abc"),
            ("日本語 Привет", "日本語 Привет"),
            ("", ""),
        ] {
            assert_eq!(as_seen(text), expected, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

        #[test]
        fn seeing_twice_changes_nothing(text in "[a-z\u{ad}\u{300}-\u{310}\u{200b}-\u{200f}\u{1100}-\u{11ff}é語]{0,12}") {
            let seen = as_seen(&text).into_owned();
            prop_assert_eq!(as_seen(&seen), seen.as_str());
            prop_assert!(!seen.contains(is_hidden));
        }
    }
}
