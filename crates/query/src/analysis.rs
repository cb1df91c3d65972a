//! The standard analyser of the premium index: text to tokens.
//!
//! Unicode word boundaries ([UAX #29](https://www.unicode.org/reports/tr29/)) as Lucene's standard
//! tokenizer applies them, then lower case. No stop words, no stemming, no folding of accents.
//! Indexing, querying and [`evaluate`](crate::evaluate()) all call [`tokens`], so they cannot differ.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::Span;

/// Tokens longer than this many UTF-16 units are split, never dropped.
pub const MAX_TOKEN_LENGTH: usize = 255;

/// One token: its text in lower case and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Lower-cased text.
    pub text: String,
    /// Where the token stood in the analysed text.
    pub span: Span,
}

/// Cuts `text` into the tokens that the standard analyser makes of it.
///
/// ```
/// use postern_query::analysis::terms;
///
/// assert_eq!(terms("Re: INV-42, a.user@contoso.com"), ["re", "inv", "42", "a.user", "contoso.com"]);
/// assert_eq!(terms("O'Reilly's 1,234.56"), ["o'reilly's", "1,234.56"]);
/// assert_eq!(terms("東京 ไทย 🎉"), ["東", "京", "ไทย"]);
/// ```
pub fn tokens(text: &str) -> impl Iterator<Item = Token> + '_ {
    words(text).map(|(start, word)| Token {
        text: lower_case(word),
        span: Span::new(start, start + word.len()),
    })
}

/// The [`tokens`] of `text` as they are written, each with the byte at which it begins. The caller brings
/// its own room for their lower case.
///
/// ```
/// use postern_query::analysis::words;
///
/// assert_eq!(words("Re: INV-42").collect::<Vec<_>>(), [(0, "Re"), (4, "INV"), (8, "42")]);
/// ```
pub fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    stretches(text)
        .flat_map(|(start, stretch)| lines(stretch).map(move |(at, line)| (start + at, line)))
        .flat_map(|(start, line)| line_words(line).map(move |(at, word)| (start + at, word)))
        .flat_map(|(start, word)| pieces(start, word))
}

/// The texts of the [`tokens`] of `text`.
#[must_use]
pub fn terms(text: &str) -> Vec<String> {
    tokens(text).map(|token| token.text).collect()
}

/// The words of a name that machines made, such as a file name or the part of an address before
/// the `@`: runs of letters and digits, in lower case.
///
/// ```
/// assert_eq!(postern_query::analysis::name_words("Q3_report-final.PDF"), ["q3", "report", "final", "pdf"]);
/// ```
#[must_use]
pub fn name_words(name: &str) -> Vec<String> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(lower_case)
        .collect()
}

/// Lower case as the analyser's filter does it: character by character, never changing their number.
///
/// ```
/// assert_eq!(postern_query::analysis::lower_case("ΣΊΣΥΦΟΣ İ"), "σίσυφοσ i");
/// ```
#[must_use]
pub fn lower_case(text: &str) -> String {
    let mut lower = String::with_capacity(text.len());
    push_lower_case(&mut lower, text);
    lower
}

/// Writes the [`lower_case`] of `text` behind `out`.
pub fn push_lower_case(out: &mut String, text: &str) {
    if text.is_ascii() {
        let start = out.len();
        out.push_str(text);
        if let Some(added) = out.get_mut(start..) {
            added.make_ascii_lowercase();
        }
    } else {
        out.extend(text.chars().map(lower_char));
    }
}

/// A text in [`lower_case`], whatever it was made of.
///
/// ```
/// use postern_query::analysis::LowerCase;
///
/// assert_eq!(&*LowerCase::from("Alice@Contoso.com"), "alice@contoso.com");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LowerCase(String);

impl<T: AsRef<str>> From<T> for LowerCase {
    fn from(text: T) -> Self {
        Self(lower_case(text.as_ref()))
    }
}

impl LowerCase {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for LowerCase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::ops::Deref for LowerCase {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

pub(crate) fn lower_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    // Only U+0130 has two characters in lower case. Its simple mapping is a plain i.
    let mut lower = c.to_lowercase();
    if lower.len() == 1 { lower.next().unwrap_or(c) } else { 'i' }
}

/// Lines with their ends: there is always a boundary before and after a line break.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line)
    })
}

