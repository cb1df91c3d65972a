//! Pages of messages in the browser.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use postern_mail::{Showing, escaped, html_of, shown};
use postern_query::Message;

/// Nothing runs, nothing is sent, and nothing is loaded but how our own pages look.
pub(super) const POLICY: [(&str, &str); 2] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'; sandbox",
    ),
    ("referrer-policy", "no-referrer"),
];

/// The same, with the pictures that came with the message.
pub(super) const POLICY_WITH_PICTURES: [(&str, &str); 2] = [
    (
        "content-security-policy",
        "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'self'; sandbox",
    ),
    ("referrer-policy", "no-referrer"),
];

/// Characters of a title that are shown.
const MOST_TITLE: usize = 1_000;
/// With the pictures that came with the message below a path, if they are shown.
struct Below(Option<String>);

impl Showing for Below {
    const FOLDS: bool = true;

    fn picture(&self, id: &str) -> Option<String> {
        Some(format!("{}/{}", self.0.as_deref()?, utf8_percent_encode(id, NON_ALPHANUMERIC)))
    }

    fn keeps(&self, _: &str) -> bool {
        true
    }
}

/// A page with what was sent as HTML, else the text that is kept in the index. The pictures that came with it lie
/// below `pictures`, if they are shown.
pub(super) fn view(message: &Message, original: Option<Vec<u8>>, pictures: Option<&str>) -> String {
    let html = original.and_then(|raw| html_of(&raw));
    let body = shown(message, html.as_deref(), Below(pictures.map(str::to_owned)));
    page(message.subject.as_deref().unwrap_or_default(), &body)
}

/// A whole page around a body that is safe.
fn page(title: &str, body: &str) -> String {
    let title: String = title.chars().take(MOST_TITLE).collect();
    let title = escaped(&title);
    format!(
        "<!doctype html><html><head><meta charset=\"utf-8\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/assets/mail.css\"></head><body>{body}</body></html>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_lie_below_their_path() {
        let raw = b"Content-Type: text/html\n\n<img src='cid:a@b'><a href='https://x.org'>x</a>";
        let view = |pictures| view(&Message::default(), Some(raw.to_vec()), pictures);
        let link = "<a href=\"https://x.org\" rel=\"noopener noreferrer nofollow\">x</a>";
        assert!(view(Some("/t")).contains(&format!("<body><img src=\"/t/a%40b\">{link}</body>")));
        assert!(view(None).contains(&format!("<body><img>{link}</body>")));
    }

    #[test]
    fn text_stays_text() {
        assert!(page("</title><script>", "").contains("&lt;&#47;title&gt;"));
        assert!(page(&"é".repeat(1 << 20), "").len() < 10 * MOST_TITLE);
    }
}
