//! HTML of mail as HTML that costs little to show.
//!
//! Whoever builds a tree of a page pays for its depth with every tag, and the standard has it mend
//! what is nested wrongly at a cost that grows with the square of the page, and more. So a page is
//! written anew before anybody builds a tree of it: every element is closed where the standard
//! closes it, in the reverse order of their opening, and depth, tags, attributes and bytes are bounded. This
//! takes one pass over the tokens and a stack of bounded depth. What comes out is not safe to show:
//! that is for a sanitiser to judge.

mod element;
#[cfg(test)]
mod tests;

use html5ever::tokenizer::{StartTag, Tag, TokenSinkResult};

use super::markup::{self, Reader};
use element::{Element, Kind, Raw};

pub use element::is_shown;

/// Elements inside of each other.
pub const MAX_DEPTH: usize = 200;
/// Tags that are written.
pub const MAX_TAGS: usize = 50_000;
/// Signs of text that are written as references, such as `&amp;`: reading each costs as much as a tag.
const MAX_REFERENCES: usize = 100_000;
/// Bytes that are written.
pub const MAX_HTML: usize = 4 << 20;
/// Attributes of a tag that are written.
const MAX_ATTRIBUTES: usize = 32;
/// Comparisons of attributes with each other in the tokenizer, which drops those that stand twice.
const MAX_COMPARISONS: usize = 20_000_000;

/// The page with every element closed where it ends, without scripts, styles, comments and elements
/// that say nothing about how text is laid out; nothing when it exceeds [`MAX_DEPTH`], [`MAX_TAGS`]
/// or [`MAX_HTML`], or has tags with thousands of attributes or 100,000 signs to be written as references.
///
/// The time is linear in the length of the page.
///
/// ```
/// use postern_mail::well_nested;
///
/// assert_eq!(well_nested("<p>a<b>b<p>c").as_deref(), Some("<p>a<b>b</b></p><p><b>c</b></p>"));
/// assert_eq!(well_nested(&"<div>".repeat(100_000)), None);
/// ```
#[must_use]
pub fn well_nested(html: &str) -> Option<String> {
    let layout = Layout::of(html);
    (!layout.is_over()).then_some(layout.out)
}

/// A page as it is written anew.
#[derive(Default)]
struct Layout {
    out: String,
    /// The elements that are open, the outermost first.
    open: Vec<Element>,
    /// Formatting that an end of something else cut off, to be opened again before the next text. An
    /// empty place is the begin of a cell, into which nothing outside of it reaches.
    cut_off: Vec<Option<Element>>,
    /// The element that is read as raw text.
    raw: Option<Raw>,
    tags: usize,
    references: usize,
    comparisons: usize,
    is_too_deep: bool,
    /// Elements that were looked at, which is the time that this takes.
    looks: std::cell::Cell<usize>,
}

impl Layout {
    fn of(html: &str) -> Self {
        let mut layout = markup::read(Self::default(), html);
        layout.close_down_to(0);
        layout
    }

    const fn is_over(&self) -> bool {
        self.is_too_deep
            || self.tags > MAX_TAGS
            || self.references > MAX_REFERENCES
            || self.out.len() > MAX_HTML
            || self.comparisons > MAX_COMPARISONS
    }
}

impl Reader for Layout {
    fn text(&mut self, text: &str) {
        if self.raw.as_ref().is_some_and(|raw| !raw.is_text) {
            return;
        }
        let is_blank = text.bytes().all(|byte| byte.is_ascii_whitespace());
        match (self.is_between_cells(), is_blank) {
            (_, true) => {}
            (true, false) => {
                self.open_table_part("td".into(), Kind::Cell, None);
                self.reopen();
            }
            (false, false) => self.reopen(),
        }
        self.references += element::escape(text, &mut self.out);
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        self.comparisons += tag.attrs.len() * tag.attrs.len();
        if let Some(raw) = &self.raw {
            if tag.kind != StartTag && tag.name == raw.name {
                self.raw = None;
            }
            return TokenSinkResult::Continue;
        }
        if tag.kind != StartTag {
            self.end(tag);
            return TokenSinkResult::Continue;
        }
        if let Some((raw, how)) = Raw::of(&tag.name) {
            self.raw = Some(raw);
            return TokenSinkResult::RawData(how);
        }
        self.start(tag);
        TokenSinkResult::Continue
    }

