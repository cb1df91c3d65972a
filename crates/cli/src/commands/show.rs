//! `postern show`.

use anyhow::{Context as _, bail};
use postern_archive::{Archive, Error, Occurrence};
use postern_mail::document;
use postern_query::{Attachment, Message, Passage, Recipient};

use crate::args::{Common, Show, TextOrJson};
use crate::exit::Exit;
use crate::{data, logs, output, terminal};

/// Shows one message.
pub(crate) fn run(common: &Common, arguments: &Show) -> anyhow::Result<Exit> {
    let archive = Archive::below(&data::folder(common)?);
    if arguments.eml {
        // What is wrong with the store hides no original that lies elsewhere; it is told.
        logs::start(common);
        return eml(&archive, &arguments.id);
    }
    let Some(message) = archive.index()?.message(&arguments.id)? else {
        bail!(
            "there is no message with the id `{}`; `postern search --format ids` lists ids",
            arguments.id
        );
    };
    // A damaged ledger cannot say from which files the message came. It hides no message.
    let originals = archive.occurrences(&arguments.id).unwrap_or_default();
    match arguments.format {
        TextOrJson::Json => output::json(&json(&message, &originals))?,
        TextOrJson::Text => text(&message, &originals)?,
    }
    Ok(Exit::Done)
}

