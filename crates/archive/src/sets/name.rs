//! Names of sets.

/// What is done with sets, and so never the name of one.
pub const SET_VERBS: [&str; 8] =
    ["list", "show", "diff", "export", "note", "hold", "release", "delete"];

/// Characters of a name at most.
const LONGEST_NAME: usize = 100;

/// A name that no set can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// It is a verb.
    #[error("`{0}` is something to do with sets, so no set is called so")]
    Verb(String),
    /// It has other characters, none, or too many.
    #[error(
        "`{0}` is no name of a set: it begins with a small letter or a digit, and has only those, dots, dashes and \
         underlines, at most {LONGEST_NAME}"
    )]
    Letters(String),
}

/// Whether a set can be called so.
///
/// ```
/// use postern_archive::check_name;
///
/// assert!(check_name("lease-2024.a_1").is_ok());
/// assert!(check_name("hold").is_err() && check_name("Lease").is_err());
/// ```
///
/// # Errors
///
/// What is wrong with the name.
pub fn check_name(name: &str) -> Result<(), BadName> {
    if SET_VERBS.contains(&name) {
        return Err(BadName::Verb(name.to_owned()));
    }
    let is_first = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_next = |byte: &u8| is_first(byte) || b"._-".contains(byte);
    let bytes = name.as_bytes();
    let is_name = bytes.first().is_some_and(is_first) && bytes.iter().all(is_next);
    if is_name && bytes.len() <= LONGEST_NAME {
        return Ok(());
    }
    Err(BadName::Letters(name.chars().take(LONGEST_NAME).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["a", "7", "a.b-c_d", "listing", &"a".repeat(LONGEST_NAME)] {
            assert_eq!(check_name(name), Ok(()), "{name}");
        }
        for name in
            ["", "-a", ".a", "_a", "A", "a b", "a/b", "é", "a\n", &"a".repeat(LONGEST_NAME + 1)]
        {
            assert!(matches!(check_name(name), Err(BadName::Letters(_))), "{name}");
        }
        for verb in SET_VERBS {
            assert_eq!(check_name(verb), Err(BadName::Verb(verb.to_owned())));
        }
    }
}
