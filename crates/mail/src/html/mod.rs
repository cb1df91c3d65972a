//! HTML to the text that is searched.
//!
//! On the tokenizer of the HTML standard, without a tree: linear in the length whatever the nesting.
//! Blocks stand on lines of their own, words are neither glued nor split, and scripts, styles,
//! titles, comments and [hidden](crate::html::hidden) elements are left out.

mod about;
mod hidden;
pub(crate) mod layout;
mod markup;
mod quotes;
#[cfg(test)]
mod quotes_tests;
pub(crate) mod safe;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{EndTag, StartTag, Tag, TokenSinkResult};

use crate::MAX_TEXT;
pub(crate) use crate::html::about::about;
use crate::html::hidden::Hidden;
use crate::html::markup::Reader;
use crate::html::quotes::Quotes;
use crate::quoted::Marked;

/// The text of an HTML page.
///
/// ```
/// use postern_mail::html_to_text;
///
/// assert_eq!(html_to_text("<p>wo<b>r</b>ld</p><script>x</script>caf&eacute;"), "world\ncafé");
/// ```
#[must_use]
pub fn to_text(html: &str) -> String {
    to_marked(html).text
}

/// The text of an HTML page, with what the page says of whose words it holds.
pub(crate) fn to_marked(html: &str) -> Marked {
    let html = html.get(..html.floor_char_boundary(MAX_TEXT)).unwrap_or(html);
    let Text { out, quotes, .. } = markup::read(Text::default(), html);
    Marked { marks: quotes.finish(out.len()), text: out }
}

#[derive(Default)]
struct Text {
    out: String,
    /// The element whose content is left out.
    skipping: Option<&'static str>,
    hidden: Hidden,
    quotes: Quotes,
    /// White space was read that is not written yet.
    pending: Pending,
}

#[derive(Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pending {
    #[default]
    Nothing,
    Space,
    Line,
}

impl Reader for Text {
    fn text(&mut self, characters: &str) {
        if self.skipping.is_some() || self.hidden.is_open() {
            return;
        }
        for c in characters.chars() {
            if c.is_whitespace() {
                self.pending = self.pending.max(Pending::Space);
            } else {
                self.separate();
                self.out.push(c);
            }
        }
    }

    fn skipped(&mut self) {
        (self.skipping, self.pending) = (None, Pending::Line);
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let name = &*tag.name;
        if let Some(skipping) = self.skipping {
            if tag.kind == EndTag && name == skipping {
                self.skipping = None;
            }
            return TokenSinkResult::Continue;
        }
        if tag.kind == StartTag
            && !tag.self_closing
            && let Some((left_out, raw)) = left_out(name)
        {
            self.skipping = Some(left_out);
            return TokenSinkResult::RawData(raw);
        }
        let around = around(name);
        if around == Pending::Line {
            self.quotes.take(tag, self.out.len());
        }
        self.hidden.take(tag, around != Pending::Nothing);
        self.pending = self.pending.max(around);
        TokenSinkResult::Continue
    }
}

impl Text {
    fn separate(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        match pending {
            _ if self.out.is_empty() => {}
            Pending::Nothing => {}
            Pending::Space => self.out.push(' '),
            Pending::Line => self.out.push('\n'),
        }
    }
}

/// Elements whose content is no text, and how the standard reads what is inside of them.
fn left_out(name: &str) -> Option<(&'static str, RawKind)> {
    Some(match name {
        "script" => ("script", RawKind::ScriptData),
        "style" => ("style", RawKind::Rawtext),
        "title" => ("title", RawKind::Rcdata),
        "noembed" => ("noembed", RawKind::Rawtext),
        "iframe" => ("iframe", RawKind::Rawtext),
        _ => return None,
    })
}

/// What stands before and after an element.
fn around(name: &str) -> Pending {
    match name {
        "address" | "article" | "aside" | "blockquote" | "body" | "br" | "center" | "dd"
        | "details" | "dir" | "div" | "dl" | "dt" | "fieldset" | "figcaption" | "figure"
        | "footer" | "form" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "head" | "header"
        | "hr" | "html" | "legend" | "li" | "main" | "menu" | "nav" | "ol" | "option" | "p"
        | "pre" | "section" | "select" | "summary" | "table" | "tbody" | "tfoot" | "thead"
        | "tr" | "ul" => Pending::Line,
        "td" | "th" | "img" | "input" | "button" | "caption" | "textarea" => Pending::Space,
        _ => Pending::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_pages() {
        for (html, text) in [
            ("<div>a</div><div>b</div>", "a\nb"),
            ("wo<b>r</b>ld", "world"),
            ("a<br>b", "a\nb"),
            ("<td>a</td><td>b</td>", "a b"),
            ("<img alt='x > y'>after", "after"),
            ("<title>t</title><style>p{}</style><script>if (a<b) {}</script>x", "x"),
            ("<script>var a = '<p>';</script>y", "y"),
            ("<!-- c --><p>z", "z"),
            ("caf&eacute; &lt; &#x41; &nbsp; b", "café < A b"),
            ("caf&eacute", "café"),
            ("if a < b then", "if a < b then"),
            ("  a \n\n  b  ", "a b"),
            ("<p>a<p>b", "a\nb"),
            ("", ""),
            ("<", "<"),
            ("<scr<script>x</script>ipt>a", "xipt>a"), // by the standard, a tag named `scr<script`
        ] {
            assert_eq!(to_text(html), text, "{html}");
        }
    }

    /// Nesting costs nothing but its own length, and what is too long is cut.
    #[test]
    fn hostile_pages() {
        assert_eq!(to_text(&format!("{}a", "<div>".repeat(60_000))), "a");
        assert_eq!(to_text(&format!("{}a", "<div hidden>".repeat(60_000))), "");
        let unmatched = format!("{}{}a", "<b hidden>".repeat(1_000), "</i>".repeat(100_000));
        assert_eq!(to_text(&unmatched), "");
        assert_eq!(to_text(&"é".repeat(MAX_TEXT)).len(), MAX_TEXT);
        assert_eq!(to_text("<script>never closed"), "");
        let script = format!("x<script>{}</script>y", "if (a < b) {}".repeat(10_000));
        assert_eq!(to_text(&script), "xy");
        assert_eq!(to_text(&"<p>é".repeat(20_000)), vec!["é"; 20_000].join("\n"));
    }

    /// 770 KB of attributes took 12 seconds: the tokenizer compares each with all before it.
    #[test]
    fn many_attributes_were_a_hang() {
        let attributes: String = (0..200_000).map(|number| format!("a{number:x} ")).collect();
        assert_eq!(to_text(&format!("x<a {attributes}>y")), "x\ny");
        assert_eq!(to_text(&format!("x<!-- <p>{attributes}> -->y")), "x\ny");
        assert_eq!(to_text(&format!("x<img src='data:{}'>y", "A/b+".repeat(50_000))), "x\ny");
    }
}
