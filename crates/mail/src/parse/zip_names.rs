//! Names in zip archives, which do not say their charset.

use std::borrow::Cow;
use std::io::{Read, Seek};

use encoding_rs::{Encoding, WINDOWS_1252};
use zip::ZipArchive;

use super::charset;

/// The names of all files, in the order of the archive: UTF-8 where they are, whatever they say of it; else in
/// the charset that all of them together look like; else in code page 437 (APPNOTE, D.1), which every byte
/// is a letter of. The Unicode name that some packers add counts before all (APPNOTE, 4.6.9).
pub(crate) fn names<R: Read + Seek>(archive: &ZipArchive<R>) -> Vec<String> {
    let foreign: Vec<_> =
        archive.file_names_raw().filter(|name| std::str::from_utf8(name).is_err()).collect();
    let charset = charset::guess(&foreign.join(&b'\n'));
    let names = archive.file_names_raw().enumerate();
    names.map(|(number, raw)| name(raw, charset, || of_dos(archive, number))).collect()
}

fn name(raw: &[u8], charset: &'static Encoding, of_dos: impl FnOnce() -> String) -> String {
    if let Ok(name) = std::str::from_utf8(raw) {
        return name.to_owned();
    }
    let (name, is_broken) = charset.decode_without_bom_handling(raw);
    let is_it = charset != WINDOWS_1252 && !is_broken && stand_together(&name);
    if is_it { name.into_owned() } else { of_dos() }
}

fn of_dos<R: Read + Seek>(archive: &ZipArchive<R>, number: usize) -> String {
    let name = archive.name_for_index(number).and_then(Result::ok);
    name.map_or_else(|| format!("entry {number}"), Cow::into_owned)
}

/// Whether letters outside of ASCII stand next to each other. In western names they stand alone, and what looks
/// like two bytes of one letter is an accent and the letter behind it.
fn stand_together(name: &str) -> bool {
    let is_other: Vec<_> = name.chars().map(|letter| !letter.is_ascii()).collect();
    let pairs = is_other.windows(2).filter(|pair| pair.iter().all(|it| *it)).count();
    2 * pairs >= is_other.iter().filter(|it| **it).count()
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write as _};

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    /// An archive of files with names of these bytes, without a word about their charset.
    fn archive(names: &[&[u8]]) -> ZipArchive<Cursor<Vec<u8>>> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        // Names of as many letters, which are put in their places.
        let stands_for = |number: usize, length: usize| format!("{number:0>length$}");
        for (number, name) in names.iter().enumerate() {
            let options = SimpleFileOptions::default();
            zip.start_file(stands_for(number, name.len()), options).unwrap();
            zip.write_all(b"x").unwrap();
        }
        let mut bytes = zip.finish().unwrap().into_inner();
        for (number, name) in names.iter().enumerate() {
            let old = stands_for(number, name.len());
            let places: Vec<_> = memchr::memmem::find_iter(&bytes, old.as_bytes()).collect();
            for place in places {
                bytes[place..place + name.len()].copy_from_slice(name);
            }
        }
        ZipArchive::new(Cursor::new(bytes)).unwrap()
    }

    #[test]
    fn names_in_many_charsets() {
        for (raw, expected) in [
            (&[b"note.txt".as_slice()][..], &["note.txt"][..]),
            (&["Fähre.txt".as_bytes(), b"F\x84hre.txt"], &["Fähre.txt", "Fähre.txt"]),
            // Shift_JIS, GBK, EUC-KR, Big5, code page 866.
            (&[b"\x90\xcf\x89\xd7\x88\xea\x97\x97.txt"], &["積荷一覧.txt"]),
            (
                &[b"\x93\xfa\x96{\x8c\xea\x82\xcc\x83t\x83@\x83C\x83\x8b.pdf"],
                &["日本語のファイル.pdf"],
            ),
            (&[b"\xba\xcf\xcd\xac\xce\xc4\xbc\xfe/\xd0\xc2\xbd\xa8.txt"], &["合同文件/新建.txt"]),
            (&[b"\xb0\xe8\xbe\xe0\xbc\xad \xc3\xca\xbe\xc8.doc"], &["계약서 초안.doc"]),
            (
                &[b"\x84\xae\xa3\xae\xa2\xae\xe0 \xa0\xe0\xa5\xad\xa4\xeb.doc"],
                &["Договор аренды.doc"],
            ),
            // Western names have their accents apart.
            (
                &[b"\x9abersicht f\x81r \x8elteste Pr\x81fung.txt"],
                &["Übersicht für Älteste Prüfung.txt"],
            ),
            (
                &[b"r\x82sum\x82 \x85 la carte.doc", b"cr\x8ame br\x96l\x82e.doc"],
                &["résumé à la carte.doc", "crème brûlée.doc"],
            ),
        ] {
            assert_eq!(names(&archive(raw)), expected);
        }
    }
}
