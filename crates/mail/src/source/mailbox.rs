//! A mailbox file, or one message that kept its `From ` line, to messages.

use std::io::BufRead;

use super::mbox::{Part, Parts};
use super::read::{Content, Entry, Fault, MAX_MESSAGE, Reading, TOO_LONG};

/// A file that starts with a `From ` line: with one message only, unless it is named as a mailbox
/// file, the line belongs to the message.
pub(super) fn read(
    reading: &mut Reading<'_>,
    entry: &Entry,
    reader: impl BufRead,
) -> Result<(), Fault> {
    let mut parts = Parts::new(reader, MAX_MESSAGE);
    let Some(first) = parts.next() else { return Ok(()) };
    let mut next = parts.next();
    let single = next.is_none() && parts.fault.is_none() && !is_named_mailbox(entry);
    give(reading, entry, if single { first.whole() } else { first.trimmed() });
    while let Some(part) = next {
        give(reading, entry, part.trimmed());
        next = parts.next();
    }
    parts.fault.map_or(Ok(()), |error| Err(error.into()))
}

fn give(reading: &mut Reading<'_>, entry: &Entry, part: Part) {
    let place = if part.offset == 0 { String::new() } else { part.offset.to_string() };
    reading.give(entry, &place, Content::Raw(part.bytes));
    if part.is_cut {
        reading.fail_at(entry.inner_part(&place), Fault::Failed(TOO_LONG.to_owned()));
    }
}

fn is_named_mailbox(entry: &Entry) -> bool {
    let name = entry.path.file_name().map(|name| name.to_string_lossy().to_ascii_lowercase());
    entry.is_named(&["mbox", "mbx"]) || name.is_some_and(|name| name.starts_with("mbox"))
}