    fn skipped(&mut self) {
        self.raw = None;
    }

    fn is_done(&self) -> bool {
        self.is_over()
    }
}

// ---- start tags ----

impl Layout {
    fn start(&mut self, tag: &Tag) {
        let kind = Kind::of(&tag.name);
        if self.is_between_cells() && !kind.is_of_tables() {
            // The standard puts it before the table, for which it is too late.
            return;
        }
        match kind {
            Kind::Ignored => {}
            Kind::Void => {
                self.reopen();
                self.write_start(&element::written(tag));
            }
            Kind::Rule => {
                self.close_paragraph();
                self.write_start(&element::written(tag));
            }
            Kind::Formatting => self.start_formatting(tag),
            Kind::Ordinary => {
                self.reopen();
                // In pictures that are drawn, elements without content need no end.
                if !tag.self_closing || is_shown(&tag.name) {
                    self.push(Element::of(tag, kind));
                }
            }
            Kind::Ruby => {
                while self.open.last().is_some_and(|last| last.kind == Kind::Ruby) {
                    self.pop();
                }
                self.push(Element::of(tag, kind));
            }
            Kind::Paragraph | Kind::Block | Kind::Heading | Kind::Item | Kind::Term => {
                self.start_block(tag, kind);
            }
            Kind::Table => {
                if self.is_between_cells() {
                    self.close_outer_table();
                } else {
                    self.close_paragraph();
                }
                self.push(Element::of(tag, kind));
            }
            Kind::Caption | Kind::Columns | Kind::Section | Kind::Row | Kind::Cell => {
                self.open_table_part(tag.name.clone(), kind, Some(tag));
            }
            Kind::Column => self.column(tag),
        }
    }

    fn start_formatting(&mut self, tag: &Tag) {
        if &*tag.name == "a" {
            self.end_formatting("a");
        }
        self.reopen();
        let new = Element::of(tag, Kind::Formatting);
        self.leave_three(&new);
        self.push(new);
    }

    /// Of formatting that is open four times in the same way, the outermost is not opened again.
    fn leave_three(&mut self, new: &Element) {
        if new.start.is_empty() {
            return;
        }
        let from = self.start_of_cell();
        let looks = &self.looks;
        let same = |one: &&mut Element| {
            looks.set(looks.get() + 1);
            one.reopens() && one.start == new.start
        };
        let mut alike: Vec<_> = self.open.iter_mut().skip(from).filter(same).collect();
        if let [outermost, _, _, ..] = alike.as_mut_slice() {
            outermost.is_ended_anyway = true;
        }
    }

    fn start_block(&mut self, tag: &Tag, kind: Kind) {
        if matches!(kind, Kind::Item | Kind::Term)
            && let Some(at) = self.find(|one| match one.kind {
                same if same == kind => Step::Found,
                Kind::Block if !matches!(&*one.name, "address" | "div") => Step::Stop,
                Kind::Heading | Kind::Item | Kind::Term => Step::Stop,
                kind if kind.hides() => Step::Stop,
                _ => Step::On,
            })
        {
            self.close_down_to(at);
        }
        self.close_paragraph();
        if kind == Kind::Heading && self.open.last().is_some_and(|last| last.kind == kind) {
            self.pop();
        }
        self.push(Element::of(tag, kind));
    }

    fn close_paragraph(&mut self) {
        if let Some(at) = self.find_in_scope(|one| one.kind == Kind::Paragraph) {
            self.close_down_to(at);
        }
    }
}

