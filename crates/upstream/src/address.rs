//! Where a request is sent: below the address of the service, at the path that was asked, or nowhere.

use percent_encoding::percent_decode_str;
use reqwest::Url;

use crate::Fault;

/// The URL of a path and query below `base`.
///
/// A URL parser resolves dots and takes `\` for `/`, so what it makes of the text is compared with the
/// text: it may have put more into percent signs, and nothing else.
pub(crate) fn address(base: &Url, path_and_query: &str) -> Result<Url, Fault> {
    let path = path_and_query.split('?').next().unwrap_or_default();
    let asked = format!("{}{path}", root(base));
    let whole = format!("{}{path_and_query}", base.as_str().trim_end_matches('/'));
    let url = Url::parse(&whole).map_err(|_| Fault::Astray)?;
    let is_below = url.origin() == base.origin() && url.username().is_empty();
    let is_same = path.starts_with('/') && unescaped(url.path()) == unescaped(&asked);
    // What follows `#` would not be sent.
    let is_whole = url.fragment().is_none() && url.password().is_none();
    if is_below && is_same && is_whole { Ok(url) } else { Err(Fault::Astray) }
}

/// The path of the service itself.
fn root(base: &Url) -> &str {
    base.path().trim_end_matches('/')
}

fn unescaped(path: &str) -> Vec<u8> {
    percent_decode_str(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, sent: Option<&str>) {
        for (base, root) in
            [("http://h", ""), ("http://h:8080/", ""), ("https://h/a%20b/", "/a%20b")]
        {
            let base = Url::parse(base).unwrap();
            let url = address(&base, path).ok();
            let seen = url.as_ref().map(|url| url.as_str().split_once(url.path()).unwrap().0);
            let expected = sent.map(|_| base.as_str().strip_suffix(base.path()).unwrap());
            assert_eq!(seen, expected, "{path}");
            let seen = url.map(|url| url.path().to_owned());
            assert_eq!(seen, sent.map(|sent| format!("{root}{sent}")), "{path}");
        }
    }

    #[test]
    fn what_is_sent_is_what_was_asked() {
        check("/api/t1/jobs?a=..%2f&b=\\..", Some("/api/t1/jobs"));
        check("/api/t1/items/folder%2FSent%20Items", Some("/api/t1/items/folder%2FSent%20Items"));
        check("/api/t1/a b\"<>`{}é", Some("/api/t1/a%20b%22%3C%3E%60%7B%7D%C3%A9"));
        check("/api/t1//jobs/", Some("/api/t1//jobs/"));
        check("/api/t1/...", Some("/api/t1/..."));
    }

    #[test]
    fn what_would_go_elsewhere_is_not_sent() {
        for path in [
            "/api/t1/../t2/jobs",
            "/api/t1/x\\..\\..\\t2\\jobs",
            "/api/t1\\jobs",
            "/api/t1/%2e%2E/t2",
            "/api/t1/.%2e/t2",
            "/api/t1/./jobs",
            "/api/../indexes/mail/fields",
            "/api/t1/..",
            "/api/t1/a\tb",
            "/api/t1/a\nb",
            "/api/t1/jobs#x",
            "/api/t1/jobs?a#x",
            "@elsewhere/api/t1/jobs",
            ":80/api/t1/jobs",
            ".elsewhere/api/t1",
            "",
            "api",
        ] {
            check(path, None);
        }
    }
}
