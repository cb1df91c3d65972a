//! Words for numbers of things.

/// So many things, in the singular where it is one.
pub(crate) fn counted(count: u64, one: &str) -> String {
    format!("{count} {}", several(count, one))
}

/// The word for so many things.
fn several(count: u64, one: &str) -> String {
    match count {
        1 => one.to_owned(),
        _ if one.ends_with('x') => format!("{one}es"),
        _ => format!("{one}s"),
    }
}

/// What so many things do.
pub(crate) const fn are(count: u64) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_no_several() {
        for (count, one, words) in [
            (0, "drive", "0 drives are"),
            (1, "drive", "1 drive is"),
            (2, "drive", "2 drives are"),
            (1, "mailbox", "1 mailbox is"),
            (3, "mailbox", "3 mailboxes are"),
        ] {
            assert_eq!(format!("{} {}", counted(count, one), are(count)), words);
        }
    }
}
