//! Text of mail without anything that acts where it is shown: no signs that cannot be seen, no link, no image.
//!
//! Whoever shows the answer of an assistant draws Markdown, and an image in it is fetched at once: what its address
//! says would leave. See `CommonMark`, sections 6.3 to 6.6, and the links that GitHub's Markdown finds by itself.

/// The text with its links, images and tags taken apart: still to be read, and nothing to be followed.
pub(crate) fn harmless(text: &str) -> String {
    broken(&defanged(&visible(text)))
}

/// Without signs that cannot be seen or turn the order of others. A mail may hide orders in them.
fn visible(text: &str) -> String {
    text.chars().filter(|c| !is_hidden(*c)).map(|c| if c == '\t' { ' ' } else { c }).collect()
}

fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{feff}'
        // Letters that are drawn as nothing.
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
        // Zero width, directions, line and paragraph separators, invisible operators.
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Variation selectors and tags, in which whole texts were hidden.
        | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' => true,
        _ => c.is_control(),
    }
}

/// Addresses that a reader makes a link of by itself.
fn defanged(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match address(rest) {
            Some((length, instead)) => {
                out.push_str(instead);
                rest = rest.get(length..).unwrap_or_default();
            }
            None => {
                out.push(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    out
}

/// The length of what begins an address here, and what is written instead.
fn address(text: &str) -> Option<(usize, &'static str)> {
    const BEGINNINGS: [(&str, &str); 4] =
        [("://", "[:]//"), ("www.", "www[.]"), ("mailto:", "mailto[:]"), ("xmpp:", "xmpp[:]")];
    let begins = |start: &str| {
        text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
    };
    let known = BEGINNINGS.iter().find(|(start, _)| begins(start));
    known.map(|(start, instead)| (start.len(), *instead))
}

/// With a space inside of every pair of signs that begins a link, an image, a tag or a mark like ours.
fn broken(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = None;
    for c in text.chars() {
        if before.is_some_and(|before| begins(before, c)) {
            out.push(' ');
        }
        out.push(c);
        before = Some(c);
    }
    out
}

const fn begins(first: char, second: char) -> bool {
    match first {
        ']' => matches!(second, '(' | '[' | ':'),
        '!' => second == '[',
        '<' => second.is_ascii_alphabetic() || matches!(second, '/' | '!' | '?' | '<'),
        '>' => second == '>',
        // An address without a scheme.
        '/' => second == '/',
        // `&#58;` is a colon to whoever draws it.
        '&' => second == '#',
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_can_be_followed() {
        for (text, expected) in [
            ("plain, text: 3 < 4 [sic] (so)", "plain, text: 3 < 4 [sic] (so)"),
            ("![x](https://evil.com/?q=1)", "! [x] (https[:]/ /evil.com/?q=1)"),
            ("[a](mailto:x@y)", "[a] (mailto[:]x@y)"),
            ("[a][b]\n[b]: HTTP://evil.com", "[a] [b]\n[b] : HTTP[:]/ /evil.com"),
            ("[a][]", "[a] []"),
            ("<https://evil.com>", "< https[:]/ /evil.com>"),
            ("<img src=x>", "< img src=x>"),
            ("</a><!-- --><?x", "< /a>< !-- -->< ?x"),
            ("see WWW.evil.com", "see www[.]evil.com"),
            ("www.(http://evil)", "www[.] (http[:]/ /evil)"),
            ("<<end 0123>>", "< < end 0123> >"),
            ("]\u{200b}(x)", "] (x)"),
            ("https&#58;//evil.com AT&T", "https& #58;/ /evil.com AT&T"),
            ("//evil.com ///", "/ /evil.com / / /"),
            ("a\u{3164}b\u{34f}", "ab"),
            ("\u{202e}txt.exe\u{e0041}\u{7}", "txt.exe"),
            ("a\r\nb\tc", "a\nb c"),
            ("Grüße 山田 🙂", "Grüße 山田 🙂"),
        ] {
            assert_eq!(harmless(text), expected, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        #[test]
        fn no_text_is_left_with_a_link(text in "([\\[\\]()!<>:/\\\\&#]|https?://|www\\.|mailto:|\u{200b}|a|\\PC){0,20}") {
            let text = harmless(&text);
            for sign in ["](", "][", "]:", "![", "//", "mailto:", "<a", "</", "<!", "<<", ">>", "\u{200b}"] {
                prop_assert!(!text.contains(sign), "{sign} in {text:?}");
            }
            prop_assert!(!text.to_lowercase().contains("www."), "{text:?}");
            prop_assert_eq!(harmless(&text), text.clone(), "once is enough");
        }
    }
}
