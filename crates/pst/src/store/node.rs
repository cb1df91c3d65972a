//! Numbers of nodes (MS-PST, 2.2.2.1 and 2.4.1).

/// What is known of the file.
pub(super) const STORE: u32 = 0x21;
/// The map of properties with names.
pub(super) const NAMES: u32 = 0x61;
/// The folder that all others lie in.
pub(super) const ROOT: u32 = 0x122;
/// In a message: the table of its recipients.
pub(super) const RECIPIENTS: u32 = 0x692;
/// In a message: the table of its attachments.
pub(super) const ATTACHMENTS: u32 = 0x671;

/// The kind of a node, which its lowest five bits tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    Message,
    Attachment,
    Other,
}

pub(super) const fn kind(node: u32) -> Kind {
    match node & KIND {
        0x02 => Kind::Folder,
        0x04 => Kind::Message,
        0x05 => Kind::Attachment,
        _ => Kind::Other,
    }
}

const KIND: u32 = 0x1f;

/// The table of what lies in a folder.
pub(super) const fn contents(folder: u32) -> u32 {
    (folder & !KIND) | 0x0e
}
