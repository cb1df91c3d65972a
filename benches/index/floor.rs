//! The bare program: reads the same files, parses them with the same library, and adds the same
//! fields to the same engine with the same memory and threads. It keeps no books, mends nothing and
//! cuts words as the engine does by default.

use std::path::Path;

use mail_parser::{Address, DateTime, Message, MessageParser, MimeHeaders as _, PartType};
use tantivy::schema::{FAST, Field, INDEXED, STORED, STRING, Schema, SchemaBuilder, TEXT};
use tantivy::{Index, IndexWriter, TantivyDocument};
use walkdir::WalkDir;

/// Indexes every file below `mail` and says how many there were.
pub(crate) fn index(data: &Path, mail: &Path) -> u64 {
    let (schema, fields) = schema();
    index_as(data, mail, schema, |file, raw, message| fields.document(file, raw, message))
}

/// The same with fields of any kind.
pub(crate) fn index_as(
    data: &Path,
    mail: &Path,
    schema: Schema,
    document: impl Fn(&Path, &[u8], &Message<'_>) -> TantivyDocument,
) -> u64 {
    std::fs::create_dir_all(data).unwrap();
    let index = Index::create_in_dir(data, schema).unwrap();
    let mut writer: IndexWriter = index.writer_with_num_threads(2, 256 << 20).unwrap();
    let parser = MessageParser::default();
    let mut count = 0;
    for file in files(mail) {
        let raw = std::fs::read(&file).unwrap();
        let message = parser.parse(&raw).unwrap_or_default();
        writer.add_document(document(&file, &raw, &message)).unwrap();
        count += 1;
    }
    writer.commit().unwrap();
    writer.wait_merging_threads().unwrap();
    count
}

/// Asks for the state of every file: what a run with nothing new has to do at least.
pub(crate) fn look(mail: &Path) -> u64 {
    files(mail).map(|file| std::fs::metadata(file).unwrap().len().min(1)).sum()
}

fn files(mail: &Path) -> impl Iterator<Item = std::path::PathBuf> {
    let entries = WalkDir::new(mail).sort_by_file_name().into_iter().map(Result::unwrap);
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path)
}

/// A person: name and address, as words.
struct Person {
    name: Field,
    address: Field,
}

struct Fields {
    id: Field,
    mailbox: Field,
    folder: Field,
    message_id: Field,
    references: Field,
    subject: Field,
    subject_whole: Field,
    body: Field,
    from: Person,
    from_name_whole: Field,
    from_address_whole: Field,
    to: Person,
    cc: Person,
    bcc: Person,
    importance: Field,
    list_id: Field,
    received: Field,
    sent: Field,
    size: Field,
    has_attachments: Field,
    is_read: Field,
    file_name: Field,
    file_type: Field,
    file_size: Field,
}

fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    let person = |builder: &mut SchemaBuilder, role: &str| Person {
        name: builder.add_text_field(&format!("{role}/name"), TEXT | STORED),
        address: builder.add_text_field(&format!("{role}/address"), TEXT | STORED),
    };
    let fields = Fields {
        id: builder.add_text_field("id", STRING | FAST | STORED),
        mailbox: builder.add_text_field("mailbox", STRING | FAST | STORED),
        folder: builder.add_text_field("folder", STRING | FAST | STORED),
        message_id: builder.add_text_field("messageId", STRING | FAST | STORED),
        references: builder.add_text_field("references", STRING | STORED),
        subject: builder.add_text_field("subject", TEXT | STORED),
        subject_whole: builder.add_text_field("subject/whole", STRING | FAST),
        body: builder.add_text_field("body", TEXT | STORED),
        from: person(&mut builder, "from"),
        from_name_whole: builder.add_text_field("from/name/whole", STRING | FAST),
        from_address_whole: builder.add_text_field("from/address/whole", STRING | FAST),
        to: person(&mut builder, "to"),
        cc: person(&mut builder, "cc"),
        bcc: person(&mut builder, "bcc"),
        importance: builder.add_text_field("importance", STRING | FAST | STORED),
        list_id: builder.add_text_field("listId", STRING | FAST | STORED),
        received: builder.add_i64_field("received", INDEXED | FAST | STORED),
        sent: builder.add_i64_field("sent", INDEXED | FAST | STORED),
        size: builder.add_u64_field("size", INDEXED | FAST | STORED),
        has_attachments: builder.add_bool_field("hasAttachments", INDEXED | FAST | STORED),
        is_read: builder.add_bool_field("isRead", INDEXED | FAST | STORED),
        file_name: builder.add_text_field("attachments/name", TEXT | STORED),
        file_type: builder.add_text_field("attachments/type", STRING | STORED),
        file_size: builder.add_u64_field("attachments/size", INDEXED | FAST | STORED),
    };
    (builder.build(), fields)
}

