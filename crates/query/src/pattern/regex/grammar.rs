//! The grammar of Lucene's regular expressions. It makes the tree from which an automaton is built.
//!
//! ```text
//! either = concat ( "|" either )?
//! concat = repeat+
//! repeat = simple ( "?" | "*" | "+" | "{" n ( "," m? )? "}" )*
//! simple = "." | "@" | "#" | '"' text '"' | "(" either? ")" | "[" "^"? ranges "]" | "\" any | any
//! ```

use std::fmt;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, Repetition};

/// The most nested groups.
const MAX_DEPTH: usize = 64;
/// The largest number of repetitions.
const MAX_TIMES: u32 = 1_000;

/// Why a text is no regular expression.
///
/// ```
/// let fault = postern_query::pattern::Regex::parse("a(b").unwrap_err();
/// assert_eq!(fault.to_string(), "expected `)` (at byte 3)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegexFault {
    /// The byte of the expression at which reading stopped.
    pub at: usize,
    /// The fault there.
    pub message: String,
    /// The premium service accepts the expression, but the local index cannot answer it.
    pub beyond: bool,
}

impl fmt::Display for RegexFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.at)
    }
}

impl std::error::Error for RegexFault {}

/// Reads a whole expression. A blank one only matches the empty token.
pub(super) fn parse(text: &str) -> Result<Hir, RegexFault> {
    if text.is_empty() {
        return Ok(Hir::empty());
    }
    let mut parser = Parser { text, rest: text, depth: 0 };
    let tree = parser.either()?;
    if parser.rest.is_empty() { Ok(tree) } else { Err(parser.fault("this closes nothing")) }
}

struct Parser<'t> {
    text: &'t str,
    rest: &'t str,
    depth: usize,
}

impl Parser<'_> {
    fn fault(&self, message: &str) -> RegexFault {
        RegexFault {
            at: self.text.len() - self.rest.len(),
            message: message.to_owned(),
            beyond: false,
        }
    }

    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn eat(&mut self, wanted: char) -> bool {
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn either(&mut self) -> Result<Hir, RegexFault> {
        let mut parts = vec![self.concat()?];
        while self.eat('|') {
            parts.push(self.concat()?);
        }
        Ok(Hir::alternation(parts))
    }

    fn concat(&mut self) -> Result<Hir, RegexFault> {
        let mut parts = vec![self.repeat()?];
        while self.peek().is_some_and(|next| !matches!(next, '|' | ')')) {
            parts.push(self.repeat()?);
        }
        Ok(Hir::concat(parts))
    }

    fn repeat(&mut self) -> Result<Hir, RegexFault> {
        let mut part = self.simple()?;
        let mut rounds = 0;
        while let Some((min, max)) = self.times()? {
            rounds += 1;
            if rounds > MAX_DEPTH {
                return Err(self.fault("too many repetitions of one part"));
            }
            part = Hir::repetition(Repetition { min, max, greedy: true, sub: Box::new(part) });
        }
        Ok(part)
    }

    fn times(&mut self) -> Result<Option<(u32, Option<u32>)>, RegexFault> {
        let times = match self.peek() {
            Some('?') => (0, Some(1)),
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('{') => return self.counted().map(Some),
            _ => return Ok(None),
        };
        self.take();
        Ok(Some(times))
    }

    /// `{2}`, `{2,}`, `{2,3}`.
    fn counted(&mut self) -> Result<(u32, Option<u32>), RegexFault> {
        self.take();
        let min = self.number()?;
        let max = match self.eat(',') {
            false => Some(min),
            true if self.peek() == Some('}') => None,
            true => Some(self.number()?),
        };
        if max.is_some_and(|max| max < min) {
            return Err(self.fault("the second number is smaller than the first"));
        }
        if self.eat('}') { Ok((min, max)) } else { Err(self.fault("expected `}`")) }
    }

    fn number(&mut self) -> Result<u32, RegexFault> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at_checked(end).unwrap_or_default();
        match digits.parse() {
            Ok(times) if times <= MAX_TIMES => {
                self.rest = rest;
                Ok(times)
            }
            Ok(_) => Err(self.fault("at most 1000 times")),
            Err(_) => Err(self.fault("expected a number")),
        }
    }

    fn simple(&mut self) -> Result<Hir, RegexFault> {
        match self.peek() {
            Some('~') => return Err(self.beyond("complement `~`")),
            Some('&') => return Err(self.beyond("intersection `&`")),
            Some('<') => return Err(self.beyond("a range of numbers `<1-5>`")),
            _ => {}
        }
        match self.take() {
            Some('.') => Ok(any_character()),
            Some('@') => Ok(any_text()),
            Some('#') => Ok(Hir::fail()),
            Some('"') => self.quoted(),
            Some('(') => self.group(),
            Some('[') => self.class(),
            Some('\\') => self.escaped(),
            Some(literal) => Ok(character(literal)),
            None => Err(self.fault("the expression ends where something to find must stand")),
        }
    }

    fn beyond(&self, what: &str) -> RegexFault {
        RegexFault { beyond: true, ..self.fault(&format!("{what} cannot be answered here")) }
    }

    fn quoted(&mut self) -> Result<Hir, RegexFault> {
        let (text, rest) =
            self.rest.split_once('"').ok_or_else(|| self.fault("expected a closing quote"))?;
        self.rest = rest;
        Ok(Hir::literal(text.as_bytes()))
    }

    fn group(&mut self) -> Result<Hir, RegexFault> {
        if self.eat(')') {
            return Ok(Hir::empty());
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.fault("too many groups in each other"));
        }
        let inner = self.either()?;
        self.depth -= 1;
        if self.eat(')') { Ok(inner) } else { Err(self.fault("expected `)`")) }
    }

    /// Any character stands for itself: classes such as `\d` came to Lucene after 8.7.
    fn escaped(&mut self) -> Result<Hir, RegexFault> {
        self.take().map(character).ok_or_else(|| self.fault("nothing follows the backslash"))
    }

    /// `[a-z_]`, `[^a-z]`, after the opening bracket.
    fn class(&mut self) -> Result<Hir, RegexFault> {
        let negated = self.eat('^');
        let mut ranges = vec![self.range()?];
        while self.peek().is_some_and(|next| next != ']') {
            ranges.push(self.range()?);
        }
        if !self.eat(']') {
            return Err(self.fault("expected `]`"));
        }
        let mut class = ClassUnicode::new(ranges);
        if negated {
            class.negate();
        }
        Ok(Hir::class(Class::Unicode(class)))
    }

    fn range(&mut self) -> Result<ClassUnicodeRange, RegexFault> {
        let first = self.class_character()?;
        let last = if self.eat('-') { self.class_character()? } else { first };
        if last < first {
            return Err(self.fault("the end of this range is before its start"));
        }
        Ok(ClassUnicodeRange::new(first, last))
    }

    fn class_character(&mut self) -> Result<char, RegexFault> {
        self.eat('\\');
        self.take().ok_or_else(|| self.fault("expected `]`"))
    }
}

fn character(literal: char) -> Hir {
    Hir::literal(literal.encode_utf8(&mut [0; 4]).as_bytes())
}

fn any_character() -> Hir {
    let all = ClassUnicodeRange::new('\0', char::MAX);
    Hir::class(Class::Unicode(ClassUnicode::new([all])))
}

fn any_text() -> Hir {
    let sub = Box::new(any_character());
    Hir::repetition(Repetition { min: 0, max: None, greedy: true, sub })
}
