//! Word before 2007 (MS-DOC): a table of pieces says where the text lies, and in which order.

use std::borrow::Cow;

use encoding_rs::{UTF_16LE, WINDOWS_1252};

use super::compound::{Compound, stream};
use super::fault::Fault;
use super::little::{u16_at, u32_at};
use super::text::Text;
use crate::parse::charset;

/// Where the head of the stream keeps things (MS-DOC 2.5.1; Word 6 and 95 have the same up to here).
const MARK: usize = 0x00;
const VERSION: usize = 0x02;
const FLAGS: usize = 0x0a;
/// Of Word 6 and 95: where the text of a document without pieces begins and ends.
const TEXT: (usize, usize) = (0x18, 0x1c);
/// Where the table of pieces begins, and its length.
const PIECES_95: (usize, usize) = (0x160, 0x164);
const PIECES_97: (usize, usize) = (0x1a2, 0x1a6);

const IS_FAST_SAVED: u16 = 0x0004;
const IS_ENCRYPTED: u16 = 0x0100;
const IS_TABLE_1: u16 = 0x0200;
/// How the stream begins: since Word 6, and since Word 97.
const MARKS: [Option<u16>; 2] = [Some(0xa5dc), Some(0xa5ec)];
/// The first version that writes letters of two bytes.
const WORD_97: u16 = 0xc1;

/// Parts of the table: changes of format, which stand before the pieces, and the pieces.
const CHANGES: u8 = 1;
const PIECES: u8 = 2;
/// A piece of letters of one byte, in the place of it.
const IS_NARROW: u32 = 0x4000_0000;

/// The text with notes, heads, feet and comments, which follow it.
pub(super) fn read(file: &mut Compound<'_>, out: &mut Text) -> Result<(), Fault> {
    let document = stream(file, "/WordDocument")?;
    let flags = u16_at(&document, FLAGS).ok_or_else(cut_off)?;
    if !MARKS.contains(&u16_at(&document, MARK)) {
        return Err(Fault::NotSupported("Word document of before Word 6"));
    }
    if flags & IS_ENCRYPTED != 0 {
        return Err(Fault::Encrypted);
    }
    let is_95 = u16_at(&document, VERSION).is_some_and(|version| version < WORD_97);
    let pieces = if is_95 {
        before_97(&document, flags)
    } else {
        let name = if flags & IS_TABLE_1 == 0 { "/0Table" } else { "/1Table" };
        table(&document, &stream(file, name)?, PIECES_97)
    };
    Letters::new(out).pieces(&document, &pieces.ok_or_else(cut_off)?, is_95)
}

fn cut_off() -> Fault {
    Fault::Damaged("it is cut off, or has no table of its text".into())
}

/// Where letters lie in the stream.
struct Piece {
    start: usize,
    letters: usize,
    is_narrow: bool,
}

/// Before Word 97 every letter has one byte, only what was saved in haste has pieces, and the table lies
/// in the same stream.
fn before_97(document: &[u8], flags: u16) -> Option<Vec<Piece>> {
    if flags & IS_FAST_SAVED != 0 {
        let pieces = table(document, document, PIECES_95)?;
        return Some(pieces.into_iter().map(|piece| Piece { is_narrow: true, ..piece }).collect());
    }
    let (start, end) = (number(document, TEXT.0)?, number(document, TEXT.1)?);
    Some(vec![Piece { start, letters: end.checked_sub(start)?, is_narrow: true }])
}

/// The pieces in their order (MS-DOC 2.9.38, 2.9.178).
fn table(document: &[u8], table: &[u8], at: (usize, usize)) -> Option<Vec<Piece>> {
    let (start, length) = (number(document, at.0)?, number(document, at.1)?);
    let mut rest = table.get(start..start.checked_add(length)?)?;
    while *rest.first()? == CHANGES {
        rest = rest.get(3 + usize::from(u16_at(rest, 1)?)..)?;
    }
    let length = number(rest, 1)?;
    let plc = rest.get(5..length.checked_add(5)?).filter(|_| rest.first() == Some(&PIECES))?;
    // Places of letters, one more than there are pieces, and then the pieces.
    let count = length.checked_sub(4)? / 12;
    (0..count).map(|piece| descriptor(plc, piece, count)).collect()
}

fn descriptor(plc: &[u8], piece: usize, count: usize) -> Option<Piece> {
    let (first, next) = (number(plc, 4 * piece)?, number(plc, 4 * piece + 4)?);
    let place = u32_at(plc, 4 * (count + 1) + 8 * piece + 2)?;
    let is_narrow = place & IS_NARROW != 0;
    let start = usize::try_from(place & (IS_NARROW - 1)).ok()?;
    let start = if is_narrow { start / 2 } else { start };
    Some(Piece { start, letters: next.checked_sub(first)?, is_narrow })
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32_at(bytes, at)?).ok()
}

/// Writes letters as they are shown.
struct Letters<'t> {
    out: &'t mut Text,
    /// For each field that is open whether this is what it says to the program, which nobody sees.
    fields: Vec<bool>,
    /// How many of them are.
    hidden: usize,
}

impl<'t> Letters<'t> {
    const fn new(out: &'t mut Text) -> Self {
        Self { out, fields: Vec::new(), hidden: 0 }
    }

    fn pieces(&mut self, document: &[u8], pieces: &[Piece], is_95: bool) -> Result<(), Fault> {
        // Pieces that share bytes would be read again and again.
        let mut left = document.len();
        for piece in pieces {
            let length = piece.letters.saturating_mul(if piece.is_narrow { 1 } else { 2 });
            let end = piece.start.saturating_add(length);
            let bytes = document.get(piece.start..end).ok_or_else(cut_off)?;
            left = left.checked_sub(length).ok_or_else(cut_off)?;
            self.show(&decoded(bytes, piece.is_narrow, is_95));
            if self.out.is_cut() {
                break;
            }
        }
        Ok(())
    }

    fn show(&mut self, text: &str) {
        for letter in text.chars() {
            match letter {
                '\u{13}' => {
                    self.fields.push(true);
                    self.hidden += 1;
                }
                '\u{14}' => self.ends_hidden(false),
                '\u{15}' => self.ends_hidden(true),
                // What a field says to the program fits on a line; one without end is broken.
                '\r' => {
                    self.fields.clear();
                    self.hidden = 0;
                    self.out.push("\n");
                }
                letter if self.hidden == 0 => self.push(letter),
                _ => {}
            }
        }
    }

    /// What the innermost field says to the program ends, or the field does.
    fn ends_hidden(&mut self, ends: bool) {
        let was_hidden = self.fields.pop().unwrap_or_default();
        self.hidden -= usize::from(was_hidden);
        if !ends {
            self.fields.push(false);
        }
    }

    fn push(&mut self, letter: char) {
        self.out.push(match letter {
            '\u{b}' | '\u{c}' | '\u{e}' => "\n",
            // The end of a cell.
            '\u{7}' => "\t",
            // A hyphen that no line ends with; one that is only seen at the end of a line is left out.
            '\u{1e}' => "-",
            '\t' | ' '.. => return self.out.push(letter.encode_utf8(&mut [0; 4])),
            _ => "",
        });
    }
}

fn decoded(bytes: &[u8], is_narrow: bool, is_95: bool) -> Cow<'_, str> {
    match (is_narrow, is_95) {
        (true, true) => charset::guessed(bytes),
        (true, false) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
        (false, _) => UTF_16LE.decode_without_bom_handling(bytes).0,
    }
}