// ---- tables ----

impl Layout {
    /// Whether a table is open and none of its cells.
    fn is_between_cells(&self) -> bool {
        self.open.last().is_some_and(|last| {
            matches!(last.kind, Kind::Table | Kind::Section | Kind::Row | Kind::Columns)
        })
    }

    /// The innermost table that is open.
    fn table(&self) -> Option<usize> {
        self.find(|one| if one.kind == Kind::Table { Step::Found } else { Step::On })
    }

    fn close_outer_table(&mut self) {
        if let Some(at) = self.table() {
            self.close_down_to(at);
        }
    }

    /// Opens a part of the innermost table, and what has to lie between them. Without a table it is
    /// left out.
    fn open_table_part(&mut self, name: html5ever::LocalName, kind: Kind, tag: Option<&Tag>) {
        let Some(table) = self.table() else { return };
        let mut keep = table + 1;
        for (around, implied) in [(Kind::Section, "tbody"), (Kind::Row, "tr")] {
            let needs = match around {
                Kind::Section => matches!(kind, Kind::Row | Kind::Cell),
                _ => kind == Kind::Cell,
            };
            if needs {
                if self.open.get(keep).is_none_or(|one| one.kind != around) {
                    self.close_down_to(keep);
                    self.push(Element::implied(implied.into(), around));
                }
                keep += 1;
            }
        }
        self.close_down_to(keep);
        self.push(tag.map_or_else(|| Element::implied(name, kind), |tag| Element::of(tag, kind)));
        if kind.is_cell() {
            self.cut_off.push(None);
        }
    }

    fn column(&mut self, tag: &Tag) {
        let Some(table) = self.table() else { return };
        if self.open.get(table + 1).is_none_or(|one| one.kind != Kind::Columns) {
            self.open_table_part("colgroup".into(), Kind::Columns, None);
        }
        self.close_down_to(table + 2);
        self.write_start(&element::written(tag));
    }
}

// ---- end tags ----

impl Layout {
    fn end(&mut self, tag: &Tag) {
        let name = &*tag.name;
        let is = |one: &Element| &*one.name == name;
        let kind = Kind::of(name);
        let found = match kind {
            Kind::Void if name == "br" && !self.is_between_cells() => {
                self.reopen();
                self.write_start("<br>");
                None
            }
            Kind::Void | Kind::Ignored | Kind::Rule | Kind::Column => None,
            Kind::Formatting => return self.end_formatting(name),
            Kind::Heading => self.find_in_scope(|one| one.kind == Kind::Heading),
            Kind::Item => self.find(|one| match one.kind {
                Kind::Item => Step::Found,
                kind if kind.hides() => Step::Stop,
                Kind::Block if matches!(&*one.name, "ol" | "ul") => Step::Stop,
                _ => Step::On,
            }),
            Kind::Block | Kind::Term | Kind::Paragraph => self.find_in_scope(is),
            Kind::Table
            | Kind::Section
            | Kind::Row
            | Kind::Cell
            | Kind::Caption
            | Kind::Columns => self.find(|one| match one.kind {
                _ if is(one) => Step::Found,
                Kind::Table => Step::Stop,
                _ => Step::On,
            }),
            Kind::Ordinary | Kind::Ruby => self.find(|one| match one.kind {
                _ if is(one) => Step::Found,
                Kind::Ordinary | Kind::Formatting | Kind::Ruby => Step::On,
                _ => Step::Stop,
            }),
        };
        match found {
            Some(at) => self.close_down_to(at),
            // By the standard this is an empty paragraph.
            None if kind == Kind::Paragraph && !self.is_between_cells() => {
                self.push(Element::implied(tag.name.clone(), kind));
                self.pop();
            }
            None => {}
        }
    }

