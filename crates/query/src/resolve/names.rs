//! "Did you mean".

/// The most bytes of a misspelt name.
const LONGEST: usize = 40;

/// The name that is most similar to `typed`, if one is similar at all.
///
/// Long text is not a misspelt name, and comparing it would take long.
pub(crate) fn closest<'a>(typed: &str, names: &[&'a str]) -> Option<&'a str> {
    alike(typed, names).into_iter().next()
}

/// The similar names, the most similar first.
pub(crate) fn alike<'a>(typed: &str, names: &[&'a str]) -> Vec<&'a str> {
    if typed.len() > LONGEST {
        return Vec::new();
    }
    let typed = typed.to_lowercase();
    let mut alike: Vec<_> = names
        .iter()
        .map(|name| (strsim::jaro_winkler(&typed, &name.to_lowercase()), *name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .collect();
    alike.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    alike.into_iter().map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn likeness() {
        let names = ["from", "before", "subject"];
        for (typed, expected) in [
            ("form", Some("from")),
            ("befor", Some("before")),
            ("Subjekt", Some("subject")),
            ("zzz", None),
        ] {
            assert_eq!(closest(typed, &names), expected, "{typed}");
        }
    }
}
