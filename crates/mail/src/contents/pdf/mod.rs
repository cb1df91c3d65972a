//! PDF (ISO 32000).

mod table;
mod widths;

use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_extract::{
    ConvertToFmt, Document, PlainTextOutput, decode_text_string, output_doc, output_doc_page,
};

use super::about::About;
use super::fault::Fault;
use super::kind::PDF;
use super::text::Text;

/// Pages that are read one by one where they cannot be read together.
const MAX_SINGLE: usize = 200;

impl<'t> ConvertToFmt for &'t mut Text {
    type Writer = &'t mut Text;

    fn convert(self) -> Self::Writer {
        self
    }
}

/// The text of every page.
pub(super) fn read(bytes: &[u8], out: &mut Text) -> Result<(), Fault> {
    let mut document = open(bytes)?;
    widths::spell_out(&mut document);
    out.about = about(&document);
    let together = attempt(|| {
        output_doc(&document, &mut PlainTextOutput::new(&mut *out)).map_err(Fault::damaged)
    });
    if together.is_ok() || out.is_cut() {
        return Ok(());
    }
    out.clear();
    one_by_one(&document, out)
}

/// What the file says of itself (ISO 32000-1, 14.3.3).
fn about(document: &Document) -> About {
    let info = document.trailer.get(b"Info").and_then(|info| document.dereference(info));
    let info = info.and_then(|(_, info)| info.as_dict());
    let text = |name: &[u8]| {
        let value = info.as_ref().ok()?.get(name).ok()?;
        let (_, value) = document.dereference(value).ok()?;
        decode_text_string(value).ok()
    };
    About::new(&text(b"Title").unwrap_or_default(), &text(b"Author").unwrap_or_default())
}

/// The document, with a table of its objects that is made anew where theirs leads to no page.
fn open(bytes: &[u8]) -> Result<Document, Fault> {
    // Places in the file count from its mark, whatever comes before.
    let start = memchr::memmem::find(bytes, PDF).unwrap_or_default();
    let bytes = bytes.get(start..).unwrap_or_default();
    let document = load(bytes);
    let has_pages = |it: &Document| !it.get_pages().is_empty();
    if matches!(document, Err(Fault::Encrypted)) || document.as_ref().is_ok_and(has_pages) {
        return document;
    }
    let mended = table::mended(bytes).and_then(|bytes| load(&bytes).ok()).filter(has_pages);
    mended.map_or(document, Ok)
}

fn load(bytes: &[u8]) -> Result<Document, Fault> {
    let mut document = Document::load_mem(bytes).map_err(fault)?;
    // Most encrypted files can be read by anybody, and only forbid printing: the library has opened
    // them already.
    let is_locked = document.trailer.has(b"Encrypt") && !document.was_encrypted();
    if is_locked || document.is_encrypted() {
        document.decrypt("").map_err(|_| Fault::Encrypted)?;
    }
    Ok(document)
}

fn fault(error: pdf_extract::Error) -> Fault {
    match error {
        pdf_extract::Error::Decryption(_) | pdf_extract::Error::InvalidPassword => Fault::Encrypted,
        error => Fault::damaged(error),
    }
}

/// The pages that can be read; a broken one costs the others nothing.
fn one_by_one(document: &Document, out: &mut Text) -> Result<(), Fault> {
    let mut outcome = Ok(());
    let pages = document.get_pages();
    for number in pages.keys().take(MAX_SINGLE) {
        let page = attempt(|| {
            let mut output = PlainTextOutput::new(&mut *out);
            output_doc_page(document, &mut output, *number).map_err(Fault::damaged)
        });
        if outcome.is_ok() && !out.is_cut() {
            outcome = page.map_err(|_| Fault::Damaged(format!("page {number} of {}", pages.len())));
        }
        out.push("\n");
    }
    let rest = pages.len().saturating_sub(MAX_SINGLE);
    if rest > 0 && outcome.is_ok() {
        outcome = Err(Fault::Damaged(format!("a page, with which the last {rest} are left out")));
    }
    outcome
}

/// Runs the library, which may give up in the middle.
fn attempt(run: impl FnOnce() -> Result<(), Fault>) -> Result<(), Fault> {
    let gave_up = |_| Err(Fault::Damaged("its reader gave up on it".into()));
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(gave_up)
}
