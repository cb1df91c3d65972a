//! What the author wrote, what is quoted and what is a signature: `new:`, `quoted:` and what is told of a message.

use serde_json::{Value, json};

use crate::ingest::Setting;
use crate::support::{run, stdout};

const REPLY: &str = "Newword, agreed.\n\nOn Mon, 5 May 2025 at 10:00, Ann <ann@x.org> wrote:\n> Oldword stays.\n\n-- \nBob Signword\n";

impl Setting {
    /// The message that a query finds, as `show` tells it.
    fn shown(&self, query: &str) -> Value {
        let ids = stdout(&run(&self.data("data"), &["search", "--format", "ids", query]));
        let shown = stdout(&run(&self.data("data"), &["show", "--format", "json", ids.trim()]));
        serde_json::from_str(&shown).unwrap()
    }
}

/// Mail, pages and documents are cut in the same way, and found by whose words they hold.
#[test]
fn words_are_found_by_whose_they_are() {
    let setting = Setting::new();
    let page = "<p>Newword<blockquote type=cite>Oldword</blockquote><div class=gmail_signature>Signword</div>";
    setting.write("plain.eml", format!("From: bob@x.org\nSubject: plain\n\n{REPLY}"));
    setting.write(
        "page.eml",
        format!("From: bob@x.org\nSubject: page\nContent-Type: text/html\n\n{page}"),
    );
    setting.write(
        "all.jsonl",
        json!({"id": "1", "subject": "document", "body": REPLY}).to_string() + "\n",
    );
    setting.index(&[]);
    for (query, expected) in [
        ("new:newword", "3"),
        ("quoted:oldword", "3"),
        ("new:(oldword OR signword) OR quoted:(newword OR signword)", "0"),
        ("body:oldword body:signword", "3"),
        ("nq:new*", "3"),
        ("quoted:\"oldword stays\"", "2"),
        ("quoted:ann -new:ann", "2"),
        ("newword -quoted:newword", "3"),
    ] {
        assert_eq!(setting.count(query), expected, "{query}");
    }
    let passages =
        json!([{"whose": "quoted", "range": [18, 88]}, {"whose": "signature", "range": [88, 105]}]);
    for subject in ["plain", "document"] {
        assert_eq!(setting.shown(&format!("subject:{subject}"))["passages"], passages, "{subject}");
    }
}