/// The words of a line. ASCII has a path of its own, which is several times as fast.
fn line_words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_ascii = line.is_ascii();
    let ascii = is_ascii.then(|| line.unicode_word_indices()).into_iter().flatten();
    let other = (!is_ascii).then(|| segments(line).filter(|(_, segment)| is_word(segment)));
    ascii.chain(other.into_iter().flatten())
}

/// Word-boundary segments, with the letters of one run of an unspaced South-East Asian script joined.
fn segments(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = text.split_word_bound_indices().peekable();
    std::iter::from_fn(move || {
        let (start, first) = rest.next()?;
        let mut end = start + first.len();
        while starts_complex(first) && rest.peek().is_some_and(|(_, next)| starts_complex(next)) {
            end += rest.next().map_or(0, |(_, next)| next.len());
        }
        Some((start, text.get(start..end).unwrap_or(first)))
    })
}

/// Cuts at the marks that only a younger Unicode than Lucene's counts as letters.
fn stretches(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = Some((0, text));
    std::iter::from_fn(move || {
        let (at, text) = rest.take()?;
        let mark = if text.is_ascii() { None } else { text.find(is_young_letter) };
        let Some(end) = mark else { return Some((at, text)) };
        let (stretch, after) = text.split_at_checked(end)?;
        let skipped = after.chars().next().map_or(0, char::len_utf8);
        rest = Some((at + end + skipped, after.get(skipped..)?));
        Some((at, stretch))
    })
}

/// Marks that became letters of UAX #29 with Unicode 11 and later. No token of Lucene 8 holds them.
fn is_young_letter(c: char) -> bool {
    matches!(c,
        '\u{b8}' | '\u{2c2}'..='\u{2c5}' | '\u{2d2}'..='\u{2d6}' | '\u{2de}'..='\u{2df}'
        | '\u{2e5}'..='\u{2eb}' | '\u{2ed}' | '\u{2ef}'..='\u{2ff}' | '\u{55a}'..='\u{55c}'
        | '\u{55e}' | '\u{58a}' | '\u{a708}'..='\u{a716}' | '\u{a720}'..='\u{a721}'
        | '\u{a789}'..='\u{a78a}' | '\u{ab5b}')
}

fn starts_complex(segment: &str) -> bool {
    segment.chars().next().is_some_and(is_complex_context)
}

/// Line-break class SA (UAX #14): scripts written without spaces, kept whole by the tokenizer.
fn is_complex_context(c: char) -> bool {
    matches!(c,
        '\u{e01}'..='\u{e3a}' | '\u{e40}'..='\u{e4e}'            // Thai
        | '\u{e81}'..='\u{ece}' | '\u{edc}'..='\u{edf}'          // Lao
        | '\u{1000}'..='\u{103f}' | '\u{1050}'..='\u{108f}'      // Myanmar
        | '\u{109a}'..='\u{109f}' | '\u{a9e0}'..='\u{a9ef}'
        | '\u{a9fa}'..='\u{a9fe}' | '\u{aa60}'..='\u{aac2}'      // Tai Viet and Myanmar extended
        | '\u{1780}'..='\u{17d3}' | '\u{17d7}' | '\u{17dc}'..='\u{17dd}' // Khmer
        | '\u{1950}'..='\u{19c9}' | '\u{19da}'..='\u{19df}'      // Tai Le, New Tai Lue
        | '\u{1a20}'..='\u{1a7c}' | '\u{1aa0}'..='\u{1aad}')
}

/// Whether a segment is a token: it has a letter or a decimal digit, and is not a keycap emoji.
fn is_word(segment: &str) -> bool {
    if segment.is_ascii() {
        return segment.bytes().any(|byte| byte.is_ascii_alphanumeric());
    }
    // A space with marks on it is still a space.
    !segment.starts_with(char::is_whitespace)
        && segment.chars().any(|c| c.is_alphabetic() || is_decimal_digit(c))
        && !segment.contains('\u{20e3}')
}

