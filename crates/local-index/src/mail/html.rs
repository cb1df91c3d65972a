//! HTML to the text that is searched.
//!
//! On the tokenizer of the HTML standard, without a tree: linear in the length whatever the nesting.
//! Blocks stand on lines of their own, words are neither glued nor split, and scripts, styles,
//! titles and comments are left out. Text hidden by a style sheet is kept: what a page shows is not
//! computed.

use std::cell::RefCell;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, StartTag, Tag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer,
    TokenizerOpts,
};
use html5ever::tokenizer::{CharacterTokens, EndTag};

/// Bytes of HTML that are read; the rest of a longer part is left out.
const MAX_HTML: usize = 8 << 20;

/// The text of an HTML page.
///
/// ```
/// use postern_local_index::mail::html_to_text;
///
/// assert_eq!(html_to_text("<p>wo<b>r</b>ld</p><script>x</script>caf&eacute;"), "world\ncafé");
/// ```
#[must_use]
pub fn to_text(html: &str) -> String {
    let html = html.get(..html.floor_char_boundary(MAX_HTML)).unwrap_or(html);
    let tokenizer = Tokenizer::new(TextSink::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(html.into());
    // A script would pause the tokenizer; it goes on at the next call.
    while !input.is_empty() {
        drop(tokenizer.feed(&input));
    }
    tokenizer.end();
    tokenizer.sink.0.into_inner().finish()
}

#[derive(Default)]
struct TextSink(RefCell<Text>);

#[derive(Default)]
struct Text {
    out: String,
    /// The element whose content is left out.
    skipping: Option<&'static str>,
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

impl TokenSink for TextSink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut text = self.0.borrow_mut();
        match token {
            CharacterTokens(characters) => text.characters(&characters),
            TagToken(tag) => return text.tag(&tag),
            Token::DoctypeToken(_)
            | Token::CommentToken(_)
            | Token::NullCharacterToken
            | Token::EOFToken
            | Token::ParseError(_) => {}
        }
        TokenSinkResult::Continue
    }
}

impl Text {
    fn characters(&mut self, characters: &str) {
        if self.skipping.is_some() {
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

    fn separate(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        match pending {
            _ if self.out.is_empty() => {}
            Pending::Nothing => {}
            Pending::Space => self.out.push(' '),
            Pending::Line => self.out.push('\n'),
        }
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
        self.pending = self.pending.max(around(name));
        TokenSinkResult::Continue
    }

    fn finish(self) -> String {
        self.out
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
        assert_eq!(to_text(&"é".repeat(MAX_HTML)).len(), MAX_HTML);
        assert_eq!(to_text("<script>never closed"), "");
    }
}
