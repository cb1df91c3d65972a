//! Jobs of `DataTap`: what is collected, and what goes back for what a query finds: whole mailboxes, or all files of
//! some owners with some extensions.

mod error;
mod files;
mod job;
mod mail;
mod make;
mod to_restore;

pub use error::{JobError, Side};
pub use files::FilesFound;
pub use job::{Ends, JobWishes, included, plan};
pub use mail::{MOST_MAILBOXES, MailFound};
pub use make::{JobAct, Made};
pub use to_restore::ToRestore;
