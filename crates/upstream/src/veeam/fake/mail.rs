//! The mail that the fake holds, and how it is listed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::veeam::Version;

/// An item of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackedUp {
    /// The address of its mailbox; the mailbox's id is `m-` and the address.
    pub mailbox: String,
    /// Its folder, with `/` between the names; the folder's id is `f-` and that.
    pub folder: String,
    /// Its id.
    pub id: String,
    /// Its subject.
    pub subject: String,
    /// Who sent it, as it is listed.
    pub from: String,
    /// When it was received, such as `2024-02-03T04:05:06Z`.
    pub received: String,
    /// What a save of it gives.
    pub msg: Vec<u8>,
}

impl BackedUp {
    /// An item without a subject, whose bytes are its id.
    #[must_use]
    pub fn new(mailbox: &str, folder: &str, id: &str) -> Self {
        Self {
            mailbox: mailbox.to_owned(),
            folder: folder.to_owned(),
            id: id.to_owned(),
            subject: String::new(),
            from: "Sender".to_owned(),
            received: "2024-01-31T10:00:00Z".to_owned(),
            msg: id.as_bytes().to_vec(),
        }
    }
}

/// Ids of mailboxes, in the order of their addresses.
pub(super) fn mailboxes(mail: &[BackedUp]) -> Vec<Value> {
    let addresses: BTreeMap<&str, ()> = mail.iter().map(|it| (it.mailbox.as_str(), ())).collect();
    let listed = addresses.into_keys().map(|address| {
        json!({ "id": mailbox_id(address), "name": address, "email": address, "isArchive": false })
    });
    listed.collect()
}

pub(super) fn mailbox_id(address: &str) -> String {
    format!("m-{address}")
}

/// The folders of a mailbox below `parent`; all of them without one.
pub(super) fn folders(mail: &[BackedUp], mailbox: &str, parent: Option<&str>) -> Vec<Value> {
    let own = mail.iter().filter(|it| mailbox_id(&it.mailbox) == mailbox);
    let paths: BTreeMap<String, ()> =
        own.flat_map(|it| above(&it.folder)).map(|path| (path, ())).collect();
    let is_asked = |path: &&String| match parent {
        None => true,
        Some("root" | "null") => !path.contains('/'),
        Some(id) => path.rsplit_once('/').is_some_and(|(above, _)| format!("f-{above}") == id),
    };
    paths.keys().filter(is_asked).map(|path| folder(mailbox, path)).collect()
}

/// A folder and all that it lies in.
fn above(path: &str) -> Vec<String> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.filter_map(|end| path.get(..end)).map(str::to_owned).collect()
}

fn folder(mailbox: &str, path: &str) -> Value {
    let (above, name) = path.rsplit_once('/').map_or((None, path), |(a, name)| (Some(a), name));
    let mut links =
        json!({ "self": { "href": format!("/x/mailboxes/{mailbox}/folders/f-{path}") } });
    if let (Some(above), Value::Object(links)) = (above, &mut links) {
        let href = format!("/x/mailboxes/{mailbox}/folders/{}", escaped(&format!("f-{above}")));
        links.insert("parent".to_owned(), json!({ "href": href }));
    }
    json!({ "id": format!("f-{path}"), "name": name, "type": "Message", "_links": links })
}

/// Whether an item lies in a folder, or at the top of a mailbox.
pub(super) fn is_in(item: &BackedUp, folder: Option<&str>) -> bool {
    match folder {
        None => true,
        Some("root" | "null") => !item.folder.contains('/'),
        Some(id) => format!("f-{}", item.folder) == id,
    }
}

/// An item as it is listed; links are absolute up to v5, and name a host of the server's own.
pub(super) fn item(item: &BackedUp, version: Version) -> Value {
    let host = if version < Version::V6 { "https://inside.example:4443" } else { "" };
    let folder = escaped(&format!("f-{}", item.folder));
    let parent = format!("{host}/{version}/mailboxes/{}/folders/{folder}", item.mailbox);
    let mailbox = format!("{host}/{version}/mailboxes/{}", escaped(&mailbox_id(&item.mailbox)));
    json!({
        "id": item.id, "subject": item.subject, "from": item.from, "to": item.mailbox,
        "received": item.received, "sent": item.received, "itemClass": "IPM.Note",
        "_links": { "parent": { "href": parent }, "mailbox": { "href": mailbox } },
    })
}

fn escaped(id: &str) -> String {
    crate::request::escape(id)
}
