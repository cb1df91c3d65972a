//! What HTML says of whose words it holds.
//!
//! Mail programs put what they quote into a `blockquote` or into an element of a class or an id of theirs.

use html5ever::LocalName;
use html5ever::tokenizer::{StartTag, Tag};
use postern_query::{Passage, Whose};

/// How the words of an element are found.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// They are its own.
    Element,
    /// So is everything that follows it.
    Rest,
    /// They end with the first quotation in it; between the others somebody answers.
    UpToQuotation,
}

/// An element that is open.
struct Open {
    name: LocalName,
    /// Elements of that name in one another.
    depth: usize,
    start: usize,
    whose: Whose,
}

impl Open {
    /// Counts a tag of its name, and says whether it ends the element.
    fn is_ended_by(&mut self, tag: &Tag) -> bool {
        if self.name != tag.name {
            return false;
        }
        self.depth = if tag.kind == StartTag { self.depth + 1 } else { self.depth - 1 };
        self.depth == 0
    }
}

/// Follows the elements of a page, and notes which parts of its text are not new.
#[derive(Default)]
pub(super) struct Quotes {
    found: Vec<Passage>,
    open: Option<Open>,
    /// An element that is quoted up to the first quotation in it.
    around: Option<Open>,
    is_rest: bool,
}

impl Quotes {
    /// Goes into or out of an element that stands on lines of its own, `at` this length of the text.
    pub(super) fn take(&mut self, tag: &Tag, at: usize) {
        if self.is_rest || tag.self_closing {
            return;
        }
        if let Some(ended) = self.around.take_if(|around| around.is_ended_by(tag)) {
            self.add(ended.start, at, ended.whose);
        }
        let is_ended = self.open.as_mut().map(|open| open.is_ended_by(tag));
        match is_ended {
            Some(true) => self.close(at),
            None if tag.kind == StartTag => self.start(tag, at),
            Some(false) | None => {}
        }
    }

    /// The passages of a text of that length.
    pub(super) fn finish(mut self, length: usize) -> Vec<Passage> {
        self.close(length);
        if let Some(around) = self.around.take() {
            self.add(around.start, length, around.whose);
        }
        self.found
    }

    fn start(&mut self, tag: &Tag, at: usize) {
        let Some((extent, whose)) = extent(tag, at) else { return };
        let open = Open { name: tag.name.clone(), depth: 1, start: at, whose };
        if extent == Extent::UpToQuotation {
            self.around.get_or_insert(open);
            return;
        }
        if let Some(around) = self.around.take_if(|_| &*tag.name == "blockquote") {
            self.add(around.start, at, around.whose);
        }
        if self.around.is_some() && whose == Whose::Quoted {
            return;
        }
        self.is_rest = extent == Extent::Rest;
        self.open = Some(open);
    }

    fn close(&mut self, at: usize) {
        if let Some(open) = self.open.take() {
            self.add(open.start, at, open.whose);
        }
    }

    fn add(&mut self, start: usize, end: usize, whose: Whose) {
        let is_behind = self.found.last().is_none_or(|last| last.range.end <= start);
        if start < end && is_behind {
            self.found.push(Passage { range: start..end, whose });
        }
    }
}

/// What an element says of its words. A `blockquote` that nothing stands before only indents a page.
fn extent(tag: &Tag, at: usize) -> Option<(Extent, Whose)> {
    let attribute = |name: &str| tag.attrs.iter().find(|one| &*one.name.local == name);
    let id = attribute("id").map(|id| plain(&id.value)).unwrap_or_default();
    let classes =
        attribute("class").map(|class| class.value.to_ascii_lowercase()).unwrap_or_default();
    let mut classes = classes.split_ascii_whitespace().map(plain);
    let by_class = classes.find_map(|class| of_class(&class, &tag.name));
    by_class.or_else(|| of_id(&id)).or_else(|| {
        let is_quotation = &*tag.name == "blockquote" && (at > 0 || attribute("cite").is_some());
        is_quotation.then_some((Extent::Element, Whose::Quoted))
    })
}

/// A class or an id in lower case, without what programs put before those of others.
fn plain(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let rest = ["x_", "ecx", "gmail-", "m_"].iter().find_map(|start| name.strip_prefix(start));
    rest.map(str::to_owned).unwrap_or(name)
}

fn of_class(class: &str, name: &str) -> Option<(Extent, Whose)> {
    Some(match class {
        "gmail_quote" | "gmail_extra" | "gmail_quote_container" if name != "blockquote" => {
            (Extent::UpToQuotation, Whose::Quoted)
        }
        "gmail_quote"
        | "gmail_attr"
        | "moz-cite-prefix"
        | "moz-forward-container"
        | "yahoo_quoted"
        | "protonmail_quote"
        | "tutanota_quote"
        | "zmail_extra"
        | "outlookmessageheader"
        | "ms-outlook-mobile-reference-message" => (Extent::Element, Whose::Quoted),
        "gmail_signature"
        | "moz-signature"
        | "protonmail_signature_block"
        | "applemailsignature" => (Extent::Element, Whose::Signature),
        _ => return None,
    })
}

fn of_id(id: &str) -> Option<(Extent, Whose)> {
    Some(match id {
        "divrplyfwdmsg" | "appendonsend" | "stopspelling" => (Extent::Rest, Whose::Quoted),
        "olk_src_body_section" | "reply-intro" | "replybody1" | "appleoriginalcontents" => {
            (Extent::Element, Whose::Quoted)
        }
        id if id.starts_with("mail-editor-reference") || id.starts_with("yahoo_quoted") => {
            (Extent::Element, Whose::Quoted)
        }
        "signature" | "applemailsignature" | "ms-outlook-mobile-signature" => {
            (Extent::Element, Whose::Signature)
        }
        _ => return None,
    })
}
