//! The end of a ZIP (APPNOTE.TXT, 4.3.14 to 4.3.16). A reader goes by names, so of two files of one name it shows one,
//! and it looks for the end from behind, so it passes over what stands there.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};

/// Bytes of the record at the end, without a comment.
const END: u64 = 22;
/// Bytes of the record before it in a ZIP with many files, which says where the long form is.
const LOCATOR: u64 = 20;

/// How many files a ZIP says that it has; nothing where something else stands behind its end.
pub(super) fn files(zip: &mut File) -> io::Result<Option<u64>> {
    let Some(at) = zip.seek(SeekFrom::End(0))?.checked_sub(END) else { return Ok(None) };
    let end: [u8; 22] = read(zip, at)?;
    if !end.starts_with(b"PK\x05\x06") || !end.ends_with(&[0, 0]) {
        return Ok(None);
    }
    match end.get(10..12) {
        Some([255, 255]) => many(zip, at),
        Some(&[low, high]) => Ok(Some(u16::from_le_bytes([low, high]).into())),
        _ => Ok(None),
    }
}

/// The same of a ZIP with more files than two bytes can count.
fn many(zip: &mut File, end: u64) -> io::Result<Option<u64>> {
    let Some(at) = end.checked_sub(LOCATOR) else { return Ok(None) };
    let locator: [u8; 20] = read(zip, at)?;
    if !locator.starts_with(b"PK\x06\x07") {
        return Ok(Some(u16::MAX.into()));
    }
    let Some(at) = number(locator.get(8..16)) else { return Ok(None) };
    let long: [u8; 56] = read(zip, at)?;
    Ok(number(long.get(32..40)).filter(|_| long.starts_with(b"PK\x06\x06")))
}

fn number(bytes: Option<&[u8]>) -> Option<u64> {
    Some(u64::from_le_bytes(bytes?.try_into().ok()?))
}

fn read<const N: usize>(zip: &mut File, at: u64) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    zip.seek(SeekFrom::Start(at))?;
    zip.read_exact(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zip(count: u32) -> File {
        let mut writer = ZipWriter::new(tempfile::tempfile().unwrap());
        for number in 0..count {
            writer.start_file(number.to_string(), SimpleFileOptions::default()).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn few_files_and_many_are_counted() {
        for count in [0, 1, 300, 65_534, 65_535, 70_000] {
            assert_eq!(files(&mut zip(count)).unwrap(), Some(count.into()), "{count}");
        }
    }

    #[test]
    fn what_stands_behind_the_end_is_seen() {
        let mut one = zip(1);
        one.seek(SeekFrom::End(0)).unwrap();
        one.write_all(b"x").unwrap();
        assert_eq!(files(&mut one).unwrap(), None);
        assert_eq!(files(&mut tempfile::tempfile().unwrap()).unwrap(), None);
    }
}
