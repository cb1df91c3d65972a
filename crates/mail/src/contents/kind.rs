//! What a file is: its content tells, its declared type is a hint.

use super::Attached;
use crate::kind as source;
use crate::outlook;

/// What is to be done with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// There is no text in it: a picture, a signature, a program.
    Silent,
    /// There may be text in it, but nothing here reads it.
    Foreign(&'static str),
    /// Its type promises a text that its content is not.
    Mislabelled,
    Simple(Simple),
    Packed(Packed),
}

/// What our own readers take apart, in time linear in its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Simple {
    Text,
    Html,
    /// RTF.
    Rich,
    /// iCalendar (RFC 5545) and vCard (RFC 6350).
    Calendar,
    Mail,
}

/// What needs a library, and so a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packed {
    Pdf,
    /// An archive, or a document made of zipped parts.
    Zip,
    /// A compound file (MS-CFB): an old or an encrypted Office document.
    Compound,
    Members(Packing),
}

/// How files are packed in one, other than zip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Zstandard,
    Bzip2,
    Xz,
    Tar,
    SevenZip,
    Rar,
}

/// Bytes at the start of a file that tell what it is.
pub(crate) const SNIFF: usize = 8 << 10;
/// Bytes that may come before a PDF.
const PDF_START: usize = 1 << 10;
pub(super) const PDF: &[u8] = b"%PDF-";
/// How sections of `OneNote` begin (MS-ONESTORE, 2.3.1).
const ONE_NOTE: &[u8] = b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3";

/// How pages and XML begin, whole or cut out of a page.
const MARKUP: [&str; 6] = ["<!doctype", "<html", "<?xml", "<head", "<meta", "<body"];

/// Types without words: keys and signatures.
const SILENT: [&str; 11] = [
    "application/pgp-encrypted",
    "application/pgp-keys",
    "application/pgp-signature",
    "application/pkcs7-mime",
    "application/pkcs7-signature",
    "application/pkix-cert",
    "application/x-pkcs7-mime",
    "application/x-pkcs7-signature",
    "application/x-x509-ca-cert",
    "text/pgp",
    "text/x-pgp",
];

/// Types that look like the headers of a message: what became of another one (RFC 3464, RFC 8098).
const REPORTS: [&str; 2] = ["message/delivery-status", "message/disposition-notification"];

pub(super) fn of(file: &Attached<'_>) -> Kind {
    let start = file.bytes.get(..SNIFF).unwrap_or(file.bytes);
    by_magic(file.bytes, start).unwrap_or_else(|| match is_text(start) {
        true => text(file, start),
        false if promises_text(file.media_type) && !file.bytes.is_empty() => Kind::Mislabelled,
        false => Kind::Silent,
    })
}

/// The kinds that cannot be mistaken.
fn by_magic(bytes: &[u8], start: &[u8]) -> Option<Kind> {
    let head = start.get(..PDF_START).unwrap_or(start);
    if memchr::memmem::find(head, PDF).is_some() {
        return Some(Kind::Packed(Packed::Pdf));
    }
    if start.trim_ascii_start().starts_with(b"{\\rtf") {
        return Some(Kind::Simple(Simple::Rich));
    }
    if start.starts_with(ONE_NOTE) {
        return Some(Kind::Foreign("OneNote"));
    }
    Some(match source::kind(start) {
        source::Kind::Zip => Kind::Packed(Packed::Zip),
        source::Kind::Compound if outlook::is_outlook(bytes) => Kind::Simple(Simple::Mail),
        source::Kind::Compound => Kind::Packed(Packed::Compound),
        source::Kind::Tnef => Kind::Simple(Simple::Mail),
        source::Kind::Gzip => members(Packing::Gzip),
        source::Kind::Zstandard => members(Packing::Zstandard),
        source::Kind::Bzip2 => members(Packing::Bzip2),
        source::Kind::Xz => members(Packing::Xz),
        source::Kind::Tar => members(Packing::Tar),
        source::Kind::SevenZip => members(Packing::SevenZip),
        source::Kind::Rar => members(Packing::Rar),
        source::Kind::DataFile => Kind::Foreign("Outlook data file"),
        source::Kind::Foreign(name) => Kind::Foreign(name),
        source::Kind::Empty => Kind::Silent,
        source::Kind::Apple
        | source::Kind::Documents
        | source::Kind::Envelope
        | source::Kind::Message
        | source::Kind::Other => return None,
    })
}

const fn members(packing: Packing) -> Kind {
    Kind::Packed(Packed::Members(packing))
}

/// Whether the bytes are letters: marked as such, or without the bytes that texts never hold.
fn is_text(start: &[u8]) -> bool {
    let is_odd = |byte: &&u8| matches!(byte, 1..=6 | 14..=26 | 28..=31 | 127);
    let is_marked = encoding_rs::Encoding::for_bom(start).is_some();
    is_marked || (!start.contains(&0) && start.iter().filter(is_odd).count() * 64 <= start.len())
}

