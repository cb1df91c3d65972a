//! "Did you mean".

/// The name that looks most like `typed`, when one looks like it at all.
pub(crate) fn closest<'a>(typed: &str, names: &[&'a str]) -> Option<&'a str> {
    let typed = typed.to_lowercase();
    names
        .iter()
        .map(|name| (strsim::jaro_winkler(&typed, &name.to_lowercase()), *name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
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
