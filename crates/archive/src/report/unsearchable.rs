//! Mail whose words no search finds, and why.

use std::collections::BTreeMap;

use postern_local_index::search::{Looked, Scope};
use postern_query::{Message, NO_CONTENT};

use crate::{Archive, Error};

/// Why something cannot be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// Nobody but its owner can read it.
    Encrypted,
    /// It, or its text, is longer than what is read.
    TooLarge,
    /// Reading it took too long.
    TooSlow,
    /// It is not as its format wants it.
    Damaged,
    /// Nothing here reads its format.
    NotSupported,
    /// There is no text in it.
    NoText,
    /// It is known, and its content was not brought here.
    NotHere,
}

impl Reason {
    /// Each of them.
    pub const ALL: [Self; 7] = [
        Self::Encrypted,
        Self::TooLarge,
        Self::TooSlow,
        Self::Damaged,
        Self::NotSupported,
        Self::NoText,
        Self::NotHere,
    ];

    /// Its name in a report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::TooLarge => "tooLarge",
            Self::TooSlow => "tooSlow",
            Self::Damaged => "damaged",
            Self::NotSupported => "notSupported",
            Self::NoText => "noText",
            Self::NotHere => "notHere",
        }
    }

    /// The same in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::TooLarge => "too large",
            Self::TooSlow => "too slow",
            Self::Damaged => "damaged",
            Self::NotSupported => "not supported",
            Self::NoText => "no text",
            Self::NotHere => "not here yet",
        }
    }

    /// The reason that stands before the details; that of a file in an archive stands behind its name.
    fn of(told: &str) -> Self {
        if told == NO_CONTENT {
            return Self::NotHere;
        }
        let named =
            || Self::ALL.into_iter().filter(|one| !matches!(one, Self::NoText | Self::NotHere));
        let begins = named().find(|one| told.starts_with(one.words()));
        let inside = || named().find(|one| told.contains(&format!(": {}", one.words())));
        begins.or_else(inside).unwrap_or(Self::NotSupported)
    }
}

/// Something that cannot be searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsearchable {
    /// What.
    pub what: What,
    /// What else is known of the reason.
    pub detail: Option<String>,
}

/// What cannot be searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// The text of a message.
    Message {
        /// Its id.
        id: String,
    },
    /// An attachment.
    Attachment {
        /// The id of its message.
        id: String,
        /// Which of its attachments, from 0.
        number: usize,
        /// Its name.
        name: Option<String>,
    },
    /// A message or file at a source.
    AtSource {
        /// The name of the source.
        source: String,
        /// The mailbox or drive.
        mailbox: String,
        /// Its id there.
        item: String,
    },
}

/// What cannot be searched, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blind(pub BTreeMap<Reason, Vec<Unsearchable>>);

impl Blind {
    fn add(&mut self, reason: Reason, what: What, detail: Option<String>) {
        self.0.entry(reason).or_default().push(Unsearchable { what, detail });
    }

    /// Adds what cannot be searched of a message.
    pub(super) fn look(&mut self, looked: &Looked) {
        let message = &looked.message;
        self.look_at_text(looked);
        for (number, file) in message.attachments.iter().enumerate() {
            let (id, name) = (message.id.clone(), file.name.clone());
            let what = What::Attachment { id, number, name };
            let kind = file.content_type.as_deref().unwrap_or_default();
            match &file.unread {
                Some(told) => self.add(Reason::of(told), what, Some(told.clone())),
                None if is_silent(kind) || !looked.has_attachment_words => {
                    self.add(Reason::NoText, what, None);
                }
                None => {}
            }
        }
    }

    /// A file has no text but that of its first attachment.
    fn look_at_text(&mut self, Looked { message, has_words, .. }: &Looked) {
        let Message { id, damage, is_encrypted, .. } = message;
        let what = What::Message { id: id.clone() };
        match damage {
            Some(told) => self.add(Reason::Damaged, what, Some(told.clone())),
            None if *has_words || message.is_file() => {}
            None if *is_encrypted == Some(true) => self.add(Reason::Encrypted, what, None),
            None => self.add(Reason::NoText, what, None),
        }
    }

    /// Adds what a source listed and what is not here yet.
    pub(super) fn look_at_sources(
        &mut self,
        archive: &Archive,
        scope: &Scope,
    ) -> Result<(), Error> {
        for one in archive.collected().not_here()? {
            if scope.permits(Some(&one.mailbox)) {
                let (source, mailbox, item) = (one.source, one.mailbox, one.item);
                self.add(Reason::NotHere, What::AtSource { source, mailbox, item }, one.why);
            }
        }
        Ok(())
    }
}

/// Whether files of that type have no text to be read.
fn is_silent(kind: &str) -> bool {
    ["image/", "audio/", "video/", "font/"].iter().any(|silent| kind.starts_with(silent))
}

#[cfg(test)]
mod tests {
    use postern_query::Attachment;

    use super::*;

    #[test]
    fn reasons_are_read_from_what_reading_told() {
        for (told, expected) in [
            ("encrypted", Reason::Encrypted),
            ("too large: more than 64 MiB", Reason::TooLarge),
            ("too slow: more than 10 s", Reason::TooSlow),
            ("damaged: no end", Reason::Damaged),
            ("a/b.pdf: encrypted", Reason::Encrypted),
            ("damaged: x: encrypted", Reason::Damaged),
            ("not supported: RAR", Reason::NotSupported),
            ("no reader: gone", Reason::NotSupported),
            (NO_CONTENT, Reason::NotHere),
        ] {
            assert_eq!(Reason::of(told), expected, "{told}");
        }
    }

    #[test]
    fn what_has_no_words_is_told() {
        let file = |kind: &str, unread: Option<&str>| Attachment {
            content_type: Some(kind.to_owned()),
            unread: unread.map(str::to_owned),
            ..Attachment::default()
        };
        let files =
            vec![file("text/plain", None), file("image/png", None), file("a/b", Some("encrypted"))];
        let mail = |id: &str, attachments: &[Attachment]| Message {
            id: id.to_owned(),
            attachments: attachments.to_vec(),
            ..Message::default()
        };
        let looked = |message, has_words, has_attachment_words| Looked {
            message,
            has_words,
            has_attachment_words,
        };
        let mut blind = Blind::default();
        blind.look(&looked(mail("a", &files), true, true));
        blind.look(&looked(mail("b", &files[..1]), true, false));
        blind.look(&looked(mail("c", &[]), false, false));
        blind.look(&looked(Message { is_encrypted: Some(true), ..mail("d", &[]) }, false, false));
        blind.look(&looked(Message { damage: Some("cut".into()), ..mail("e", &[]) }, true, false));
        blind.look(&looked(
            Message { kind: Some("file".into()), ..mail("f", &files[..1]) },
            false,
            true,
        ));
        let told = |one: &Unsearchable| match &one.what {
            What::Message { id } => id.clone(),
            What::Attachment { id, number, .. } => format!("{id}{number}"),
            What::AtSource { item, .. } => item.clone(),
        };
        let told = blind.0.iter().map(|(reason, all)| {
            format!("{} {}", reason.as_str(), all.iter().map(told).collect::<Vec<_>>().join(","))
        });
        let expected = ["encrypted a2,d", "damaged e", "noText a1,b0,c"];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }
}
