//! Lists and their pages.

use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde_json::Value;

use super::Problem;
use crate::Fault;
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

/// Entries that are read of one list at most: more than any organization has of anything that is listed
/// whole, and little enough to be kept in memory.
pub const MOST_LISTED: usize = 1_000_000;

impl<T> Paged<T> {
    /// A whole list as one page, asked for in pages of `limit`.
    ///
    /// # Errors
    ///
    /// Why a page has no answer; [`Fault::TooLarge`] for a list of more than `most` entries, readable or not.
    pub async fn all<F>(limit: u32, most: usize, ask: impl Fn(Paging) -> F) -> Result<Self, Problem>
    where
        F: Future<Output = Result<Self, Problem>>,
    {
        let mut all = Self { results: Vec::new(), next: Some(Paging::first(limit)), unreadable: 0 };
        while let Some(asked) = all.next.take() {
            let page = ask(asked).await?;
            all.results.extend(page.results);
            all.unreadable += page.unreadable;
            if all.results.len() + all.unreadable > most {
                return Err(Fault::TooLarge.into());
            }
            all.next = page.next;
        }
        Ok(all)
    }

    /// The first entry of a list that is meant, in pages of `limit`. No page behind it is asked for.
    ///
    /// # Errors
    ///
    /// Why a page has no answer; [`Fault::TooLarge`] where it is not among the first [`MOST_LISTED`].
    pub async fn find<F>(
        limit: u32,
        is_it: impl Fn(&T) -> bool,
        ask: impl Fn(Paging) -> F,
    ) -> Result<Option<T>, Problem>
    where
        F: Future<Output = Result<Self, Problem>>,
    {
        let (mut next, mut seen) = (Some(Paging::first(limit)), 0);
        while let Some(asked) = next {
            let page = ask(asked).await?;
            seen += page.results.len() + page.unreadable;
            if let Some(found) = page.results.into_iter().find(&is_it) {
                return Ok(Some(found));
            }
            if seen > MOST_LISTED {
                return Err(Fault::TooLarge.into());
            }
            next = page.next;
        }
        Ok(None)
    }

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

/// The entries as they came, and the next page, which begins further on; `None` where it would not, since
/// such a list leads round in circles. Behind an empty page there is none, whatever a link says.
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

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A page of a server whose lists never end.
    fn endless(asked: &Paging, unreadable: usize) -> Paged<u32> {
        let offset = asked.offset + asked.limit;
        let next = Some(Paging { offset, ..asked.clone() });
        Paged { results: (asked.offset..offset).skip(unreadable).collect(), next, unreadable }
    }

    #[tokio::test]
    async fn a_list_without_an_end_costs_no_more_than_the_longest_that_is_read() {
        for (most, unreadable, requests) in [(25, 0, 3), (30, 0, 4), (25, 10, 3), (25, 4, 3)] {
            let asked = Cell::new(0);
            let page = async |page| {
                asked.set(asked.get() + 1);
                Ok(endless(&page, unreadable))
            };
            let answer = Paged::all(10, most, page).await;
            assert_eq!(answer, Err(Problem::Failed(Fault::TooLarge)));
            assert_eq!(asked.get(), requests, "at most {most}, {unreadable} of 10 unreadable");
        }
    }

    #[tokio::test]
    async fn nothing_is_looked_for_without_an_end() {
        let asked = Cell::new(0);
        let page = async |page| {
            asked.set(asked.get() + 1);
            Ok(endless(&page, 0))
        };
        assert_eq!(Paged::find(100_000, |at| *at == 150_000, &page).await, Ok(Some(150_000)));
        assert_eq!(asked.replace(0), 2);
        let never = Paged::find(100_000, |_| false, &page).await;
        assert_eq!(never, Err(Problem::Failed(Fault::TooLarge)));
        assert_eq!(asked.get(), 11);
    }

    /// A link behind an empty page would be followed for ever.
    #[test]
    fn an_empty_page_is_the_last() {
        let link = r#"{"results": [], "_links": {"next": {"href": "/v8/x?offset=30&limit=30"}}}"#;
        let page = Paged::read(link.as_bytes(), &Paging::first(30), |_| Some(())).unwrap();
        assert_eq!(page.next, None);
    }
}
