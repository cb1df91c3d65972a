//! The tokens of a header that names people (RFC 5322, 3.4), where quotes and brackets may have no end.

use super::super::words::word_length;

/// One token and whether a blank stands before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'t> {
    pub(super) kind: Kind<'t>,
    pub(super) is_apart: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    Word(&'t str),
    /// Between quotes, with its escapes.
    Quoted(&'t str),
    /// Between round brackets.
    Comment(&'t str),
    /// Between angle brackets, or behind the first one up to where it must have ended.
    Angle(&'t str),
    Comma,
    Semicolon,
    Colon,
}

/// The tokens of `text`. A quote or bracket that does not end is no quote or bracket.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut reader = Reader { text, at: 0, brackets: brackets(text), has_quotes: true };
    let mut tokens = Vec::new();
    while let Some(token) = reader.next_token() {
        tokens.push(token);
    }
    tokens
}

/// What stands between commas, in quotes and encoded words not counted.
pub(super) fn between_commas(text: &str) -> Vec<&str> {
    let mut reader = Reader { text, at: 0, brackets: Vec::new(), has_quotes: true };
    let (mut at, mut parts) = (0, Vec::new());
    while let Some(rest) = text.get(at..)
        && let Some(c) = rest.chars().next()
    {
        let end = if c == '"' { reader.quote_end(at).map(|end| end + 1) } else { None };
        if c == ',' {
            parts.push(reader.up_to(at, at + 1).trim());
        }
        at = end.unwrap_or_else(|| at + word_length(rest.as_bytes()).unwrap_or(c.len_utf8()));
    }
    parts.push(reader.up_to(at, at).trim());
    parts
}

/// Where each round bracket that is closed begins and ends, in the order of the beginnings.
fn brackets(text: &str) -> Vec<(usize, usize)> {
    let (mut open, mut pairs, mut is_escaped) = (Vec::new(), Vec::new(), false);
    for (at, byte) in
        text.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'(' | b')' | b'\\'))
    {
        match byte {
            _ if std::mem::take(&mut is_escaped) && text.as_bytes().get(at - 1) == Some(&b'\\') => {
            }
            b'(' => open.push(at),
            b')' => pairs.extend(open.pop().map(|start| (start, at))),
            _ => is_escaped = true,
        }
    }
    pairs.sort_unstable();
    pairs
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    brackets: Vec<(usize, usize)>,
    /// Whether a quote may still have an end.
    has_quotes: bool,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn next_token(&mut self) -> Option<Token<'t>> {
        let mut is_apart = false;
        loop {
            let first = self.rest().chars().next()?;
            if first.is_whitespace() {
                is_apart = true;
                self.at += first.len_utf8();
                continue;
            }
            match self.token(first) {
                Some(kind) => return Some(Token { kind, is_apart }),
                // A mark without its other half parts words and is none.
                None => is_apart = true,
            }
        }
    }

    fn token(&mut self, first: char) -> Option<Kind<'t>> {
        let one = |reader: &mut Self, kind| {
            reader.at += 1;
            kind
        };
        match first {
            ',' => one(self, Some(Kind::Comma)),
            ';' => one(self, Some(Kind::Semicolon)),
            ':' => one(self, Some(Kind::Colon)),
            '>' | ')' => one(self, None),
            '"' => self.quoted(),
            '<' => Some(self.angle()),
            '(' if self.bracket_end(self.at).is_some() => self.comment(),
            _ => Some(self.word()),
        }
    }

    /// The text from here to `end`, and behind `end` goes on.
    fn up_to(&mut self, end: usize, after: usize) -> &'t str {
        let text = self.text.get(self.at..end).unwrap_or_default();
        self.at = after;
        text
    }

    // ---- quotes and comments ----

    fn quoted(&mut self) -> Option<Kind<'t>> {
        let end = self.quote_end(self.at);
        self.at += 1;
        let end = end?;
        Some(Kind::Quoted(self.up_to(end, end + 1)))
    }

    /// The quote that ends the one at `start`. Two quotes with an address between, and a word straight
    /// behind, belong to two names.
    fn quote_end(&mut self, start: usize) -> Option<usize> {
        let inside = self.text.get(start + 1..).filter(|_| self.has_quotes)?;
        let end = unescaped_quote(inside);
        self.has_quotes = end.is_some();
        let (content, after) = inside.split_at_checked(end?)?;
        let next = after.chars().nth(1);
        let is_end = next.is_none_or(|c| c.is_whitespace() || "<>,;:()@.\"".contains(c));
        (is_end || !content.contains('@')).then_some(start + 1 + content.len())
    }

    fn bracket_end(&self, start: usize) -> Option<usize> {
        let at = self.brackets.binary_search_by_key(&start, |(open, _)| *open).ok()?;
        self.brackets.get(at).map(|(_, close)| *close)
    }

    fn comment(&mut self) -> Option<Kind<'t>> {
        let end = self.bracket_end(self.at)?;
        self.at += 1;
        Some(Kind::Comment(self.up_to(end, end + 1)))
    }

    // ---- addresses between angle brackets ----

    fn angle(&mut self) -> Kind<'t> {
        self.at += 1;
        let mut is_route = self.rest().trim_start().starts_with('@');
        let mut at = self.at;
        while let Some(c) = self.text.get(at..).and_then(|rest| rest.chars().next()) {
            match c {
                '>' => return Kind::Angle(self.up_to(at, at + 1)),
                '<' | ';' => break,
                ',' if !is_route => break,
                ':' => is_route = false,
                _ => {}
            }
            at = self.skipped(at, c).unwrap_or(at + c.len_utf8());
        }
        Kind::Angle(self.up_to(at, at))
    }

    /// Behind the quoted user or the comment that begins here.
    fn skipped(&mut self, at: usize, c: char) -> Option<usize> {
        match c {
            '"' => {
                let end = self.quote_end(at)? + 1;
                self.text.get(end..)?.starts_with('@').then_some(end)
            }
            '(' => self.bracket_end(at).map(|end| end + 1),
            _ => None,
        }
    }

    // ---- words ----

    fn word(&mut self) -> Kind<'t> {
        let mut at = self.at;
        let mut is_literal = false;
        while let Some(rest) = self.text.get(at..)
            && let Some(c) = rest.chars().next()
        {
            match c {
                '[' => is_literal = is_literal_host(self.text.get(self.at..at), rest),
                ']' => is_literal = false,
                ',' | ';' | ':' | '<' | '>' | '"' | ')' if !is_literal => break,
                '(' if self.bracket_end(at).is_some() => break,
                _ if c.is_whitespace() => break,
                _ => {}
            }
            at += word_length(rest.as_bytes()).unwrap_or(c.len_utf8());
        }
        Kind::Word(self.up_to(at, at))
    }
}

/// `[192.0.2.1]` or `[IPv6:2001:db8::1]` behind an `@` (RFC 5321, 4.1.3).
fn is_literal_host(before: Option<&str>, rest: &str) -> bool {
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"[.:-".contains(c));
    let is_closed = end.and_then(|end| rest.get(end..)).is_some_and(|end| end.starts_with(']'));
    is_closed && before.is_some_and(|word| word.ends_with('@'))
}

fn unescaped_quote(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| match byte {
        _ if std::mem::take(&mut is_escaped) => false,
        b'\\' => {
            is_escaped = true;
            false
        }
        _ => byte == b'"',
    })
}
