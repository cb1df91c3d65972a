//! Lists and their pages.

use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde_json::Value;

use crate::answer::{Record, read};

/// A part of a list to ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging {
    /// How many results to leave out.
    pub offset: u32,
    /// How many results at most: 10,000 by the documentation, 30 where nothing is said.
    pub limit: u32,
    /// The result that the server keeps, so that all pages are of one state.
    pub set_id: Option<String>,
}

impl Paging {
    /// The first `limit` results.
    #[must_use]
    pub const fn first(limit: u32) -> Self {
        Self { offset: 0, limit, set_id: None }
    }
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    /// What is on it.
    pub results: Vec<T>,
    /// The next part; `None` at the end.
    pub next: Option<Paging>,
    /// How many entries could not be read; they are not in `results`.
    pub unreadable: usize,
}

/// What a server calls a result that it does not keep.
const NOTHING_KEPT: &str = "00000000-0000-0000-0000-000000000000";

impl<T> Paged<T> {
    /// Reads a page, or a whole list that stands alone; `None` where it is neither.
    pub(super) fn read(
        body: &[u8],
        asked: &Paging,
        entry: impl Fn(&Value) -> Option<T>,
    ) -> Option<Self> {
        let (list, next) = match read(body)? {
            Value::Array(list) => (list, None),
            value @ Value::Object(_) => enveloped(value, asked)?,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        };
        let results: Vec<T> = list.iter().filter_map(entry).collect();
        let unreadable = list.len() - results.len();
        Some(Self { results, next, unreadable })
    }
}

/// The entries as they came, and the next page; `None` where the page leads round in circles.
fn enveloped(value: Value, asked: &Paging) -> Option<(Vec<Value>, Option<Paging>)> {
    let Value::Object(mut members) = value else { return None };
    let name = members.keys().find(|name| name.eq_ignore_ascii_case("results"))?.clone();
    let Some(Value::Array(list)) = members.remove(&name) else { return None };
    let envelope = Record::new(Value::Object(members))?;
    if list.is_empty() {
        return Some((list, None));
    }
    let got = u32::try_from(list.len()).ok()?;
    let next = following(&envelope, asked, got);
    let goes_on = next.as_ref().is_none_or(|next| next.offset > asked.offset);
    goes_on.then_some((list, next))
}

/// Where the list goes on: as its link says, else after a full page. Of a link only the parameters are
/// used: whichever host it names, only the own server is ever asked.
fn following(envelope: &Record, asked: &Paging, got: u32) -> Option<Paging> {
    let kept = envelope.word("setId").filter(|id| id != NOTHING_KEPT);
    let Some(links) = envelope.object("_links") else {
        let offset = asked.offset.checked_add(got)?;
        return (got >= asked.limit).then_some(Paging { offset, limit: asked.limit, set_id: kept });
    };
    let link = links.object("next")?.word("href")?;
    let said = |name: &str| parameter(&link, name);
    let number = |name: &str| said(name)?.parse().ok();
    Some(Paging {
        offset: number("offset").or_else(|| asked.offset.checked_add(got))?,
        limit: number("limit").unwrap_or(asked.limit),
        set_id: said("setId").or(kept).filter(|id| id != NOTHING_KEPT),
    })
}

/// A parameter of a link, relative or absolute.
fn parameter(link: &str, name: &str) -> Option<String> {
    let (_, query) = link.split_once('?')?;
    let url = Url::parse(&format!("http://h/?{query}")).ok()?;
    let mut pairs = url.query_pairs();
    pairs.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.into_owned())
}

/// The id at the end of a link of an object, such as that to its `parent`.
pub(super) fn linked_id(record: &Record, link: &str) -> Option<String> {
    let href = record.object("_links")?.object(link)?.word("href")?;
    let path = href.split(['?', '#']).next()?.trim_end_matches('/');
    let last = path.rsplit('/').next().filter(|last| !last.is_empty())?;
    percent_decode_str(last).decode_utf8().ok().map(Into::into)
}
