//! PowerPoint before 2007 (MS-PPT): records in records, of which a list says which are still true.

use std::collections::{BTreeMap, BTreeSet};
use std::iter;

use encoding_rs::UTF_16LE;

use super::compound::{Compound, stream};
use super::fault::Fault;
use super::little::{u16_at, u32_at};
use super::text::Text;

/// In the stream of the user: how the file is written, and where its last edit is told (2.3.2).
const TOKEN: usize = 12;
const LAST_EDIT: usize = 16;
const IS_ENCRYPTED: u32 = 0xf3d1_c4df;

/// Types of records (2.13.24).
const DOCUMENT: u16 = 0x03e8;
const SLIDE: u16 = 0x03ee;
const NOTES: u16 = 0x03f0;
const LIST_OF_TEXTS: u16 = 0x0ff0;
const EDIT: u16 = 0x0ff5;
const LIST_OF_OBJECTS: u16 = 0x1772;
const TEXT: u16 = 0x0fa0;
const TEXT_OF_BYTES: u16 = 0x0fa8;
const STRING: u16 = 0x0fba;
const HEADS_AND_FEET: u16 = 0x0fd9;
const COMMENT: u16 = 0x2ee0;
const ENCRYPTION: u16 = 0x2f14;

/// Of the lists of texts in a document, the one with those of the masters: `click to edit`.
const OF_MASTERS: u16 = 1;

/// Bytes before what a record holds.
const HEAD: usize = 8;
/// Records in one another that are read; PowerPoint writes about ten.
const MAX_NESTED: usize = 32;
/// Edits of one file that are looked at; saving the whole file makes one of them.
const MAX_EDITS: usize = 10_000;

/// The text of slides and the notes to them, comments, heads and feet.
pub(super) fn read(file: &mut Compound<'_>, out: &mut Text) -> Result<(), Fault> {
    let user = stream(file, "/Current User").unwrap_or_default();
    if u32_at(&user, TOKEN) == Some(IS_ENCRYPTED) {
        return Err(Fault::Encrypted);
    }
    let bytes = stream(file, "/PowerPoint Document")?;
    let last = u32_at(&user, LAST_EDIT).map(to_usize).unwrap_or_default();
    let mut places = objects(&bytes, last);
    if places.is_empty() {
        // Without the list, whatever the file holds.
        places = records(&bytes).map(|(place, _)| place).collect();
    }
    let mut walk = Walk { left: 2 * bytes.len(), out };
    for place in places {
        walk.object(bytes.get(place..).unwrap_or_default())?;
    }
    if walk.left == 0 {
        Err(Fault::Damaged("its records lie in one another".into()))
    } else {
        Ok(())
    }
}

/// Where the objects lie that are still true: of each the newest one (2.3.3 to 2.3.6).
fn objects(bytes: &[u8], last_edit: usize) -> BTreeSet<usize> {
    let (mut newest, mut edit) = (BTreeMap::new(), last_edit);
    for _ in 0..MAX_EDITS {
        let Some(body) = record_at(bytes, edit).filter(|it| it.kind == EDIT) else { break };
        let (Some(older), Some(list)) = (u32_at(body.bytes, 8), u32_at(body.bytes, 12)) else {
            break;
        };
        let list = record_at(bytes, to_usize(list)).filter(|it| it.kind == LIST_OF_OBJECTS);
        for (number, place) in list.map(|list| listed(list.bytes)).unwrap_or_default() {
            newest.entry(number).or_insert(place);
        }
        // An older edit lies before a newer one.
        if older == 0 || to_usize(older) >= edit {
            break;
        }
        edit = to_usize(older);
    }
    newest.into_values().collect()
}

/// Numbers of objects with where they lie: runs, each with its first number and its length.
fn listed(mut bytes: &[u8]) -> Vec<(u32, usize)> {
    let mut found = Vec::new();
    while let Some(run) = u32_at(bytes, 0) {
        let (first, count) = (run & 0xf_ffff, run >> 20);
        let places = (0..count).map_while(|at| u32_at(bytes, 4 + 4 * to_usize(at)));
        found.extend((first..).zip(places.map(to_usize)));
        bytes = bytes.get(4 + 4 * to_usize(count)..).unwrap_or_default();
    }
    found
}

struct Record<'b> {
    is_container: bool,
    instance: u16,
    kind: u16,
    bytes: &'b [u8],
}

/// The record there; one that is cut off, as far as it goes.
fn record_at(bytes: &[u8], place: usize) -> Option<Record<'_>> {
    let bytes = bytes.get(place..)?;
    let (head, kind, length) = (u16_at(bytes, 0)?, u16_at(bytes, 2)?, to_usize(u32_at(bytes, 4)?));
    let bytes = bytes.get(HEAD..)?;
    let bytes = bytes.get(..length).unwrap_or(bytes);
    Some(Record { is_container: head & 0xf == 0xf, instance: head >> 4, kind, bytes })
}

/// One record behind the other, with their places.
fn records(bytes: &[u8]) -> impl Iterator<Item = (usize, Record<'_>)> {
    let mut next = 0;
    iter::from_fn(move || {
        let (place, record) = (next, record_at(bytes, next)?);
        next += HEAD + record.bytes.len();
        Some((place, record))
    })
}

fn to_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

struct Walk<'t> {
    out: &'t mut Text,
    /// Bytes that may still be read: objects that share them would be read again and again.
    left: usize,
}

impl Walk<'_> {
    /// What people wrote into an object of the file. Masters and fonts are no such.
    fn object(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        match record_at(bytes, 0) {
            Some(it) if it.kind == ENCRYPTION => Err(Fault::Encrypted),
            Some(it) if matches!(it.kind, DOCUMENT | SLIDE | NOTES) => {
                self.inside(it.bytes, 0, false);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn inside(&mut self, bytes: &[u8], depth: usize, has_strings: bool) {
        for (_, record) in records(bytes) {
            self.left = self
                .left
                .saturating_sub(HEAD + if record.is_container { 0 } else { record.bytes.len() });
            if self.left == 0 || self.out.is_cut() {
                return;
            }
            match record.kind {
                LIST_OF_TEXTS if record.instance == OF_MASTERS => {}
                TEXT => self.line(&wide(record.bytes)),
                TEXT_OF_BYTES => self.line(&encoding_rs::mem::decode_latin1(record.bytes)),
                STRING if has_strings => self.line(&wide(record.bytes)),
                kind if record.is_container && depth < MAX_NESTED => {
                    let has_strings = has_strings || matches!(kind, HEADS_AND_FEET | COMMENT);
                    self.inside(record.bytes, depth + 1, has_strings);
                }
                _ => {}
            }
        }
    }

    fn line(&mut self, text: &str) {
        self.out.push(&text.replace(['\r', '\u{b}'], "\n"));
        self.out.push("\n");
    }
}

fn wide(bytes: &[u8]) -> String {
    UTF_16LE.decode_without_bom_handling(bytes).0.into_owned()
}
