//! The page of one message, and its row in the index.

use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use postern_mail::{Showing, escaped, html_of, linked, picture_type, shown};
use postern_query::{Attachment, Message, Place};

use super::shape::{begin, end, facts, list};
use crate::export::mih;
use crate::export::people::{people, sender};

/// The head of the table in the index.
pub(super) const HEAD: &str = "<table class=\"index\"><thead><tr><th>No.</th><th>Sent</th><th>From</th><th>To</th>\
     <th>Subject</th><th>Mailbox</th><th>Attachments</th></tr></thead><tbody>\n";
/// Characters of a cell of the index.
const MOST_CELL: usize = 300;
/// Links of a message that are listed.
const MOST_LINKS: usize = 1_000;
/// Bytes of the headers of a message that are shown.
const MOST_HEADERS: usize = 64 << 10;
/// Pictures of a message that are looked for, and their bytes that stand in its page.
const MOST_PICTURES: usize = 50;
const MOST_PICTURE_BYTES: usize = 16 << 20;

/// What there is of a message.
pub(super) enum Body {
    /// Mail, as it was sent.
    Mail(Vec<u8>),
    /// The text of a file.
    Text(String),
    /// What the index has.
    Known,
}

/// What is shown of a message.
pub(super) struct Sheet<'s> {
    pub(super) message: &'s Message,
    /// The hash of the original.
    pub(super) sha256: Option<&'s str>,
    pub(super) is_lost: bool,
}

impl Sheet<'_> {
    /// The whole page.
    pub(super) fn page(&self, body: Body) -> String {
        let title = self.message.subject.as_deref().unwrap_or("(no subject)");
        let lost = "<p class=\"note\">The original of this message is gone; this is what the index has of it.</p>";
        let (body, links, headers) = match body {
            Body::Mail(raw) => {
                let headers = headers(&raw);
                let (body, links) = self.mail(raw);
                (body, links, headers)
            }
            Body::Text(text) => {
                (format!("<pre>{}</pre>", escaped(&text)), Vec::new(), String::new())
            }
            Body::Known => (self.mail(Vec::new()).0, Vec::new(), String::new()),
        };
        [
            begin(title, Some("../../index.html")),
            if self.is_lost { lost.to_owned() } else { String::new() },
            facts(self.facts()),
            list(
                "Attachments",
                &self.message.attachments.iter().map(attachment).collect::<Vec<_>>(),
            ),
            format!("<h2>Message</h2><div class=\"message\">{body}</div>"),
            list("Links", &links),
            headers,
            end().to_owned(),
        ]
        .concat()
    }

    /// What was sent, and the links in it; without it, what the index has.
    fn mail(&self, raw: Vec<u8>) -> (String, Vec<String>) {
        let html = html_of(&raw);
        let links = Arc::<Mutex<Vec<String>>>::default();
        let budget = Mutex::new((MOST_PICTURES, MOST_PICTURE_BYTES));
        let printed = Printed { raw, budget, links: Arc::clone(&links) };
        let body = shown(self.message, html.as_deref(), printed);
        let links = std::mem::take(&mut *links.lock().unwrap_or_else(PoisonError::into_inner));
        (body, links)
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let message = self.message;
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let facts = [
            ("From", sender(message)),
            ("To", people(&message.to_recipients)),
            ("Cc", people(&message.cc_recipients)),
            ("Bcc", people(&message.bcc_recipients)),
            ("Sent", time(message.sent)),
            ("Received", time(message.received)),
            ("Created", time(message.created)),
            ("Modified", time(message.modified)),
            ("Size", message.size.map(|size| format!("{size} bytes")).unwrap_or_default()),
            ("Message-ID", text(&message.internet_message_id)),
            ("Id", message.id.clone()),
            ("SHA-256", self.sha256.unwrap_or_default().to_owned()),
            ("MIH", message.internet_message_id.as_deref().map(mih).unwrap_or_default()),
        ];
        let places = message.places.iter().map(|place| ("Place", place_of(place)));
        facts.into_iter().chain(places).collect()
    }

    /// Its row in the index, which leads to its page.
    pub(super) fn row(&self, number: u64, path: &str) -> String {
        let message = self.message;
        let cell = |text: &str| {
            let cut: String = text.chars().take(MOST_CELL).collect();
            format!("<td><bdi>{}</bdi></td>", escaped(&cut))
        };
        let subject: String =
            message.subject.as_deref().unwrap_or("(no subject)").chars().take(MOST_CELL).collect();
        let cells = [
            format!("<td>{number}</td>"),
            cell(&time(message.sent.or(message.received))),
            cell(&sender(message)),
            cell(&people(&message.to_recipients)),
            format!("<td><a href=\"{path}\"><bdi>{}</bdi></a></td>", escaped(&subject)),
            cell(message.place().mailbox.as_deref().unwrap_or_default()),
            format!("<td>{}</td>", message.attachments.len()),
        ];
        format!("<tr>{}</tr>\n", cells.concat())
    }
}

/// How a message is shown that is to be printed: with its own pictures in it, and its links as a list of text.
struct Printed {
    raw: Vec<u8>,
    /// Pictures and bytes that there is room for.
    budget: Mutex<(usize, usize)>,
    links: Arc<Mutex<Vec<String>>>,
}

impl Showing for Printed {
    const FOLDS: bool = false;

    fn picture(&self, id: &str) -> Option<String> {
        let mut budget = self.budget.lock().unwrap_or_else(PoisonError::into_inner);
        budget.0 = budget.0.checked_sub(1)?;
        let bytes = linked(&self.raw, id)?;
        let media_type = picture_type(&bytes)?;
        budget.1 = budget.1.checked_sub(bytes.len())?;
        Some(format!("data:{media_type};base64,{}", STANDARD.encode(bytes)))
    }

    fn keeps(&self, link: &str) -> bool {
        let mut links = self.links.lock().unwrap_or_else(PoisonError::into_inner);
        if links.len() < MOST_LINKS {
            links.push(link.to_owned());
        }
        false
    }
}

/// The headers as they were sent.
fn headers(raw: &[u8]) -> String {
    let raw = raw.get(..MOST_HEADERS).unwrap_or(raw);
    let end = raw.windows(2).position(|two| two == b"\n\n");
    let crlf = raw.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.into_iter().chain(crlf).min().unwrap_or(raw.len());
    let text = String::from_utf8_lossy(raw.get(..end).unwrap_or_default());
    format!("<h2>Headers</h2><pre class=\"headers\"><bdi>{}</bdi></pre>", escaped(&text))
}

fn attachment(file: &Attachment) -> String {
    let kind = file.content_type.as_deref().unwrap_or("unknown type");
    match file.size {
        Some(size) => format!("{} ({kind}, {size} bytes)", file.shown_name()),
        None => format!("{} ({kind})", file.shown_name()),
    }
}

fn place_of(place: &Place) -> String {
    let parts = [&place.mailbox, &place.folder];
    parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" / ")
}

fn time(time: Option<Timestamp>) -> String {
    time.map(|time| time.to_string()).unwrap_or_default()
}