/// The document of the message, and what the index alone knows of it.
fn json(message: &Message, originals: &[Occurrence]) -> serde_json::Value {
    let mut value = document::with_places(message);
    if message.is_file() {
        let originals = originals.iter().map(|one| original_json(message, one)).collect();
        if let Some(object) = value.as_object_mut() {
            object.insert("originals".to_owned(), originals);
        }
        return value;
    }
    let passages = message.passages.iter().map(passage_json).collect();
    let more = [
        ("passages", passages),
        ("isFlagged", message.place().is_flagged.into()),
        ("isReplied", message.place().is_replied.into()),
        ("isDraft", message.place().is_draft.into()),
        ("isSigned", message.is_signed.into()),
        ("isEncrypted", message.is_encrypted.into()),
        ("damage", message.damage.clone().into()),
        ("originals", originals.iter().map(|one| original_json(message, one)).collect()),
    ];
    if let Some(object) = value.as_object_mut() {
        object.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    value
}

/// Bytes of the body that are not new text.
fn passage_json(passage: &Passage) -> serde_json::Value {
    serde_json::json!({"whose": passage.whose.name(), "range": [passage.range.start, passage.range.end]})
}

fn original_json(message: &Message, original: &Occurrence) -> serde_json::Value {
    let [mailbox, folder] = home(message, original);
    serde_json::json!({"mailbox": mailbox, "folder": folder, "path": path(original)})
}

/// Mailbox and folder of an original.
fn home(message: &Message, original: &Occurrence) -> [Option<String>; 2] {
    match original.home.clone() {
        Some(home) => [home.mailbox, home.folder],
        None => [message.place().mailbox.clone(), message.place().folder.clone()],
    }
}

/// `mail.zip!Sent/1.eml`.
fn path(original: &Occurrence) -> String {
    let file = original.path.display();
    match original.part.as_str() {
        "" => file.to_string(),
        inside => format!("{file}!{inside}"),
    }
}

/// The original as an internet message: as it was sent, or made of an item of Outlook.
fn eml(archive: &Archive, id: &str) -> anyhow::Result<Exit> {
    const NO_ORIGINAL: &str = "there is no original to print";
    let original = archive.original(id).map_err(|error| match error {
        Error::Lost(lost) => anyhow::Error::new(lost).context(NO_ORIGINAL),
        other => other.into(),
    })?;
    let eml = original.into_eml().context(NO_ORIGINAL)?;
    if eml.is_made {
        output::note("the original is a file of Outlook (.msg); this message was made of it");
    }
    output::exact(&eml.original.into_bytes().context(NO_ORIGINAL)?)?;
    Ok(Exit::Done)
}

fn text(message: &Message, originals: &[Occurrence]) -> anyhow::Result<()> {
    let sender =
        Recipient { name: message.from_name.clone(), address: message.from_address.clone() };
    let files: Vec<_> = message.files().filter_map(file).collect();
    if message.is_file() {
        return file_text(message, &sender, &files, originals);
    }
    let rows = [
        ("From", person(&sender)),
        ("To", people(&message.to_recipients)),
        ("Cc", people(&message.cc_recipients)),
        ("Bcc", people(&message.bcc_recipients)),
        ("Received", message.received.map(|date| date.to_string()).unwrap_or_default()),
        ("Subject", message.subject.clone().unwrap_or_default()),
        ("Files", files.join(", ")),
        ("Mailbox", message.place().mailbox.clone().unwrap_or_default()),
        ("Folder", message.place().folder.clone().unwrap_or_default()),
        ("Marks", marks(message).join(", ")),
        ("Broken", message.damage.clone().unwrap_or_default()),
        ("Thread", message.conversation_id.clone().unwrap_or_default()),
    ];
    print(rows.into_iter(), message, originals)?;
    output::line(format!("\n{}", terminal::safe_lines(message.body.as_deref().unwrap_or_default())))
}

/// What is known of a file.
fn file_text(
    message: &Message,
    author: &Recipient,
    name: &[String],
    originals: &[Occurrence],
) -> anyhow::Result<()> {
    let time = |time: Option<jiff::Timestamp>| time.map(|at| at.to_string()).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let rows = [
        ("File", name.join(", ")),
        ("Title", text(&message.subject)),
        ("Author", person(author)),
        ("Owner", text(&message.place().mailbox)),
        ("Folder", text(&message.place().folder)),
        ("Size", message.size.map(|size| format!("{size} bytes")).unwrap_or_default()),
        ("Created", time(message.created)),
        ("Modified", time(message.modified)),
        ("Version", text(&message.version)),
        ("Newest", text(&message.newest)),
        ("Source", text(&message.place().source)),
    ];
    print(rows.into_iter(), message, originals)
}

/// The rows that have a value, and every place.
fn print(
    rows: impl Iterator<Item = (&'static str, String)>,
    message: &Message,
    originals: &[Occurrence],
) -> anyhow::Result<()> {
    let places = lies_in(message, originals).into_iter().map(|place| ("Lies in", place));
    for (name, value) in rows.chain(places).filter(|(_, value)| !value.is_empty()) {
        output::line(format!(
            "{}  {}",
            output::styled(output::STRONG, format!("{name:>8}")),
            terminal::safe(&value)
        ))?;
    }
    Ok(())
}

/// Every file that the message came from. Synced mail came from none: then every place.
fn lies_in(message: &Message, originals: &[Occurrence]) -> Vec<String> {
    if originals.is_empty() {
        let homes = message.places.iter();
        return homes.map(|it| named([it.mailbox.clone(), it.folder.clone()])).collect();
    }
    let file = |one: &Occurrence| match named(home(message, one)) {
        home if home.is_empty() => path(one),
        home => format!("{home}: {}", path(one)),
    };
    originals.iter().map(file).collect()
}

/// Mailbox and folder. Documents of this machine are in nobody's mailbox, and some lie in no folder.
fn named(home: [Option<String>; 2]) -> String {
    home.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// The states that `is:` asks for.
fn marks(message: &Message) -> Vec<&'static str> {
    let known = [
        (message.place().is_read, "read", "unread"),
        (message.place().is_flagged, "flagged", ""),
        (message.place().is_replied, "replied", ""),
        (message.place().is_draft, "draft", ""),
        (message.is_signed, "signed", ""),
        (message.is_encrypted, "encrypted", ""),
    ];
    let said = known.map(|(is_so, yes, no)| is_so.map_or("", |is_so| if is_so { yes } else { no }));
    said.into_iter().filter(|mark| !mark.is_empty()).collect()
}

/// The name of a file, and why its text is not found.
fn file(file: &Attachment) -> Option<String> {
    let unnamed = || Some(format!("({} without a name)", file.content_type.as_deref()?));
    let name = file.name.clone().or_else(unnamed)?;
    Some(match &file.unread {
        Some(reason) => format!("{name} (text not read: {reason})"),
        None => name,
    })
}

fn people(people: &[Recipient]) -> String {
    people.iter().map(person).collect::<Vec<_>>().join(", ")
}

/// `Name <address>`, or what there is of it.
pub(crate) fn person(person: &Recipient) -> String {
    match (&person.name, &person.address) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    }
}
