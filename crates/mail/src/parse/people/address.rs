//! Addresses without what is around them.

use std::borrow::Cow;

use super::super::{date, words};

/// What stands between angle brackets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// One address; several where somebody put a list there.
    Addresses(Vec<String>),
    /// No address, but words.
    Name(String),
}

/// Reads what stands between angle brackets. One word without `@` is a user of the sender's own machine.
pub(super) fn inside(text: &str) -> Inside {
    if is_hidden(text.split_whitespace()) {
        return Inside::Name(text.trim().to_owned());
    }
    let text = joined(&date::without_comments(&decoded(text)));
    let text = unwrapped(&text);
    let all: Vec<&str> = text.split_whitespace().collect();
    let found = addresses(text, &all);
    if !found.is_empty() {
        return Inside::Addresses(found);
    }
    if let Some(address) = in_words(&all) {
        return Inside::Addresses(vec![address]);
    }
    match all.len() {
        0 => Inside::Name(String::new()),
        1 if !text.contains(['@', '"']) => Inside::Addresses(vec![text.to_owned()]),
        // What Exchange writes may have blanks.
        _ if text.starts_with('/') => Inside::Addresses(vec![text.to_owned()]),
        _ => Inside::Name(text.to_owned()),
    }
}

/// A user with blanks (`Undisclosed Recipients@x.org`) belongs to its address.
fn addresses(text: &str, all: &[&str]) -> Vec<String> {
    let is_whole = text.starts_with('"') || text.matches('@').count() == 1;
    if is_whole && is_address(text) && all.last().is_some_and(|last| last.contains('@')) {
        return vec![plain(text)];
    }
    all.iter().map(|word| unwrapped(word)).filter(|word| is_address(word)).map(plain).collect()
}

/// Whether something stands on both sides of the last `@`.
pub(super) fn is_address(word: &str) -> bool {
    word.rsplit_once('@').is_some_and(|(user, host)| !user.is_empty() && !host.is_empty())
}

/// `user at host.example`, as archives of mailing lists hide addresses from collectors.
pub(super) fn in_words(all: &[&str]) -> Option<String> {
    let [user, at, host] = all else { return None };
    let is_host = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
    let has_dot = host.trim_matches('.').contains('.');
    let is_form = *at == "at" && has_dot && host.chars().all(is_host) && is_plain_user(user);
    is_form.then(|| format!("{user}@{}", host.trim_end_matches('.')))
}

/// What archives of mailing lists write in place of `at`, in letters that no collector can read.
const MASKS: [[&str; 2]; 3] = [["@end|ng", "|rom"], ["@ending", "from"], ["m@iii@g", "oii"]];

/// Whether these words hide an address, as `ann @end|ng |rom x@org` does: nobody can tell which of its
/// signs were letters.
pub(super) fn is_hidden<'w>(words: impl Iterator<Item = &'w str>) -> bool {
    let mut before = "";
    words.into_iter().any(|word| MASKS.contains(&[std::mem::replace(&mut before, word), word]))
}

fn decoded(text: &str) -> Cow<'_, str> {
    if text.contains("=?") {
        Cow::Owned(words::decode(text.as_bytes()))
    } else {
        Cow::Borrowed(text)
    }
}

