//! What Thunderbird and Gmail write into messages of the state they keep of them.

use mail_parser::{HeaderName, Message};
use postern_query::Place;

use super::{headers, people};

/// States and labels; what is not said is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels {
    is_read: Option<bool>,
    is_flagged: Option<bool>,
    is_replied: Option<bool>,
    is_draft: Option<bool>,
    pub(super) is_important: bool,
    folder: Option<Folder>,
    pub(super) categories: Vec<String>,
}

/// Folders of Gmail. A message with several of these labels is shown in the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Folder {
    Archive,
    Drafts,
    Sent,
    Inbox,
    Spam,
    Trash,
}

impl Labels {
    pub(super) fn of(message: &Message<'_>) -> Self {
        let mut labels = Self::default();
        if let Some(text) = headers::decoded(message, &HeaderName::from("X-Gmail-Labels")) {
            people::phrases(&text).into_iter().for_each(|label| labels.add(label));
        }
        if let Some(text) = headers::text(message, &HeaderName::from("X-Mozilla-Status"))
            && let Ok(bits) = u16::from_str_radix(text.trim(), 16)
        {
            labels.is_read = Some(bits & 1 != 0);
            labels.is_replied = (bits & 2 != 0).then_some(true);
            labels.is_flagged = (bits & 4 != 0).then_some(true).or(labels.is_flagged);
        }
        if let Some(text) = headers::text(message, &HeaderName::from("X-Mozilla-Keys")) {
            let is_own = |key: &&str| !key.starts_with('$') && !matches!(*key, "Junk" | "NonJunk");
            labels.categories.extend(text.split_whitespace().filter(is_own).map(str::to_owned));
        }
        labels
    }

    /// A label of Gmail; one that is neither a state nor a folder is a category.
    fn add(&mut self, label: String) {
        let mut folder = None;
        match label.trim_start_matches('\\').to_ascii_lowercase().as_str() {
            "unread" => self.is_read = Some(false),
            "opened" | "seen" => self.is_read = self.is_read.or(Some(true)),
            "starred" | "flagged" => self.is_flagged = Some(true),
            "important" => self.is_important = true,
            "drafts" | "draft" => {
                self.is_draft = Some(true);
                folder = Some(Folder::Drafts);
            }
            "archived" => folder = Some(Folder::Archive),
            "sent" => folder = Some(Folder::Sent),
            "inbox" => folder = Some(Folder::Inbox),
            "spam" | "junk" => folder = Some(Folder::Spam),
            "trash" => folder = Some(Folder::Trash),
            _ => self.categories.push(label),
        }
        self.folder = self.folder.max(folder);
    }

    /// Marks a place, and names its folder where nothing else does.
    pub(super) fn mark(&self, place: &mut Place) {
        place.is_read = self.is_read.or(place.is_read);
        place.is_flagged = place.is_flagged.or(self.is_flagged);
        place.is_replied = place.is_replied.or(self.is_replied);
        place.is_draft = place.is_draft.or(self.is_draft);
        let folder = self.folder.map(|folder| format!("{folder:?}"));
        place.folder = place.folder.take().or(folder);
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;
    use postern_query::Place;

    #[test]
    fn states_of_thunderbird_and_gmail_were_not_understood() {
        for (head, marks, folder, categories) in [
            ("A: 1", "", "", ""),
            ("X-Mozilla-Status: 0001", "read", "", ""),
            ("X-Mozilla-Status: 0000", "unread", "", ""),
            ("X-Mozilla-Status: 1007\nX-Mozilla-Status2: 00800000", "read flagged replied", "", ""),
            ("X-Mozilla-Status: words", "", "", ""),
            ("Status: RO\nX-Mozilla-Status: 0000", "unread", "", ""),
            ("X-Mozilla-Keys: $label1 travel NonJunk        ", "", "", "travel"),
            ("X-Gmail-Labels: Inbox,Unread", "unread", "Inbox", ""),
            ("X-Gmail-Labels: Inbox,Opened,Starred", "read flagged", "Inbox", ""),
            (
                "X-Gmail-Labels: Archived,Opened,\"a, b\",Work/Now",
                "read",
                "Archive",
                "a, b|Work/Now",
            ),
            ("X-Gmail-Labels: Drafts", "draft", "Drafts", ""),
            ("X-Gmail-Labels: Inbox,Sent,Important", "important", "Inbox", ""),
            ("X-Gmail-Labels: Sent,Trash", "", "Trash", ""),
            ("X-Gmail-Labels: Work", "", "", "Work"),
            (
                "X-Gmail-Labels: =?UTF-8?Q?Spam,F=C3=A4hre,?=\n =?UTF-8?Q?Unread?=",
                "unread",
                "Spam",
                "Fähre",
            ),
            ("Importance: low\nX-Gmail-Labels: Important", "", "", ""),
        ] {
            let message = parse(format!("{head}\n\nx").as_bytes(), &Place::NOWHERE);
            let place = message.place();
            let mut found = Vec::new();
            found.extend(place.is_read.map(|is_read| if is_read { "read" } else { "unread" }));
            found.extend(place.is_flagged.map(|_| "flagged"));
            found.extend(place.is_replied.map(|_| "replied"));
            found.extend(place.is_draft.map(|_| "draft"));
            found.extend((message.importance.as_deref() == Some("high")).then_some("important"));
            assert_eq!(found.join(" "), marks, "{head}");
            assert_eq!(place.folder.as_deref().unwrap_or_default(), folder, "{head}");
            assert_eq!(message.categories.join("|"), categories, "{head}");
        }
        let inbox = Place { folder: Some("Work".into()), ..Place::NOWHERE };
        let message = parse(b"X-Gmail-Labels: Trash\n\nx", &inbox);
        assert_eq!(message.place().folder.as_deref(), Some("Work"), "the path counts for more");
    }
}
