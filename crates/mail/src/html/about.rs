//! What a page says of itself.

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{EndTag, Tag, TokenSinkResult};

use super::markup::{self, Reader};

/// Bytes of the beginning of a page that its head lies in.
const HEAD: usize = 64 << 10;

/// The title of a page, and its author, empty where it names none.
pub(crate) fn about(html: &str) -> (String, String) {
    let head = html.get(..html.floor_char_boundary(HEAD)).unwrap_or(html);
    let Head { title, author, .. } = markup::read(Head::default(), head);
    (title, author)
}

#[derive(Default)]
struct Head {
    title: String,
    author: String,
    is_title: bool,
    is_done: bool,
}

impl Reader for Head {
    fn text(&mut self, text: &str) {
        if self.is_title {
            self.title.push_str(text);
        }
    }

    fn tag(&mut self, tag: &Tag) -> TokenSinkResult<()> {
        let is_end = tag.kind == EndTag;
        if self.is_done {
            return TokenSinkResult::Continue;
        }
        match &*tag.name {
            "title" if is_end => self.is_title = false,
            "title" if self.title.is_empty() => {
                self.is_title = true;
                return TokenSinkResult::RawData(RawKind::Rcdata);
            }
            "meta" if is_author(tag) => self.author = attribute(tag, "content").unwrap_or_default(),
            "script" if !is_end => return TokenSinkResult::RawData(RawKind::ScriptData),
            "style" if !is_end => return TokenSinkResult::RawData(RawKind::Rawtext),
            "body" => self.is_done = true,
            "head" if is_end => self.is_done = true,
            _ => {}
        }
        TokenSinkResult::Continue
    }

    fn skipped(&mut self) {
        self.is_title = false;
    }

    fn is_done(&self) -> bool {
        self.is_done
    }
}

fn is_author(tag: &Tag) -> bool {
    attribute(tag, "name").is_some_and(|name| name.eq_ignore_ascii_case("author"))
}

fn attribute(tag: &Tag, name: &str) -> Option<String> {
    let found = tag.attrs.iter().find(|attribute| &*attribute.name.local == name)?;
    Some(found.value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_authors() {
        for (page, title, author) in [
            (
                "<html><head><title>R&amp;D <b>plan</title><meta NAME=Author content='Ann'></head>",
                "R&D <b>plan",
                "Ann",
            ),
            ("<script>'<title>x</title>'</script><title>y</title>", "y", ""),
            ("<p>text<body><title>late</title>", "", ""),
            ("<title>one</title><title>two</title>", "one", ""),
            ("", "", ""),
        ] {
            assert_eq!(about(page), (title.to_owned(), author.to_owned()), "{page}");
        }
    }
}
