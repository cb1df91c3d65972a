//! Query strings, read strictly: what is unknown, repeated or not UTF-8 is refused.

use std::collections::BTreeMap;
use std::fmt;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use percent_encoding::percent_decode_str;

use super::problem::Problem;
use crate::viewpoint::{Addresses, Viewpoint};

/// What is wrong with a query string.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadParam {
    pub(super) name: String,
    pub(super) what: String,
}

impl BadParam {
    pub(super) fn new(name: &str, what: impl Into<String>) -> Self {
        Self { name: name.to_owned(), what: what.into() }
    }
}

impl fmt::Display for BadParam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.what)
    }
}

/// From where a request wants its query to be read; what it leaves open is `known`.
pub(super) fn viewpoint(
    known: &Viewpoint,
    zone: Option<&str>,
    me: Option<&Addresses>,
) -> Result<Viewpoint, BadParam> {
    let me = me.map(|Addresses(all)| all.as_slice());
    known.with(zone, me).map_err(|(name, what)| BadParam::new(name, what))
}

/// The parameters of a request by name.
#[derive(Debug)]
pub(super) struct Params(BTreeMap<String, String>);

impl Params {
    pub(super) fn parse(raw: &str, known: &[&str]) -> Result<Self, BadParam> {
        Self::parse_with(raw, known, "")
    }

    /// The same where one parameter may be given several times: its values stand in a row, with line feeds
    /// between.
    pub(super) fn parse_with(raw: &str, known: &[&str], several: &str) -> Result<Self, BadParam> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let bad = || BadParam::new(name, "is not UTF-8 in percent signs");
            let name = decode(name).ok_or_else(bad)?;
            let value = decode(value).ok_or_else(bad)?;
            if !known.contains(&name.as_str()) {
                return Err(BadParam {
                    name: format!("there is no parameter `{name}`"),
                    what: "here".to_owned(),
                });
            }
            match found.get_mut(&name) {
                None => drop(found.insert(name, value)),
                Some(others) if name == several => {
                    others.push('\n');
                    others.push_str(&value);
                }
                Some(_) => return Err(BadParam::new(&name, "is given twice")),
            }
        }
        Ok(Self(found))
    }

    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// A whole number that is not negative.
    pub(super) fn number(&self, name: &str) -> Result<Option<usize>, BadParam> {
        let Some(text) = self.0.get(name) else { return Ok(None) };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits => Ok(Some(number)),
            _ => Err(BadParam::new(name, "is a whole number from 0")),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, BadParam> {
        match self.0.get(name).map(String::as_str) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(BadParam::new(name, "is true or false")),
        }
    }
}

/// A request without parameters: one that nobody reads would be dropped without a word.
pub(super) struct NoParams;

impl<S: Sync> FromRequestParts<S> for NoParams {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Params::parse(parts.uri.query().unwrap_or_default(), &[])?;
        Ok(Self)
    }
}

/// A plus sign is a space, as forms write it.
fn decode(text: &str) -> Option<String> {
    let escapes = text.split('%').skip(1);
    let whole = |after: &str| after.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    if !escapes.into_iter().all(whole) {
        return None;
    }
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, expected: Result<&str, &str>) {
        let parsed = Params::parse(raw, &["q", "n"]);
        match (parsed, expected) {
            (Ok(mut params), Ok(q)) => assert_eq!(params.take("q").as_deref(), Some(q)),
            (Err(error), Err(what)) => assert_eq!(error.to_string(), what),
            (parsed, _) => panic!("{raw}: {parsed:?}"),
        }
    }

    #[test]
    fn strict_and_decoded() {
        check("q=a+b%20c%2B&n=1", Ok("a b c+"));
        check("&q=%C3%A9&", Ok("é"));
        check("q", Ok(""));
        check("q=1&q=2", Err("q is given twice"));
        check("%24filter=1", Err("there is no parameter `$filter` here"));
        for bad in ["q=%", "q=%4", "q=%zz", "q=%ff", "q=%%41"] {
            check(bad, Err("q is not UTF-8 in percent signs"));
        }
    }

    #[test]
    fn numbers_are_whole() {
        let number = |text: &str| Params::parse(&format!("n={text}"), &["n"]).unwrap().number("n");
        assert_eq!(number("0"), Ok(Some(0)));
        for bad in ["-1", "%2B1", "", "1.5", "99999999999999999999999"] {
            assert!(number(bad).is_err(), "{bad}");
        }
    }
}
