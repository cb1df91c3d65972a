//! What people look at: the search page and the docs, with nothing from another host.

use std::sync::LazyLock;

use axum::body::Body;
use axum::extract::Path;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};

use super::problem::Problem;

/// Only what this gateway serves is loaded; mail is shown in a frame that nothing can run in.
const POLICY: (&str, &str) = (
    "content-security-policy",
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
     frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
);

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const DRAWING: &str = "image/svg+xml";

/// A file that the pages are made of.
struct Asset {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

macro_rules! assets {
    ($($kind:ident $name:literal)*) => {
        [$(Asset { name: $name, kind: $kind, text: include_str!(concat!(env!("OUT_DIR"), "/", $name)) }),*]
    };
}

/// Each of them as it is sent: the build leaves out what only those need who work on it.
static ASSETS: &[Asset] = &assets! {
    SCRIPT "alerts.js"
    SCRIPT "answer.js"
    SCRIPT "api.js"
    SCRIPT "attachments.js"
    SCRIPT "audit.js"
    SCRIPT "box.js"
    SCRIPT "clauses.js"
    SCRIPT "completion.js"
    SCRIPT "docs.js"
    SCRIPT "dom.js"
    SCRIPT "evidence.js"
    SCRIPT "export.js"
    SCRIPT "facets.js"
    SCRIPT "format.js"
    SCRIPT "forms.js"
    SCRIPT "frame.js"
    SCRIPT "histogram.js"
    SCRIPT "keyboard.js"
    SCRIPT "page.js"
    SCRIPT "reader.js"
    SCRIPT "reports.js"
    SCRIPT "rows.js"
    SCRIPT "saved.js"
    SCRIPT "search.js"
    SCRIPT "sets.js"
    SCRIPT "state.js"
    SCRIPT "states.js"
    SCRIPT "status.js"
    SCRIPT "taking.js"
    SCRIPT "text.js"
    SCRIPT "words.js"
    STYLE "mail.css"
    STYLE "page.css"
    STYLE "status.css"
    STYLE "style.css"
    DRAWING "icon.svg"
};

/// The pages as they are sent.
static PAGES: LazyLock<[(&str, String); 4]> = LazyLock::new(|| {
    [
        ("/", with_texts(include_str!("assets/search.html"))),
        ("/docs", with_texts(include_str!("assets/docs.html"))),
        ("/evidence", with_texts(include_str!("assets/evidence.html"))),
        ("/status", with_texts(include_str!("assets/status.html"))),
    ]
});

/// A page with the texts that have to stand there before any script runs: `{name}` is that text of `text.js`.
fn with_texts(page: &str) -> String {
    let mut parts = page.split('{');
    let first = parts.next().unwrap_or_default();
    let named = parts.filter_map(|part| part.split_once('}'));
    let behind = named.map(|(name, rest)| format!("{}{rest}", text(name)));
    std::iter::once(first.to_owned()).chain(behind).collect()
}

/// The text of that name.
fn text(name: &str) -> &'static str {
    let named = include_str!("assets/text.js").split_once(&format!(" {name}: \""));
    named.and_then(|(_, text)| text.split_once('"')).map_or("", |(text, _)| text)
}

fn page(name: &str) -> Response {
    let text = PAGES.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
    served(HTML, text)
}

fn served(kind: &'static str, text: impl Into<Body>) -> Response {
    let headers = [(CONTENT_TYPE.as_str(), kind), ("referrer-policy", "no-referrer"), POLICY];
    (headers, text.into()).into_response()
}

/// `GET /`
pub(super) async fn search() -> Response {
    page("/")
}

/// `GET /status`
pub(super) async fn status() -> Response {
    page("/status")
}

/// `GET /evidence`
pub(super) async fn evidence() -> Response {
    page("/evidence")
}

/// `GET /docs`
pub(super) async fn docs() -> Response {
    page("/docs")
}

/// `GET /assets/{name}`
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return Problem::not_found("not_found").into_response();
    };
    let response = served(asset.kind, asset.text);
    if asset.name != "mail.css" {
        return response;
    }
    // The frame that shows mail is of no origin at all.
    ([("cross-origin-resource-policy", "cross-origin")], response).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a slow connection loads before anything is seen.
    #[test]
    fn all_assets_together_are_small() {
        let pages = PAGES.iter().map(|(_, page)| page.len()).sum::<usize>();
        let all = pages + ASSETS.iter().map(|asset| asset.text.len()).sum::<usize>();
        assert!(all <= 120 << 10, "{all} bytes");
    }

    /// Texts stand in one file, also those that are there without scripts.
    #[test]
    fn pages_take_their_texts_from_the_file_of_texts() {
        for (path, page) in &*PAGES {
            let told = page.split_once("<noscript>").unwrap().1.split_once('<').unwrap().0;
            assert!(told.starts_with("The page needs JavaScript."), "{path}: {told}");
            assert!(!page.contains('{') && page.ends_with("</html>\n"), "{path}");
        }
        assert_eq!(with_texts("a{status}b{noSuchText}c"), "aStatusbc");
    }

    #[test]
    fn comments_are_not_sent() {
        for (name, source) in sources() {
            let sent = ASSETS.iter().find(|asset| asset.name == name).unwrap().text;
            assert!(source.contains("/** ") || source.starts_with("// "), "{name} says what it is");
            assert!(!sent.contains("/**") && !sent.contains("// "), "{name}: a comment is sent");
        }
    }

    /// The scripts as they lie in the repository.
    fn sources() -> impl Iterator<Item = (String, String)> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/api/assets");
        let scripts = ASSETS.iter().filter(|asset| asset.kind == SCRIPT);
        scripts.map(move |asset| {
            let script = std::fs::read_to_string(format!("{folder}/{}", asset.name)).unwrap();
            (asset.name.to_owned(), script)
        })
    }

    /// A module that is asked for and not there stops the whole page.
    #[test]
    fn every_module_that_is_imported_is_there() {
        for (script, text) in sources() {
            for import in text.split("from \"./").skip(1) {
                let name = import.split('"').next().unwrap();
                assert!(ASSETS.iter().any(|one| one.name == name), "{script}: {name}");
            }
        }
    }
}
