//! An index of a former format is upgraded beside the requests, which it answers until then.

use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use postern_archive::{Archive, AttachmentText, chain};
use tracing::{info, warn};

/// Before an upgrade that failed is tried again: somebody wrote the index, or the disk was full.
const PAUSE: Duration = Duration::from_secs(10);
/// How soon it is noticed that nobody wants it any more.
const TICK: Duration = Duration::from_secs(1);

/// Begins it where it is due. Nobody waits for its thread: what it leaves half done the next one begins anew.
pub(super) fn begin(archive: &Arc<Archive>, attachment_text: AttachmentText) {
    let wanted = Arc::downgrade(archive);
    let work = move || upgrade(&wanted, &attachment_text);
    if let Err(error) = thread::Builder::new().name("upgrade".into()).spawn(work) {
        warn!(%error, "the index is not upgraded");
    }
}

fn upgrade(wanted: &Weak<Archive>, attachment_text: &AttachmentText) {
    while let Some(archive) = wanted.upgrade().filter(|archive| archive.is_former()) {
        info!("the index has a former format and is upgraded; it answers meanwhile");
        match archive.upgrade(attachment_text) {
            Ok(done) => {
                let messages = done.map_or(0, |done| done.messages);
                let incomplete = done.map_or(0, |done| done.incomplete);
                info!(messages, incomplete, "the index is upgraded");
                return;
            }
            Err(error) => warn!(error = chain(&error), "the index is not upgraded yet"),
        }
        drop(archive);
        let mut waited = Duration::ZERO;
        while waited < PAUSE && wanted.strong_count() > 0 {
            thread::sleep(TICK);
            waited += TICK;
        }
    }
}
