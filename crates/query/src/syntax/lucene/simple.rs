//! The simple syntax: `+` and, `|` or, `-` not, `"phrase"`, `prefix*`, `( )`, `\`. Below the limits it has no
//! errors: the parser ignores a mark without a partner.
//!
//! Operators stand between operands and have no precedence. The parser builds a tree from left to right.
//! While the operator stays the same, it adds operands to one list. When the operator changes, the list so
//! far becomes the first operand of a new one.

use std::collections::HashMap;

use super::fault::too_deep;
use super::pattern::starting_with;
use super::{Clause, Leaf, MAX_DEPTH, Mode, Node, Occur, Words};
use crate::{Error, Span};

/// The most nested lists. A group and its negation are two.
const MAX_HEIGHT: usize = 2 * MAX_DEPTH;

/// Reads the text; `None` if it has no token at all.
pub(super) fn parse(text: &str, mode: Mode) -> Result<Option<Node>, Error> {
    let parser = Parser { text, mode, closing: closing_parentheses(text) };
    Ok(parser.group(Span::new(0, text.len()), 0)?.map(|tree| tree.node))
}

struct Parser<'t> {
    text: &'t str,
    mode: Mode,
    /// The end of the parenthesis that opens at a place. This is computed once, so that many unclosed
    /// ones cost no more than one.
    closing: HashMap<usize, usize>,
}

/// Pairs of parentheses, also inside quotes. An escaped one does not count.
fn closing_parentheses(text: &str) -> HashMap<usize, usize> {
    let (mut open, mut pairs) = (Vec::new(), HashMap::new());
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '(' => open.push(at),
            ')' => pairs.extend(open.pop().map(|start| (start, at))),
            _ => {}
        }
    }
    pairs
}

/// A parsed part, and the depth of its nested lists.
struct Tree {
    node: Node,
    height: usize,
}

/// One level of parentheses, while the parser reads it.
struct Level<'t> {
    /// The text that is left.
    rest: &'t str,
    /// The end of the level in the text.
    end: usize,
    top: Option<Tree>,
    /// The operator before the next operand, and the one that made `top`.
    current: Option<Occur>,
    previous: Option<Occur>,
    negated: bool,
}

impl<'t> Level<'t> {
    const fn new(rest: &'t str, end: usize) -> Self {
        Self { rest, end, top: None, current: None, previous: None, negated: false }
    }

    const fn at(&self) -> usize {
        self.end - self.rest.len()
    }

    /// Continues at a byte of the text.
    fn go_to(&mut self, place: usize) {
        self.rest = self.rest.get(place - self.at()..).unwrap_or_default();
    }

    fn take(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let first = chars.next()?;
        self.rest = chars.as_str();
        Some(first)
    }

    /// Only the first of several operators counts. One before the first operand does not count.
    fn operator(&mut self, occur: Occur) {
        if self.current.is_none() && self.top.is_some() {
            self.current = Some(occur);
        }
    }

    /// Adds an operand. One without tokens changes nothing.
    fn operand(&mut self, branch: Option<Tree>, default: Occur, span: Span) -> Result<(), Error> {
        let Some(branch) = branch else { return Ok(()) };
        let branch = if self.negated { all_but(branch) } else { branch };
        let current = self.current.take().unwrap_or(default);
        let Some(mut top) = self.top.take() else {
            self.top = Some(branch);
            return Ok(());
        };
        if self.previous != Some(current) {
            let first = Clause { occur: current, node: top.node };
            top = Tree { node: Node::Clauses(vec![first]), height: top.height + 1 };
        }
        top.height = top.height.max(branch.height + 1);
        if let Node::Clauses(list) = &mut top.node {
            list.push(Clause { occur: current, node: branch.node });
        }
        if top.height > MAX_HEIGHT {
            return Err(too_deep(span));
        }
        (self.top, self.previous) = (Some(top), Some(current));
        Ok(())
    }
}