/// An address without the blanks round its dots and its `@`.
fn joined(text: &str) -> String {
    if !text.contains('@') || text.trim_start().starts_with('"') {
        return text.trim().to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let is_apart =
            !out.is_empty() && !out.ends_with(['@', '.']) && !word.starts_with(['@', '.']);
        if is_apart {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Pairs that people put round an address.
const PAIRS: [(char, char); 6] =
    [('<', '>'), ('"', '"'), ('\'', '\''), ('[', ']'), ('(', ')'), ('{', '}')];

/// What people put before an address.
const SCHEMES: [&str; 2] = ["mailto:", "smtp:"];

/// A word without the brackets, quotes and marks round it, the route and the scheme before it.
pub(super) fn unwrapped(mut text: &str) -> &str {
    loop {
        let is_literal = text.contains("@[") && text.ends_with(']');
        let marks =
            |c: char| c.is_whitespace() || "<>,;:.)}'\"".contains(c) || c == ']' && !is_literal;
        let ended = text.trim_end_matches(marks);
        // A quote that ends a pair ends with its beginning.
        let inner =
            PAIRS.iter().find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close));
        let next = inner.unwrap_or_else(|| without_route(begun(ended)));
        if next == text {
            return text;
        }
        text = next;
    }
}

fn begun(text: &str) -> &str {
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || "<>,;(){}'[".contains(c));
    let has_scheme = |scheme: &&&str| {
        text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    let scheme = SCHEMES.iter().find(has_scheme).map_or(0, |scheme| scheme.len());
    let text = text.get(scheme..).unwrap_or_default();
    // A quote stands only before a user in quotes.
    match text.strip_prefix('"') {
        Some(rest) if !rest.contains('"') => rest,
        Some(_) | None => text,
    }
}

/// `@a.org,@b.org:ann@x.org` without the hosts on its way (RFC 5322, 4.4).
fn without_route(text: &str) -> &str {
    match text.split_once(':') {
        Some((route, address)) if route.starts_with('@') => address,
        Some(_) | None => text,
    }
}

/// An address without quotes that its user does not need, or that have no other half.
pub(super) fn plain(address: &str) -> String {
    let parts = address
        .rsplit_once('@')
        .and_then(|(user, host)| Some((user.strip_prefix('"')?.strip_suffix('"')?, host)));
    match parts {
        Some((user, host)) if is_plain_user(user) => format!("{user}@{host}"),
        Some(_) => address.to_owned(),
        None => address.replace(['<', '>', '"'], ""),
    }
}

/// Atoms with dots between (RFC 5322, 3.2.3).
pub(super) fn is_plain_user(user: &str) -> bool {
    let is_atom = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c);
    user.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_angle_brackets() {
        for (text, expected) in [
            ("ann@x.org", "ann@x.org"),
            (" ann@x.org ", "ann@x.org"),
            ("ann @ x . org", "ann@x.org"),
            ("ann. lee@x.org", "ann.lee@x.org"),
            ("@a.org,@b.org:ann@x.org", "ann@x.org"),
            ("mailto:ann@x.org", "ann@x.org"),
            ("MAILTO:<ann@x.org>", "ann@x.org"),
            ("'ann@x.org'", "ann@x.org"),
            ("\"ann@x.org\"", "ann@x.org"),
            ("[ann@x.org]", "ann@x.org"),
            ("ann@[192.0.2.1]", "ann@[192.0.2.1]"),
            ("\"ann lee\"@x.org", "\"ann lee\"@x.org"),
            ("\"a@b\"@x.org", "\"a@b\"@x.org"),
            ("\"ann\"@x.org", "ann@x.org"),
            ("ann(home)@x.org", "ann@x.org"),
            ("ann@x.org (home)", "ann@x.org"),
            ("ann@x.org.", "ann@x.org"),
            ("ann@x.org +1-510-484)", "ann@x.org"),
            ("ann lee@x.org", "ann lee@x.org"),
            ("ann@x.org bob@y.org", "ann@x.org bob@y.org"),
            ("=?utf-8?q?ann=40x.org?=", "ann@x.org"),
            ("ann at x.org", "ann@x.org"),
            ("o'neil@x.org", "o'neil@x.org"),
            ("ann", "ann"),
            ("/O=X/CN=Ann Lee", "/O=X/CN=Ann Lee"),
        ] {
            let Inside::Addresses(found) = inside(text) else { panic!("{text}") };
            assert_eq!(found.join(" "), expected, "{text}");
        }
        for text in ["Ann Lee", "", "meet at noon", "ann @end|ng |rom x@org"] {
            assert_eq!(inside(text), Inside::Name(text.to_owned()), "{text}");
        }
    }
}
