//! What the index behind the name of a tenant is called.

use std::fmt;

use postern_query::emit::elasticsearch::MAPPING_VERSION;

/// Such as `postern-a-v1`, and `postern-a-v1-2` where one of that mapping was made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name<'a> {
    alias: &'a str,
    /// The version of the mapping.
    mapping: u32,
    /// Which index it is of those with that mapping.
    number: u32,
}

impl<'a> Name<'a> {
    /// The first index with the newest mapping.
    pub(super) const fn first(alias: &'a str) -> Self {
        Self { alias, mapping: MAPPING_VERSION, number: 1 }
    }

    /// Reads the name of an index behind `alias`; nothing where it is called in another way.
    pub(super) fn read(alias: &'a str, index: &str) -> Option<Self> {
        let version = index.strip_prefix(alias)?.strip_prefix("-v")?;
        let (mapping, number) = version.split_once('-').unwrap_or((version, "1"));
        let name = Self { alias, mapping: mapping.parse().ok()?, number: number.parse().ok()? };
        (name.to_string() == index).then_some(name)
    }

    /// Whether it has the newest mapping.
    pub(super) const fn is_current(self) -> bool {
        self.mapping == MAPPING_VERSION
    }

    /// Whether it has the mapping of an older version.
    pub(super) const fn is_older(self) -> bool {
        self.mapping < MAPPING_VERSION
    }

    /// The one that takes its place.
    pub(super) const fn next(self) -> Self {
        match self.is_current() {
            true => Self { number: self.number.saturating_add(1), ..self },
            false => Self::first(self.alias),
        }
    }
}

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-v{}", self.alias, self.mapping)?;
        if self.number == 1 { Ok(()) } else { write!(f, "-{}", self.number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_followed_by_the_next_one() {
        let next = |index: &str| Name::read("a-b", index).map(|name| name.next().to_string());
        let current = format!("a-b-v{MAPPING_VERSION}");
        for (index, expected) in [
            ("a-b-v0", Some(current.clone())),
            ("a-b-v0-7", Some(current.clone())),
            (&current, Some(format!("{current}-2"))),
            (&format!("{current}-9"), Some(format!("{current}-10"))),
        ] {
            assert_eq!(next(index), expected, "{index}");
        }
        for other in
            ["", "a-b", "a-b-v", "a-b-vx", "a-b-v1-", "a-b-v1-1", "a-b-v01", "a-v1", "x-v1"]
        {
            assert_eq!(Name::read("a-b", other), None, "{other}");
        }
    }
}
