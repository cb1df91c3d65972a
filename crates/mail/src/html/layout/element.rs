//! Elements, and what each is to those around it.

use html5ever::LocalName;
use html5ever::tokenizer::Tag;
use html5ever::tokenizer::states::RawKind;

use super::MAX_ATTRIBUTES;

/// What an element does to those around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Changes nothing.
    Ignored,
    /// Has no content.
    Void,
    /// The same, and ends a paragraph.
    Rule,
    /// Goes on behind the end of what it begins in.
    Formatting,
    Paragraph,
    Heading,
    /// Of a list.
    Item,
    /// Of a list of terms.
    Term,
    /// Any other that ends a paragraph.
    Block,
    Table,
    Caption,
    /// A group of columns.
    Columns,
    Column,
    Section,
    Row,
    Cell,
    Ruby,
    Ordinary,
}

impl Kind {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "base" | "basefont" | "bgsound" | "body" | "embed" | "frame" | "frameset" | "head"
            | "html" | "input" | "keygen" | "link" | "meta" | "optgroup" | "option" | "param"
            | "source" | "track" => Self::Ignored,
            "area" | "br" | "image" | "img" | "wbr" => Self::Void,
            "hr" => Self::Rule,
            "a" | "b" | "big" | "code" | "em" | "font" | "i" | "nobr" | "s" | "small"
            | "strike" | "strong" | "tt" | "u" => Self::Formatting,
            "p" => Self::Paragraph,
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Self::Heading,
            "li" => Self::Item,
            "dd" | "dt" => Self::Term,
            "address" | "article" | "aside" | "blockquote" | "center" | "details" | "dialog"
            | "dir" | "div" | "dl" | "fieldset" | "figcaption" | "figure" | "footer" | "form"
            | "header" | "hgroup" | "listing" | "main" | "menu" | "nav" | "ol" | "pre"
            | "search" | "section" | "summary" | "ul" => Self::Block,
            "table" => Self::Table,
            "caption" => Self::Caption,
            "colgroup" => Self::Columns,
            "col" => Self::Column,
            "tbody" | "tfoot" | "thead" => Self::Section,
            "tr" => Self::Row,
            "td" | "th" => Self::Cell,
            "rb" | "rp" | "rt" | "rtc" => Self::Ruby,
            _ => Self::Ordinary,
        }
    }

    /// What lies in it is a world of its own.
    pub(super) const fn is_cell(self) -> bool {
        matches!(self, Self::Cell | Self::Caption)
    }

    /// An end tag inside of it is not one of something around it.
    pub(super) const fn hides(self) -> bool {
        self.is_cell() || matches!(self, Self::Table)
    }

    pub(super) const fn is_of_tables(self) -> bool {
        matches!(
            self,
            Self::Table
                | Self::Caption
                | Self::Columns
                | Self::Column
                | Self::Section
                | Self::Row
                | Self::Cell
        )
    }
}

/// Whether the element says how text is laid out; others only shape the elements around them.
///
/// ```
/// use postern_mail::is_shown;
///
/// assert!(is_shown("table") && !is_shown("form"));
/// ```
#[must_use]
pub fn is_shown(name: &str) -> bool {
    match Kind::of(name) {
        Kind::Ignored => false,
        Kind::Void
        | Kind::Rule
        | Kind::Paragraph
        | Kind::Heading
        | Kind::Item
        | Kind::Term
        | Kind::Table
        | Kind::Caption
        | Kind::Columns
        | Kind::Column
        | Kind::Section
        | Kind::Row
        | Kind::Cell => true,
        Kind::Formatting => !matches!(name, "big" | "font" | "nobr"),
        Kind::Ruby => name != "rb",
        Kind::Block => !matches!(
            name,
            "address"
                | "dialog"
                | "dir"
                | "fieldset"
                | "form"
                | "listing"
                | "main"
                | "menu"
                | "search"
                | "section"
        ),
        Kind::Ordinary => matches!(
            name,
            "abbr"
                | "acronym"
                | "bdi"
                | "bdo"
                | "cite"
                | "data"
                | "del"
                | "dfn"
                | "ins"
                | "kbd"
                | "map"
                | "mark"
                | "q"
                | "ruby"
                | "samp"
                | "span"
                | "sub"
                | "sup"
                | "time"
                | "var"
        ),
    }
}

