//! A value that each operator takes, and what the operator finds, in a few words.

/// The value and the words for an operator by its canonical name.
pub(super) fn of(name: &str) -> Option<(&'static str, &'static str)> {
    let row = HELP.iter().find(|(names, ..)| names.contains(&name));
    row.map(|(_, value, help)| (*value, *help))
}

type Row = (&'static [&'static str], &'static str, &'static str);

const HELP: &[Row] = &[
    (&["subject"], "a", "words of the subject"),
    (&["body"], "a", "words of the text"),
    (&["new"], "a", "words that the author wrote, not quoted ones"),
    (&["quoted"], "a", "words of quoted and forwarded text"),
    (&["from"], "a", "who wrote it: a name, an address, @ and a domain"),
    (&["to"], "a", "who got it"),
    (&["cc"], "a", "who got a copy"),
    (&["bcc"], "a", "who got a blind copy"),
    (&["recipients"], "a", "anybody who got it"),
    (&["participants"], "a", "who wrote it, or anybody who got it"),
    (&["filename"], "a", "the name of a file"),
    (&["ext"], "pdf", "the extension of a file"),
    (&["has"], "attachment", "whether it has files"),
    (&["hasattachment"], "true", "whether it has files: true or false"),
    (&["is"], "read", "a state: unread, flagged, draft and so on"),
    (&["isread"], "true", "whether it was read: true or false"),
    (&["isflagged"], "true", "whether it is flagged: true or false"),
    (&["date", "received"], "2024", "when it arrived: a day, a month, a range"),
    (&["after"], "2024", "arrived on that day or later"),
    (&["before"], "2024", "arrived before that day"),
    (&["until"], "2024", "arrived up to the end of that day"),
    (&["newer_than"], "1d", "arrived within that time: 3d, 2w, 6m, 1y"),
    (&["older_than"], "1d", "arrived longer ago than that: 3d, 2w, 6m, 1y"),
    (&["sent"], "2024", "when it was sent"),
    (&["created"], "2024", "when a file was made"),
    (&["modified"], "2024", "when a file was last changed"),
    (&["size"], "1", "its size: 1M..5M"),
    (&["larger"], "1", "more than that size: 5M"),
    (&["smaller"], "1", "less than that size: 100K"),
    (&["importance"], "low", "low, normal or high"),
    (&["id"], "a", "a Message-ID"),
    (&["thread"], "a", "the id of a conversation"),
    (&["sort"], "newest", "the order of what is found"),
    (&["deliveredto"], "a", "for whom it arrived"),
    (&["mailbox"], "a", "whose mailbox it is in"),
    (&["mime"], "a/b", "the media type of a file"),
    (&["contents"], "a", "words inside of attachments and files"),
    (&["category"], "a", "a category or label"),
    (&["in"], "a", "a folder"),
    (&["list"], "a", "a mailing list"),
    (&["ref"], "a", "replies to a Message-ID"),
    (&["kind"], "email", "email, meeting, file and so on"),
    (&["source"], "a", "where it came from"),
    (&["set"], "a", "a frozen set of messages"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use super::*;
    use crate::resolve::postern::operators;
    use crate::{Context, NamedSets, parse};

    #[derive(Debug)]
    struct OneSet;

    impl NamedSets for OneSet {
        fn ids(&self, name: &str) -> Option<Arc<BTreeSet<String>>> {
            (name == "a").then(Arc::default)
        }

        fn names(&self) -> Vec<String> {
            vec!["a".to_owned()]
        }
    }

    #[test]
    fn each_operator_has_a_value_that_it_takes() {
        let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
        let context = Context { sets: Some(Arc::new(OneSet)), ..context };
        for name in operators::rows().filter_map(|names| names.first()) {
            let (value, _) = of(name).unwrap_or_else(|| panic!("no help for {name}"));
            assert!(parse(&format!("{name}:{value}"), &context).is_ok(), "{name}");
        }
    }
}
