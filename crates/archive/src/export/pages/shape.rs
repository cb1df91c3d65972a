//! The shape of each page: by itself, under a policy that lets nothing run and nothing load.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use postern_mail::escaped;
use sha2::{Digest as _, Sha256};

const STYLE: &str = include_str!("style.css");
/// Characters of a title that are shown.
const MOST_TITLE: usize = 1_000;

/// The begin of a page. Its own style is all that its policy lets in, and pictures that stand in the page itself.
pub(super) fn begin(title: &str, back: Option<&str>) -> String {
    let style = STANDARD.encode(Sha256::digest(STYLE));
    let title: String = title.chars().take(MOST_TITLE).collect();
    let title = escaped(&title);
    let back =
        back.map(|to| format!("<p><a href=\"{to}\">all messages</a></p>")).unwrap_or_default();
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'sha256-{style}'; img-src data:; base-uri 'none'; form-action 'none'\">\
         <meta http-equiv=\"x-dns-prefetch-control\" content=\"off\">\
         <meta name=\"referrer\" content=\"no-referrer\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head><body>{back}<h1><bdi>{title}</bdi></h1>"
    )
}

pub(super) const fn end() -> &'static str {
    "</body></html>\n"
}

/// What a fact is called, and what it is.
pub(super) fn facts<'f>(facts: impl IntoIterator<Item = (&'f str, String)>) -> String {
    let told = facts.into_iter().filter(|(_, value)| !value.is_empty());
    let rows = told.map(|(name, value)| {
        format!("<tr><th>{name}</th><td><bdi>{}</bdi></td></tr>", escaped(&value))
    });
    format!("<table class=\"facts\"><tbody>{}</tbody></table>", rows.collect::<String>())
}

/// A list below a heading, if there is something in it.
pub(super) fn list(heading: &str, values: &[String]) -> String {
    if values.is_empty() {
        return String::new();
    }
    let values = values.iter().map(|value| format!("<li><bdi>{}</bdi></li>", escaped(value)));
    format!("<h2>{heading}</h2><ol>{}</ol>", values.collect::<String>())
}