/// An element whose content has no tags.
pub(super) struct Raw {
    pub(super) name: LocalName,
    /// Whether what is in it is shown.
    pub(super) is_text: bool,
}

impl Raw {
    pub(super) fn of(name: &LocalName) -> Option<(Self, RawKind)> {
        let (is_text, how) = match &**name {
            "script" => (false, RawKind::ScriptData),
            "style" => (false, RawKind::Rawtext),
            "textarea" | "title" => (true, RawKind::Rcdata),
            "iframe" | "noembed" | "noframes" | "xmp" => (true, RawKind::Rawtext),
            _ => return None,
        };
        Some((Self { name: name.clone(), is_text }, how))
    }
}

/// An element that is open.
pub(super) struct Element {
    pub(super) name: LocalName,
    pub(super) kind: Kind,
    pub(super) is_shown: bool,
    /// Its start tag, where it has one of its own that is shown.
    pub(super) start: String,
    /// Its end tag was there.
    pub(super) is_ended: bool,
    /// It is not opened again.
    pub(super) is_ended_anyway: bool,
}

impl Element {
    pub(super) fn of(tag: &Tag, kind: Kind) -> Self {
        let start = if is_shown(&tag.name) { written(tag) } else { String::new() };
        Self { start, ..Self::implied(tag.name.clone(), kind) }
    }

    /// One that nobody wrote.
    pub(super) fn implied(name: LocalName, kind: Kind) -> Self {
        let is_shown = is_shown(&name);
        let start = String::new();
        Self { name, kind, is_shown, start, is_ended: false, is_ended_anyway: false }
    }

    pub(super) fn start_tag(&self) -> String {
        if self.start.is_empty() { format!("<{}>", self.name) } else { self.start.clone() }
    }

    /// Whether it goes on behind the end of what is around it.
    pub(super) fn reopens(&self) -> bool {
        self.kind == Kind::Formatting && self.is_shown && !self.is_ended && !self.is_ended_anyway
    }
}

/// A start tag, with the first of those attributes that can be shown.
pub(super) fn written(tag: &Tag) -> String {
    let name = if &*tag.name == "image" { "img" } else { &tag.name };
    let mut out = format!("<{name}");
    let shown = tag.attrs.iter().filter(|one| can_be_shown(&one.name.local, &one.value));
    for attribute in shown.take(MAX_ATTRIBUTES) {
        out.push(' ');
        out.push_str(&attribute.name.local);
        out.push_str("=\"");
        for c in attribute.value.chars() {
            match c {
                '&' => out.push_str("&amp;"),
                '"' => out.push_str("&quot;"),
                c => out.push(c),
            }
        }
        out.push('"');
    }
    out.push('>');
    out
}

/// No looks of its own, no scripts, nothing that is loaded but what came with the message.
fn can_be_shown(attribute: &str, value: &str) -> bool {
    let is_plain = attribute.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_left_out = match attribute {
        "background" | "class" | "id" | "srcset" | "style" => true,
        "src" => !value.trim().get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("cid:")),
        _ => false,
    };
    is_plain && !is_left_out && !attribute.starts_with("on")
}

/// Writes text as it stands between tags, and says how many references it needs.
pub(super) fn escape(text: &str, out: &mut String) -> usize {
    let (mut rest, mut references) = (text, 0);
    while let Some(at) = rest.find(['&', '<', '>']) {
        let (before, special) = rest.split_at(at);
        out.push_str(before);
        out.push_str(match special.as_bytes().first() {
            Some(b'&') => "&amp;",
            Some(b'<') => "&lt;",
            Some(_) | None => "&gt;",
        });
        rest = special.get(1..).unwrap_or_default();
        references += 1;
    }
    out.push_str(rest);
    references
}
