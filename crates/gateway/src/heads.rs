//! Sending heads of an audit log to an address. A thread of its own does it, so that nobody waits for the network.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use postern_audit::{Warn, Witness};
use postern_upstream::keeper::Keeper;

/// How long a head that was not taken waits before it is sent again.
const PAUSE: Duration = Duration::from_secs(5);

/// Sends heads to an address. Dropping it waits for the answer to the last one, as long as an answer may take.
#[derive(Debug)]
pub(crate) struct ToUrl {
    heads: Option<Sender<String>>,
    thread: Option<JoinHandle<()>>,
}

impl ToUrl {
    pub(crate) fn new(keeper: Keeper, warn: Warn) -> Self {
        let (heads, from_log) = channel();
        let sending = move || keep_sending(&keeper, &from_log, &warn);
        let thread = Builder::new().name("audit-heads".to_owned()).spawn(sending).ok();
        Self { heads: Some(heads), thread }
    }
}

impl Witness for ToUrl {
    fn keep(&mut self, head: &str) -> io::Result<()> {
        let sent = self.heads.as_ref().map(|heads| heads.send(head.to_owned()));
        let gone = || io::Error::other("the thread that sends heads is gone");
        sent.and_then(Result::ok).ok_or_else(gone)
    }
}

impl Drop for ToUrl {
    fn drop(&mut self) {
        drop(self.heads.take());
        self.thread.take().into_iter().for_each(|thread| drop(thread.join()));
    }
}

/// Sends the newest head, which covers those before it, until it was taken.
fn keep_sending(keeper: &Keeper, heads: &Receiver<String>, warn: &Warn) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return };
    let mut untaken = None;
    while let Some(head) = next(heads, &mut untaken) {
        let newest = heads.try_iter().last().unwrap_or(head);
        let taken = runtime.block_on(keeper.keep(&newest));
        untaken = taken.err().map(|why| {
            warn(&format!("a head of the audit log was not taken: {why}; it is sent again"));
            newest
        });
    }
}

/// The next head, or the one that was not taken after a pause; nothing when the log is closed.
fn next(heads: &Receiver<String>, untaken: &mut Option<String>) -> Option<String> {
    if untaken.is_none() {
        return heads.recv().ok();
    }
    match heads.recv_timeout(PAUSE) {
        Ok(head) => Some(head),
        Err(RecvTimeoutError::Timeout) => untaken.take(),
        Err(RecvTimeoutError::Disconnected) => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    use jiff::Timestamp;
    use postern_audit::{Entry, Log, Settings, Signer, Vouched, What, folder, key_file, verify};
    use postern_upstream::fake::{Fake, Misbehaviour};

    use super::*;

    const TIME: Duration = Duration::from_secs(60);

    /// A log whose heads go to an upstream, and how often something was warned of.
    fn log(data: &std::path::Path, fake: &Fake, time: Duration) -> (Log, Arc<AtomicUsize>) {
        let warned = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&warned);
        let warn: Warn = Arc::new(move |_: &str| {
            count.fetch_add(1, Ordering::SeqCst);
        });
        let keeper = Keeper::new(&format!("{}/heads", fake.url()), time).unwrap();
        let witnesses: Vec<Box<dyn Witness>> =
            vec![Box::new(ToUrl::new(keeper, Arc::clone(&warn)))];
        let clock = || Timestamp::UNIX_EPOCH;
        let settings = Settings { key_file: key_file(data), witnesses, clock, warn };
        (Log::open(data, settings).unwrap(), warned)
    }

    async fn until(what: impl Fn() -> bool) {
        let begun = Instant::now();
        while !what() {
            assert!(begun.elapsed() < TIME, "it does not come");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_head_arrives_and_vouches_for_the_log() {
        let (data, fake) = (tempfile::tempdir().unwrap(), Fake::start().await.unwrap());
        let (log, warned) = log(data.path(), &fake, TIME);
        log.write(Entry::new(What::Export, "ann")).unwrap();
        until(|| !fake.seen().is_empty()).await;
        let seen = fake.seen().pop().unwrap();
        assert_eq!((seen.method.as_str(), seen.path()), ("POST", "/heads"));
        let head = String::from_utf8(seen.body.clone()).unwrap();
        let key = Signer::read(&key_file(data.path())).unwrap();
        let found = verify(&folder(data.path()), key.verifier(), None, Some(&head)).unwrap();
        assert_eq!((found.against, warned.load(Ordering::SeqCst)), (Some(Vouched::UpTo(1)), 0));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_that_does_not_answer_keeps_nobody_waiting() {
        let (data, fake) = (tempfile::tempdir().unwrap(), Fake::start().await.unwrap());
        fake.misbehave(Misbehaviour::Hang);
        let (log, warned) = log(data.path(), &fake, Duration::from_secs(5));
        let begun = Instant::now();
        (0..20).for_each(|_| log.write(Entry::new(What::Export, "ann")).unwrap());
        // Each would take as long as the answer may.
        assert!(begun.elapsed() < Duration::from_secs(50), "{:?}", begun.elapsed());
        until(|| warned.load(Ordering::SeqCst) > 0).await;
        // When it answers again, it gets the head that covers all.
        fake.misbehave(Misbehaviour::None);
        let is_last = |seen: &postern_upstream::fake::Seen| {
            String::from_utf8_lossy(&seen.body).contains("\nentries 20\n")
        };
        until(|| fake.seen().iter().any(is_last)).await;
    }
}
