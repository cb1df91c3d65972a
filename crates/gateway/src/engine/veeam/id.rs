//! The id of an item that is not here.

use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::part::Part;

/// What such ids begin with.
const BEGINNING: &str = "veeam-";
/// What stands before the id of a drive.
const DRIVE: &str = "~";
/// What is written otherwise in the id of a mailbox or drive, so that the first `.` ends it, and no mailbox is
/// taken for a drive.
const ESCAPED: &AsciiSet = &CONTROLS.add(b'.').add(b'%').add(b'~');
/// Bytes that an id may have.
const LONGEST: usize = 1_024;

/// An item at Veeam, by the ids of its mailbox or drive and of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ItemId {
    pub(super) part: Part,
    pub(super) holder: String,
    pub(super) item: String,
}

impl ItemId {
    /// The item that a text names, if it names one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (holder, item) = text.strip_prefix(BEGINNING)?.split_once('.')?;
        let (part, holder) = match holder.strip_prefix(DRIVE) {
            Some(drive) => (Part::Files, drive),
            None => (Part::Mail, holder),
        };
        let holder = percent_decode_str(holder).decode_utf8().ok()?;
        let is_sound = |id: &str| !id.is_empty() && !id.contains(char::is_control);
        (text.len() <= LONGEST && is_sound(&holder) && is_sound(item)).then(|| Self {
            part,
            holder: holder.into_owned(),
            item: item.to_owned(),
        })
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.part {
            Part::Mail => "",
            Part::Files => DRIVE,
        };
        let holder = utf8_percent_encode(&self.holder, ESCAPED);
        write!(f, "{BEGINNING}{mark}{holder}.{}", self.item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back() {
        for (part, holder, item, text) in [
            (Part::Mail, "0a-1", "AAA_-==", "veeam-0a-1.AAA_-=="),
            (Part::Mail, "ann@x.com", "1.2", "veeam-ann@x%2Ecom.1.2"),
            (Part::Mail, "50%2E", "i", "veeam-50%252E.i"),
            (Part::Mail, "~d1", "i", "veeam-%7Ed1.i"),
            (Part::Files, "d1", "i", "veeam-~d1.i"),
            (Part::Files, "~d1", "i", "veeam-~%7Ed1.i"),
        ] {
            let id = ItemId { part, holder: holder.into(), item: item.into() };
            assert_eq!((id.to_string().as_str(), ItemId::parse(text)), (text, Some(id)));
        }
        for bad in [
            "",
            "veeam-",
            "veeam-a",
            "veeam-.b",
            "veeam-~.b",
            "veeam-a.",
            "a.b",
            "veeam-a.\n",
            "veeam-%00.b",
            "veeam-%FF.b",
        ] {
            assert_eq!(ItemId::parse(bad), None, "{bad:?}");
        }
    }
}
