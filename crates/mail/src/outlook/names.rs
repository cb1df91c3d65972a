//! Properties with a name of their own: each file gives them numbers as it likes.

/// The set of names that everybody may use, `PS_PUBLIC_STRINGS` (MS-OXPROPS, 1.3.2).
pub(super) const PUBLIC_STRINGS: [u8; 16] =
    [0x29, 3, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];

/// The number of that set where sets have numbers.
const PUBLIC_STRINGS_INDEX: u16 = 2;

/// The first number of a property with a name.
const FIRST: u16 = 0x8000;

/// The number that a file gives to its categories (`PidNameKeywords`).
///
/// `entries` are eight bytes each: where the name stands in `names`, the set and whether there is a
/// name, and the number (MS-OXMSG, 2.2.3.1.2; the same in MS-PST, 2.4.7.1).
pub(crate) fn keywords(entries: &[u8], names: &[u8]) -> Option<u16> {
    entries.chunks_exact(8).find_map(|entry| {
        let (offset, rest) = entry.split_first_chunk().map(|(a, b)| (u32::from_le_bytes(*a), b))?;
        let (set, number) = rest.split_first_chunk().map(|(a, b)| (u16::from_le_bytes(*a), b))?;
        let has_name = set & 1 == 1 && set >> 1 == PUBLIC_STRINGS_INDEX;
        let number = u16::from_le_bytes(number.try_into().ok()?);
        (has_name && is_keywords(name_at(names, offset)?)).then(|| FIRST.checked_add(number))?
    })
}

/// Whether a name in UTF-16 is that of the categories.
pub(super) fn is_keywords(name: &[u8]) -> bool {
    let units = name
        .chunks_exact(2)
        .map(|unit| unit.iter().rev().fold(0, |all, b| all << 8 | u16::from(*b)));
    units.take_while(|unit| *unit != 0).eq("Keywords".encode_utf16())
}

fn name_at(names: &[u8], offset: u32) -> Option<&[u8]> {
    let (length, rest) = names.get(usize::try_from(offset).ok()?..)?.split_first_chunk()?;
    rest.get(..usize::try_from(u32::from_le_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn the_number_of_the_categories() {
        let mut names = vec![0, 0];
        for name in ["Other", "Keywords"] {
            names.extend(u32::try_from(2 * name.len()).unwrap().to_le_bytes());
            names.extend(wide(name));
        }
        let entry = |offset: u32, set: u16, number: u16| {
            [&offset.to_le_bytes()[..], &set.to_le_bytes(), &number.to_le_bytes()].concat()
        };
        for (entries, expected) in [
            (vec![], None),
            (entry(16, 5, 3), Some(0x8003)),
            ([entry(2, 5, 0), entry(16, 5, 1)].concat(), Some(0x8001)),
            // A number instead of a name, another set, another name, no name, a number too large.
            (entry(16, 4, 3), None),
            (entry(16, 7, 3), None),
            (entry(2, 5, 3), None),
            (entry(u32::MAX, 5, 3), None),
            (entry(16, 5, 0x8000), None),
            (entry(16, 5, 3)[..7].to_vec(), None),
        ] {
            assert_eq!(keywords(&entries, &names), expected, "{entries:?}");
        }
        assert_eq!(keywords(&entry(16, 5, 3), &names[..names.len() - 1]), None);
    }
}
