//! The documented names of Outlook, Purview, `SharePoint`, Gmail, notmuch, mu and Graph that are no operators
//! here, with the text that asks the same.
//!
//! Sources: Microsoft, "Learn to narrow your search criteria in Outlook" and "Keyword queries and search
//! conditions for eDiscovery"; Google, "Refine searches in Gmail"; the manuals notmuch-search-terms(7) and
//! mu-query(7); Microsoft Graph, "message resource type".

use crate::Span;
use crate::syntax::postern::{FieldName, Term};

/// Names, in small letters and without `_` and `-`, and the texts to type instead.
type Row = (&'static [&'static str], &'static [&'static str]);

const MEANT: &[Row] = &[
    (&["read", "unread", "seen", "readstatus"], &["is:read", "is:unread"]),
    (&["flagged", "hasflag", "followupflag", "flagstatus", "starred"], &["is:flagged"]),
    (&["replied", "answered"], &["is:replied"]),
    (&["isdraft"], &["is:draft"]),
    (&["signed", "issigned", "smimesigned"], &["is:signed"]),
    (&["encrypted", "isencrypted"], &["is:encrypted"]),
    (&["important", "isimportant"], &["importance:high"]),
    (
        &["attachments", "hasfile", "hasfiles", "isattachment", "withattachment"],
        &["has:attachment"],
    ),
    (&["attachmentname", "filenames", "attachmenttitle"], &["filename:NAME"]),
    (&["fileextension", "extension", "fileext", "secondaryfileextension"], &["ext:pdf"]),
    (&["title", "subjecttitle", "normalizedsubject", "conversationtopic"], &["subject:WORD"]),
    (&["bodypreview", "message", "keyword", "keywords", "bodytext"], &["body:WORD"]),
    (&["about", "anywhere", "all", "everywhere"], &["WORD", "contents:WORD"]),
    (
        &[
            "sendername",
            "senderaddress",
            "fromaddress",
            "fromname",
            "senderauthor",
            "sentby",
            "fromemail",
        ],
        &["from:NAME"],
    ),
    (&["createdby", "modifiedby", "authors"], &["from:NAME"]),
    (&["recipient", "torecipients", "sentto", "torecipient", "toname", "toaddress"], &["to:NAME"]),
    (&["ccrecipients", "ccname", "ccaddress"], &["cc:NAME"]),
    (&["bccrecipients", "bccname", "bccaddress"], &["bcc:NAME"]),
    (&["people", "person", "participant", "correspondents"], &["participants:NAME"]),
    (
        &[
            "receiveddatetime",
            "receivedtime",
            "datereceived",
            "receiveddate",
            "day",
            "when",
            "year",
        ],
        &["received:2024-03-31"],
    ),
    (&["sentdatetime", "senttime", "datesent", "sentdate"], &["sent:2024-03-31"]),
    (&["createddatetime", "createdtime", "creationtime", "datecreated"], &["created:2024-03-31"]),
    (
        &["lastmodifiedtime", "lastmodified", "lastmodifieddatetime", "datemodified", "write"],
        &["modified:2024-03-31"],
    ),
    (&["messagesize", "filesize", "bytes"], &["size>10M", "size<10M"]),
    (&["minsize", "largerthan", "bigger"], &["larger:10M"]),
    (&["maxsize", "smallerthan"], &["smaller:10M"]),
    (&["categories"], &["category:NAME"]),
    (
        &["messageclass", "messagekind", "messagetype", "itemtype", "isfile"],
        &["kind:email", "kind:file"],
    ),
    (&["foldername", "parentfolder", "folderpath", "store", "mailboxfolder"], &["in:NAME"]),
    (&["mailboxowner", "user", "custodian"], &["mailbox:NAME"]),
    (&["mailinglist", "listid"], &["list:NAME"]),
    (&["messageid", "internetmessageid", "msgids"], &["id:a@example.com"]),
    (&["conversationid", "threadid", "conversationindex"], &["thread:ID"]),
    (&["inreplyto", "refs", "reference"], &["ref:a@example.com"]),
    (&["contenttype", "attachmenttype", "mimetypes"], &["mime:application/pdf"]),
    (&["orderby", "sortby"], &["sort:newest"]),
];

/// What to type for a name of another program.
pub(super) fn meant(name: &str) -> Option<&'static [&'static str]> {
    let bare = name.to_ascii_lowercase().replace(['_', '-'], "");
    MEANT.iter().find(|(names, _)| names.contains(&&*bare)).map(|(_, texts)| *texts)
}

/// The place and the text that make it so: another name, or the whole term for a state that is true or false.
pub(super) fn fix(
    texts: &[&'static str],
    term: &Term<'_>,
    field: FieldName<'_>,
) -> Option<(Span, String)> {
    let &first = texts.first()?;
    let (name, _) = first.split_once(':')?;
    let is_state = matches!(name, "is" | "has" | "importance");
    if !is_state {
        let is_sample = |text: &&str| text.starts_with(name);
        return texts.iter().all(is_sample).then(|| (field.span, name.to_owned()));
    }
    let typed = term.value.only()?.text.to_lowercase();
    let unlike = texts.get(1).map_or_else(|| format!("-{first}"), |text| (*text).to_owned());
    let text = match typed.as_str() {
        "true" | "yes" | "1" => first.to_owned(),
        "false" | "no" | "0" => unlike,
        other => texts
            .iter()
            .find(|text| text.ends_with(&format!(":{other}")))
            .map(|text| (*text).to_owned())?,
    };
    (term.span.start == field.span.start).then_some((term.span, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::postern::operators::{find, foreign};
    use crate::{Context, parse};

    #[test]
    fn each_text_to_type_parses_and_no_name_is_an_operator() {
        let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
        for (names, texts) in MEANT {
            for text in *texts {
                let parsed = parse(text, &context);
                assert!(parsed.is_ok(), "{text}: {parsed:?}");
            }
            for name in *names {
                assert!(find(name).is_none(), "{name} is an operator here");
                assert!(foreign(name).is_none(), "{name} is refused by name");
            }
        }
    }

    #[test]
    fn names_are_found_by_meaning() {
        for (name, expected) in [
            ("read", Some("is:read")),
            ("FileExtension", Some("ext:pdf")),
            ("LastModifiedTime", Some("modified:2024-03-31")),
            ("has_flag", Some("is:flagged")),
            ("nosuch", None),
        ] {
            assert_eq!(meant(name).and_then(|texts| texts.first().copied()), expected, "{name}");
        }
    }
}