impl Fields {
    fn document(&self, file: &Path, raw: &[u8], message: &Message<'_>) -> TantivyDocument {
        let mut document = TantivyDocument::new();
        self.add_place(&mut document, file);
        self.add_headers(&mut document, message);
        self.add_people(&mut document, message);
        document.add_text(self.body, message.body_text(0).unwrap_or_default());
        document.add_u64(self.size, raw.len() as u64);
        self.add_files(&mut document, message);
        document
    }

    fn add_place(&self, document: &mut TantivyDocument, file: &Path) {
        document.add_text(self.id, file.to_string_lossy());
        let above: Vec<_> = file.iter().rev().map(|name| name.to_string_lossy()).collect();
        document.add_text(self.folder, "Inbox");
        document.add_text(self.mailbox, above.get(2).map(AsRef::as_ref).unwrap_or_default());
        let is_read = file.to_string_lossy().ends_with('S');
        document.add_bool(self.is_read, is_read);
    }

    fn add_headers(&self, document: &mut TantivyDocument, message: &Message<'_>) {
        for (field, text) in [
            (self.message_id, message.message_id()),
            (self.subject, message.subject()),
            (self.subject_whole, message.subject()),
            (self.importance, message.header_raw("Importance").or(Some("normal"))),
            (self.list_id, message.header_raw("List-Id")),
        ] {
            text.into_iter().for_each(|text| document.add_text(field, text.trim()));
        }
        for list in [message.references(), message.in_reply_to()] {
            let ids = list.as_text_list().into_iter().flatten();
            ids.for_each(|id| document.add_text(self.references, id));
        }
        let received = message.received().and_then(mail_parser::Received::date);
        for (field, date) in [(self.received, received.as_ref()), (self.sent, message.date())] {
            let moment = date.or(message.date()).map(DateTime::to_timestamp);
            moment.into_iter().for_each(|moment| document.add_i64(field, moment * 1_000));
        }
    }

    fn add_people(&self, document: &mut TantivyDocument, message: &Message<'_>) {
        for (role, list) in [
            (&self.from, message.from()),
            (&self.to, message.to()),
            (&self.cc, message.cc()),
            (&self.bcc, message.bcc()),
        ] {
            for person in list.into_iter().flat_map(Address::iter) {
                person.name().into_iter().for_each(|name| document.add_text(role.name, name));
                person.address().into_iter().for_each(|text| document.add_text(role.address, text));
            }
        }
        if let Some(first) = message.from().and_then(Address::first) {
            let whole =
                [(self.from_name_whole, first.name()), (self.from_address_whole, first.address())];
            for (field, text) in whole {
                text.into_iter().for_each(|text| document.add_text(field, text));
            }
        }
    }

    fn add_files(&self, document: &mut TantivyDocument, message: &Message<'_>) {
        let files: Vec<_> =
            message.attachments().filter(|part| part.attachment_name().is_some()).collect();
        document.add_bool(self.has_attachments, !files.is_empty());
        for part in files {
            document.add_text(self.file_name, part.attachment_name().unwrap_or_default());
            if let Some(kind) = part.content_type() {
                document.add_text(self.file_type, kind.ctype());
            }
            if let PartType::Binary(bytes) | PartType::InlineBinary(bytes) = &part.body {
                document.add_u64(self.file_size, bytes.len() as u64);
            }
        }
    }
}