    /// Ends formatting. Where a block began inside of it, it ends with the block.
    fn end_formatting(&mut self, name: &str) {
        let mut is_around_block = false;
        let found = self.find(|one| match one.kind {
            Kind::Formatting if &*one.name == name && !one.is_ended => Step::Found,
            Kind::Formatting | Kind::Ordinary | Kind::Ruby => Step::On,
            kind if kind.hides() => Step::Stop,
            _ => {
                is_around_block |= one.is_shown;
                Step::On
            }
        });
        match found.and_then(|at| Some((at, self.open.get_mut(at)?))) {
            Some((at, one)) => {
                one.is_ended = true;
                if !is_around_block {
                    self.close_down_to(at);
                }
            }
            None => self.forget(name),
        }
    }

    /// Formatting that was cut off is not opened again.
    fn forget(&mut self, name: &str) {
        let from = self.cut_off_here();
        self.looks.set(self.looks.get() + self.cut_off.len() - from);
        let is = |one: &Option<Element>| one.as_ref().is_some_and(|one| &*one.name == name);
        if let Some(at) = self.cut_off.iter().skip(from).rposition(is) {
            self.cut_off.remove(from + at);
        }
    }
}

// ---- the stack ----

/// What a look at an element that is open leads to.
enum Step {
    Found,
    On,
    Stop,
}

impl Layout {
    /// The innermost element that is looked for.
    fn find(&self, mut step: impl FnMut(&Element) -> Step) -> Option<usize> {
        for (at, one) in self.open.iter().enumerate().rev() {
            self.looks.set(self.looks.get() + 1);
            match step(one) {
                Step::Found => return Some(at),
                Step::On => {}
                Step::Stop => return None,
            }
        }
        None
    }

    /// The innermost such element that no table or cell hides.
    fn find_in_scope(&self, is: impl Fn(&Element) -> bool) -> Option<usize> {
        self.find(|one| match one.kind {
            _ if is(one) => Step::Found,
            kind if kind.hides() => Step::Stop,
            _ => Step::On,
        })
    }

    fn start_of_cell(&self) -> usize {
        self.find(|one| if one.kind.is_cell() { Step::Found } else { Step::On })
            .map_or(0, |at| at + 1)
    }

    /// Where that begins which was cut off in this cell.
    fn cut_off_here(&self) -> usize {
        self.cut_off.iter().rposition(Option::is_none).map_or(0, |at| at + 1)
    }

    fn push(&mut self, element: Element) {
        self.is_too_deep |= self.open.len() >= MAX_DEPTH || self.cut_off.len() >= MAX_DEPTH;
        if self.is_too_deep {
            return;
        }
        if element.is_shown {
            let start = element.start_tag();
            self.write_start(&start);
        }
        self.open.push(element);
    }

    fn write_start(&mut self, tag: &str) {
        self.tags += 1;
        self.out.push_str(tag);
    }

    fn pop(&mut self) {
        let Some(one) = self.open.pop() else { return };
        self.looks.set(self.looks.get() + 1);
        if one.is_shown {
            self.out.push_str("</");
            self.out.push_str(&one.name);
            self.out.push('>');
        }
        if one.kind.is_cell() {
            self.cut_off.truncate(self.cut_off_here().saturating_sub(1));
        } else if one.reopens() {
            self.cut_off.insert(self.cut_off_here(), Some(one));
        }
    }

    /// Closes all but the outermost `keep` elements, and the formatting around them that has ended.
    fn close_down_to(&mut self, keep: usize) {
        while self.open.len() > keep {
            self.pop();
        }
        while self.open.last().is_some_and(|last| last.is_ended) {
            self.pop();
        }
    }

    /// Opens again what was cut off.
    fn reopen(&mut self) {
        if self.cut_off.last().is_some_and(Option::is_some) {
            for one in self.cut_off.split_off(self.cut_off_here()).into_iter().flatten() {
                self.push(one);
            }
        }
    }
}
