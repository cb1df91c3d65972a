//! Where messages are brought: the index of this machine, one elsewhere, or both.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use postern_local_index::write::{Options, Writer};
use postern_mail::contents::AttachmentText;

use super::both::Both;
use super::sink::Sink;
use super::upgrade::upgrade;
use crate::Error;

/// Opens the sink of the data folder.
type Open = dyn Fn(&Path) -> Result<Box<dyn Sink>, Error> + Send + Sync;

/// Where messages are brought; without more words the index of this machine.
///
/// ```
/// use postern_archive::Destination;
///
/// assert_eq!(format!("{:?}", Destination::default()), "Local");
/// ```
#[derive(Clone, Default)]
pub enum Destination {
    /// The index of this machine.
    #[default]
    Local,
    /// An index elsewhere, which this opens for the data folder that notes what was acknowledged.
    Elsewhere(Arc<Open>),
    /// Both of them.
    Both(Arc<Open>),
}

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "Local",
            Self::Elsewhere(_) => "Elsewhere",
            Self::Both(_) => "Both",
        })
    }
}

impl Destination {
    /// Opens it for what comes to the data folder. An index of a former format is upgraded first.
    pub(crate) fn open(
        &self,
        data: &Path,
        options: &Options,
        attachment_text: &AttachmentText,
    ) -> Result<Box<dyn Sink>, Error> {
        let local = || {
            if !options.rebuild {
                upgrade(data, attachment_text, options)?;
            }
            Ok::<_, Error>(Box::new(Writer::open(data, options)?))
        };
        Ok(match self {
            Self::Local => local()?,
            Self::Elsewhere(open) => open(data)?,
            Self::Both(open) => Box::new(Both(local()?, open(data)?)),
        })
    }
}