/// Whether a file of the type has words that a reader would look for.
fn promises_text(media_type: &str) -> bool {
    let is_document = ["pdf", "msword", "officedocument", "opendocument", "ms-excel", "rtf", "zip"];
    is_document.iter().any(|part| media_type.contains(part)) || is_written(media_type)
}

fn is_written(media_type: &str) -> bool {
    matches!(media_type, "text/html" | "text/csv" | "text/calendar")
}

/// The kind of a text.
fn text(file: &Attached<'_>, start: &[u8]) -> Kind {
    let (family, _) = file.media_type.split_once('/').unwrap_or_default();
    let is_picture = matches!(family, "image" | "audio" | "video" | "font");
    let is_armour = start.starts_with(b"-----BEGIN ") && !is_written(file.media_type);
    let is_drawn = file.media_type.ends_with("+xml");
    if SILENT.contains(&file.media_type) || is_armour || (is_picture && !is_drawn) {
        return Kind::Silent;
    }
    let lower = start.trim_ascii_start().to_ascii_lowercase();
    let begins = |with: &[&str]| with.iter().any(|with| lower.starts_with(with.as_bytes()));
    Kind::Simple(if begins(&["begin:vcalendar", "begin:vcard"]) {
        Simple::Calendar
    } else if begins(&MARKUP) || is_markup(file) {
        Simple::Html
    } else if REPORTS.contains(&file.media_type) {
        Simple::Text
    } else if is_mail(file, start) {
        Simple::Mail
    } else {
        Simple::Text
    })
}

/// Files on a disk and in archives have no type but that of their names.
fn is_markup(file: &Attached<'_>) -> bool {
    let is_named = || {
        let name = file.name.to_ascii_lowercase();
        [".html", ".htm", ".xhtml"].iter().any(|ending| name.ends_with(ending))
    };
    match file.media_type {
        "" => is_named(),
        "text/html" | "text/xml" | "application/xml" => true,
        other => other.ends_with("+xml"),
    }
}

/// Notes begin with words and colons too; only what is said to be mail is.
fn is_mail(file: &Attached<'_>, start: &[u8]) -> bool {
    let name = file.name.to_ascii_lowercase();
    let is_said = file.media_type.starts_with("message/") || name.ends_with(".eml");
    is_said && matches!(source::kind(start), source::Kind::Message | source::Kind::Envelope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_tells_and_the_type_is_a_hint() {
        let octets = "application/octet-stream";
        for (bytes, media_type, name, expected) in [
            (&b"%PDF-1.4"[..], octets, "a.txt", Kind::Packed(Packed::Pdf)),
            (b"\xef\xbb\xbf\n%PDF-1.4", "text/plain", "", Kind::Packed(Packed::Pdf)),
            (b"PK\x03\x04", "image/png", "a.png", Kind::Packed(Packed::Zip)),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", octets, "", Kind::Packed(Packed::Compound)),
            (b"{\\rtf1 x}", "application/msword", "a.doc", Kind::Simple(Simple::Rich)),
            (b"words", octets, "a.bin", Kind::Simple(Simple::Text)),
            (b"words", "application/pdf", "a.pdf", Kind::Simple(Simple::Text)),
            (b"\xff\xfeh\0i\0", octets, "", Kind::Simple(Simple::Text)),
            (b"<!DOCTYPE html><p>", octets, "", Kind::Simple(Simple::Html)),
            (b"<META name=x>", octets, "", Kind::Simple(Simple::Html)),
            (b"<p>", "text/html", "", Kind::Simple(Simple::Html)),
            (b"<p>", "", "a.HTM", Kind::Simple(Simple::Html)),
            (b"<p>", "text/plain", "a.html", Kind::Simple(Simple::Text)),
            (b"<?xml version='1.0'?><svg/>", "image/svg+xml", "", Kind::Simple(Simple::Html)),
            (b"BEGIN:VCALENDAR\r\n", octets, "", Kind::Simple(Simple::Calendar)),
            (b"Subject: x\n\ny", octets, "a.EML", Kind::Simple(Simple::Mail)),
            (b"Subject: x\n\ny", "message/rfc822", "", Kind::Simple(Simple::Mail)),
            (b"Subject: x\n\ny", "text/plain", "a.txt", Kind::Simple(Simple::Text)),
            (b"\x1f\x8b\x08\0", "application/zip", "", members(Packing::Gzip)),
            (b"Rar!\x1a\x07\0", octets, "", members(Packing::Rar)),
            (ONE_NOTE, octets, "a.one", Kind::Foreign("OneNote")),
            (b"\0\x01\x02", "application/pdf", "", Kind::Mislabelled),
            (b"\0\x01\x02", octets, "a.pdf", Kind::Silent),
            (b"\x89PNG\r\n\x1a\n\0", "image/png", "", Kind::Silent),
            (b"iVBORw0KGgo", "image/png", "", Kind::Silent),
            (b"-----BEGIN PGP MESSAGE-----", octets, "", Kind::Silent),
            (b"", "application/pdf", "", Kind::Silent),
        ] {
            let file = Attached { bytes, name, media_type, charset: "" };
            assert_eq!(of(&file), expected, "{} {media_type} {name}", bytes.escape_ascii());
        }
    }
}