/// Decimal digits only: fractions, superscripts and circled numbers are not tokens.
fn is_decimal_digit(c: char) -> bool {
    // A character of the word-break class Numeric is the only number that joins a letter before it.
    c.is_ascii_digit()
        || c.is_numeric() && ['a', c].iter().collect::<String>().split_word_bounds().count() == 1
}

/// A segment as one token, or as several where it is over-long.
fn pieces(start: usize, word: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = word;
    let mut at = start;
    std::iter::from_fn(move || {
        let (piece, after) = rest.split_at_checked(piece_length(rest))?;
        if piece.is_empty() {
            return None;
        }
        let start = at;
        (rest, at) = (after, start + piece.len());
        Some((start, piece))
    })
}

/// Bytes of the longest start of `word` within [`MAX_TOKEN_LENGTH`].
fn piece_length(word: &str) -> usize {
    if word.len() <= MAX_TOKEN_LENGTH {
        return word.len();
    }
    let mut units = 0;
    word.char_indices()
        .find(|(_, c)| {
            units += c.len_utf16();
            units > MAX_TOKEN_LENGTH
        })
        .map_or(word.len(), |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(terms(text), expected, "{text:?}");
        for token in tokens(text) {
            assert_eq!(lower_case(token.span.slice(text)), token.text, "{text:?}");
        }
    }

    /// The documented outcomes of the premium index's default analyser.
    #[test]
    fn documented_tokens() {
        check("john.doe@example.com", &["john.doe", "example.com"]);
        check("john1.smith@x.org", &["john1", "smith", "x.org"]);
        check("first_last@ex-ample.co.uk", &["first_last", "ex", "ample.co.uk"]);
        check("user+tag@mail.com", &["user", "tag", "mail.com"]);
        check(
            "some-dashed-phrase ac/dc dogs,chase",
            &["some", "dashed", "phrase", "ac", "dc", "dogs", "chase"],
        );
        check("SVP10-NOR-00", &["svp10", "nor", "00"]);
        check("don’t don't", &["don’t", "don't"]);
        check("21.35 1,2 1,234.56 216.239.63.104", &["21.35", "1,2", "1,234.56", "216.239.63.104"]);
        check("1..2 A..B A::B 1,,2", &["1", "2", "a", "b", "a", "b", "1", "2"]);
        check("A:B RE: x", &["a:b", "re", "x"]);
        check("foo_bar B2B R2D2", &["foo_bar", "b2b", "r2d2"]);
        check("2024-01-31T10:00", &["2024", "01", "31t10", "00"]);
        check("INV#12345 C++ AT&T", &["inv", "12345", "c", "at", "t"]);
        check("+1 (425) 703-6214", &["1", "425", "703", "6214"]);
    }

    #[test]
    fn scripts() {
        check("我是中国人", &["我", "是", "中", "国", "人"]);
        check("ひらがな", &["ひ", "ら", "が", "な"]);
        check("カタカナ 한국어", &["カタカナ", "한국어"]);
        check("การที่ได้ต้องแสดงว่างานดี", &["การที่ได้ต้องแสดงว่างานดี"]);
        check("ＡＢＣ １２", &["ａｂｃ", "１２"]);
        check("Счёт просрочен", &["счёт", "просрочен"]);
        check("½ x² ①", &["x"]);
        check("a·¸b c\u{2f8}d", &["a", "b", "c", "d"]);
        check("x \u{363} y", &["x", "y"]);
        check("", &[]);
        check("_ - !!! 🎉 1️⃣", &[]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        /// Reading line by line, and the path for ASCII, change nothing.
        #[test]
        fn lines_and_ascii_are_cut_as_the_whole(text in "[a-cA-C0-2 '.,:;_\r\n\t@\u{e9}\u{300}\u{200d}\u{e01}\u{4e1c}\u{30ab}\u{1f1e6}-]{0,40}") {
            let whole = segments(&text).filter(|(_, word)| is_word(word)).map(|(_, word)| lower_case(word));
            prop_assert_eq!(terms(&text), whole.collect::<Vec<_>>());
        }
    }

    #[test]
    fn long_tokens_are_split() {
        let lengths: Vec<_> = terms(&"a".repeat(600)).iter().map(String::len).collect();
        assert_eq!(lengths, [255, 255, 90]);
    }
}
