//! The bare program with the fewest fields that answer the same kinds of question: words of subject and body with
//! their positions, words of people, their domains, when it arrived, whether it has attachments, its id, and the text to show.

use std::path::Path;

use mail_parser::{Address, DateTime, Message, MimeHeaders as _};
use tantivy::TantivyDocument;
use tantivy::schema::{FAST, Field, INDEXED, STORED, STRING, Schema, TEXT};

use super::floor;

/// Indexes every file below `mail` and says how many there were.
pub(crate) fn index(data: &Path, mail: &Path) -> u64 {
    let (schema, fields) = schema();
    floor::index_as(data, mail, schema, |file, _, message| fields.document(file, message))
}

struct Fields {
    id: Field,
    subject: Field,
    body: Field,
    from: Field,
    to: Field,
    domains: Field,
    received: Field,
    has_attachments: Field,
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let fields = Fields {
        id: builder.add_text_field("id", STRING | STORED),
        subject: builder.add_text_field("subject", TEXT | STORED),
        body: builder.add_text_field("body", TEXT | STORED),
        from: builder.add_text_field("from", TEXT | STORED),
        to: builder.add_text_field("to", TEXT),
        domains: builder.add_text_field("domains", STRING),
        received: builder.add_i64_field("received", INDEXED | FAST | STORED),
        has_attachments: builder.add_bool_field("hasAttachments", INDEXED),
    };
    (builder.build(), fields)
}

impl Fields {
    fn document(&self, file: &Path, message: &Message<'_>) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        document.add_text(self.id, file.to_string_lossy());
        document.add_text(self.subject, message.subject().unwrap_or_default());
        document.add_text(self.body, message.body_text(0).unwrap_or_default());
        self.add_people(&mut document, self.from, message.from());
        for list in [message.to(), message.cc(), message.bcc()] {
            self.add_people(&mut document, self.to, list);
        }
        let received = message.received().and_then(mail_parser::Received::date);
        let received = received.as_ref().or(message.date()).map(DateTime::to_timestamp);
        received.into_iter().for_each(|moment| document.add_i64(self.received, moment * 1_000));
        let has_attachments = message.attachments().any(|part| part.attachment_name().is_some());
        document.add_bool(self.has_attachments, has_attachments);
        document
    }

    fn add_people<'m>(
        &self,
        document: &mut TantivyDocument,
        field: Field,
        list: Option<&'m Address<'m>>,
    ) {
        for person in list.into_iter().flat_map(Address::iter) {
            let domain = person.address().and_then(|address| address.rsplit_once('@'));
            domain.into_iter().for_each(|(_, domain)| document.add_text(self.domains, domain));
            for text in [person.name(), person.address()].into_iter().flatten() {
                document.add_text(field, text);
            }
        }
    }
}
