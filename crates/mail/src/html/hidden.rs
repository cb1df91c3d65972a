//! What a page holds and does not show.
//!
//! Only the page's own words count: the attributes `hidden` and `style`, and `<template>`. Style
//! sheets and sizes are not computed.

use html5ever::LocalName;
use html5ever::tokenizer::{StartTag, Tag};

/// Elements inside of each other that are told apart; browsers do not go much further either.
const MAX_DEPTH: usize = 256;

/// The hidden element that is being read, and the elements open inside of it.
#[derive(Default)]
pub(crate) struct Hidden(Vec<LocalName>);

impl Hidden {
    pub(crate) const fn is_open(&self) -> bool {
        !self.0.is_empty()
    }

    /// Goes into or out of an element; `is_block` says that it stands on lines of its own.
    pub(crate) fn take(&mut self, tag: &Tag, is_block: bool) {
        if tag.kind != StartTag {
            return self.close(&tag.name, is_block);
        }
        if self.0.last().is_some_and(|last| is_closed_by(last, &tag.name, is_block)) {
            self.0.pop();
        }
        let begins = self.is_open() || is_hidden(tag);
        if begins && !is_void(&tag.name) && self.0.len() < MAX_DEPTH {
            self.0.push(tag.name.clone());
        }
    }

    /// The end of a block that is not open in here is the end of what is around the hidden element.
    fn close(&mut self, name: &LocalName, is_block: bool) {
        match self.0.iter().rposition(|open| open == name) {
            Some(at) => self.0.truncate(at),
            None if is_block && !matches!(&**name, "p" | "br") => self.0.clear(),
            None => {}
        }
    }
}

/// Elements that nobody needs to close.
fn is_closed_by(open: &str, next: &str, next_is_block: bool) -> bool {
    match open {
        "p" => next_is_block && next != "br",
        "li" | "td" | "th" | "tr" | "option" => open == next,
        "dt" | "dd" => matches!(next, "dt" | "dd"),
        _ => false,
    }
}

fn is_hidden(tag: &Tag) -> bool {
    &*tag.name == "template"
        || tag.attrs.iter().any(|attribute| match &*attribute.name.local {
            "hidden" => true,
            "style" => hides(&attribute.value),
            _ => false,
        })
}

/// Whether a `style` says `display: none` or `visibility: hidden`.
fn hides(style: &str) -> bool {
    style.split(';').filter_map(|rule| rule.split_once(':')).any(|(name, value)| {
        let value = value.split(['!', ' ']).find(|word| !word.is_empty()).unwrap_or_default();
        let is = |a: &str, b: &str| {
            name.trim().eq_ignore_ascii_case(a) && value.trim().eq_ignore_ascii_case(b)
        };
        is("display", "none") || is("visibility", "hidden") || is("visibility", "collapse")
    })
}

/// Elements without content.
fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html_to_text;

    #[test]
    fn styles() {
        for style in [
            "display:none",
            "color: red; DISPLAY : None !important",
            "display:none!important",
            "visibility:hidden;",
        ] {
            assert!(hides(style), "{style}");
        }
        for style in ["", "display", "display:block", "color:none", "x-display:none", ":none"] {
            assert!(!hides(style), "{style}");
        }
    }

    #[test]
    fn hidden_text_was_found() {
        for (html, text) in [
            ("<div style='display:none'>pre</div>x", "x"),
            ("<div style='display:none'><div>a</div>b</div>x", "x"),
            ("<div hidden><b>a<br>b<img></div>x", "x"),
            ("<template><p>a</p></template>x", "x"),
            ("<span style='visibility:hidden'>a</span>x", "x"),
            ("<img hidden>x", "x"),
            ("<div hidden><style>a</div></style>b</div>x", "x"),
            // Elements that nobody closed end where the standard ends them.
            ("<p hidden>a<p>x", "x"),
            ("<p hidden>a<br>b<div>x</div>", "x"),
            ("<ul><li hidden>a<li>x</ul>", "x"),
            ("<table><tr><td><span hidden>a</td><td>x</td></tr></table>", "x"),
            // Ends of nothing end nothing.
            ("<div hidden>a</font></p>b</div>x", "x"),
        ] {
            assert_eq!(html_to_text(html), text, "{html}");
        }
    }
}