/// `-x`: everything but the matches of `x`.
fn all_but(branch: Tree) -> Tree {
    let clauses = vec![
        Clause { occur: Occur::Prohibited, node: branch.node },
        Clause { occur: Occur::Optional, node: Node::Everything },
    ];
    Tree { node: Node::Clauses(clauses), height: branch.height + 1 }
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

const fn ends_word(c: char) -> bool {
    is_space(c) || matches!(c, '"' | '|' | '+' | '(' | ')')
}

impl Parser<'_> {
    fn group(&self, span: Span, depth: usize) -> Result<Option<Tree>, Error> {
        if depth > MAX_DEPTH {
            return Err(too_deep(Span::new(span.start - 1, span.start)));
        }
        let mut level = Level::new(span.slice(self.text), span.end);
        while let Some(c) = level.rest.chars().next() {
            // White space between `-` and its operand drops the operator.
            let negated = c == '-' && !level.negated;
            self.step(c, &mut level, depth)?;
            level.negated = negated;
        }
        Ok(level.top)
    }

    fn step(&self, c: char, level: &mut Level<'_>, depth: usize) -> Result<(), Error> {
        if c == '(' {
            return self.parenthesis(level, depth);
        }
        if c != '"' && !matches!(c, ')' | '+' | '|' | '-') && !is_space(c) {
            return self.word(level);
        }
        level.take();
        match c {
            '"' => self.phrase(level)?,
            '+' => level.operator(Occur::Required),
            '|' => level.operator(Occur::Optional),
            _ => {}
        }
        Ok(())
    }

    fn operand(&self, level: &mut Level<'_>, tree: Option<Tree>, span: Span) -> Result<(), Error> {
        let default = match self.mode {
            Mode::Any => Occur::Optional,
            Mode::All => Occur::Required,
        };
        level.operand(tree, default, span)
    }

    fn leaf(&self, level: &mut Level<'_>, words: Option<Words>, start: usize) -> Result<(), Error> {
        let span = Span::new(start, level.at());
        let leaf = |words| Tree { node: Node::Leaf(Leaf { field: None, words, span }), height: 1 };
        self.operand(level, words.map(leaf), span)
    }

    fn parenthesis(&self, level: &mut Level<'_>, depth: usize) -> Result<(), Error> {
        let open = level.at();
        level.take();
        let Some(close) = self.closing.get(&open).copied().filter(|close| *close < level.end)
        else {
            return Ok(());
        };
        let inside = Span::new(open + 1, close);
        if inside.start == inside.end {
            level.current = None;
        } else {
            let tree = self.group(inside, depth + 1)?;
            self.operand(level, tree, Span::new(open, close + 1))?;
        }
        level.go_to(close + 1);
        Ok(())
    }

    /// A phrase, after its opening quote. The parser ignores one that is not closed.
    fn phrase(&self, level: &mut Level<'_>) -> Result<(), Error> {
        let (inside, start) = (level.rest, level.at());
        let mut text = String::new();
        while let Some(c) = level.take() {
            match c {
                '"' if level.at() == start + 1 => {
                    level.current = None;
                    return Ok(());
                }
                '"' => return self.leaf(level, Words::phrase(&text), start - 1),
                '\\' => text.extend(level.take()),
                plain => text.push(plain),
            }
        }
        level.rest = inside;
        Ok(())
    }

    fn word(&self, level: &mut Level<'_>) -> Result<(), Error> {
        let start = level.at();
        let (mut text, mut is_prefix) = (String::new(), false);
        while level.rest.chars().next().is_some_and(|c| !ends_word(c)) {
            match level.take() {
                Some('\\') => {
                    is_prefix = false;
                    text.extend(level.take());
                }
                plain => {
                    is_prefix = !text.is_empty() && plain == Some('*');
                    text.extend(plain);
                }
            }
        }
        let prefix = text.strip_suffix('*').filter(|_| is_prefix);
        let span = Span::new(start, level.at());
        let shape = prefix.map(|text| starting_with(text, span)).transpose()?;
        self.leaf(level, shape.map(Words::Pattern).or_else(|| Words::term(&text)), start)
    }
}
