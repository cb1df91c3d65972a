//! The worker: reads what it is sent until nobody sends anything more.
//!
//! It is fenced in: no more memory, files and core dumps than the limits here allow, and it ends by
//! itself when it is left alone with a file that it cannot get through.

use std::io::{self, Read, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{panic, thread};

use serde::{Deserialize, Serialize};

use super::{Attached, Contents, Engine, MAX_BYTES, MAX_TIME, Reading, frame};

/// Bytes of what is said of a file.
const MAX_HEAD: usize = 64 << 10;
/// Bytes of an answer; every letter of a text may need six.
pub(super) const MAX_REPLY: usize = 6 * super::MAX_TEXT + MAX_HEAD;

/// What is said of a file before its bytes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) name: String,
    pub(super) media_type: String,
    pub(super) charset: String,
    /// Bytes of text that are wanted.
    pub(super) most: usize,
}

/// Reads the files that come in by standard input and writes their text to standard output, until
/// there are no more.
///
/// # Errors
///
/// When the limits cannot be set, or who asks says what is not expected.
pub fn work() -> io::Result<()> {
    fence()?;
    panic::set_hook(Box::new(|_| {}));
    let busy = &AtomicU64::new(0);
    thread::scope(|scope| {
        scope.spawn(move || watch(busy));
        let outcome = serve(&mut io::stdin().lock(), &mut io::stdout().lock(), busy);
        // The watch never ends by itself.
        std::process::exit(i32::from(outcome.is_err()))
    })
}

/// Answers until the input ends.
fn serve(input: &mut impl Read, output: &mut impl Write, busy: &AtomicU64) -> io::Result<()> {
    loop {
        let head = match frame::read(input, MAX_HEAD) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            head => serde_json::from_slice(&head?)?,
        };
        let bytes = frame::read(input, MAX_BYTES)?;
        busy.fetch_add(1, Ordering::Relaxed);
        let reading = read(&head, &bytes);
        busy.fetch_add(1, Ordering::Relaxed);
        frame::write(output, &serde_json::to_vec(&reading)?)?;
    }
}

fn read(head: &Head, bytes: &[u8]) -> Reading {
    let Head { name, media_type, charset, most } = head;
    let mut contents = Contents::with(Engine::Here);
    contents.text_left = *most;
    contents.read(&Attached { bytes, name, media_type, charset })
}

/// Ends the process when it has had one file for much longer than anybody waits: who started it is
/// gone. Odd numbers are busy ones.
fn watch(busy: &AtomicU64) {
    loop {
        let before = busy.load(Ordering::Relaxed);
        thread::sleep(2 * MAX_TIME);
        if before % 2 == 1 && busy.load(Ordering::Relaxed) == before {
            std::process::exit(1);
        }
    }
}

/// Memory, in bytes of addresses.
#[cfg(unix)]
const MAX_MEMORY: u64 = 1 << 30;

#[cfg(unix)]
fn fence() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let limits = [(Resource::As, MAX_MEMORY), (Resource::Fsize, 0), (Resource::Core, 0)];
    for (resource, most) in limits {
        setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?;
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
fn fence() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_answered_one_after_the_other() {
        let mut input = Vec::new();
        for (media_type, bytes) in [("text/plain", &b"one"[..]), ("", b"\0\x01"), ("", b"%PDF-")] {
            let head = Head {
                name: String::new(),
                media_type: media_type.into(),
                charset: String::new(),
                most: 2,
            };
            frame::write(&mut input, &serde_json::to_vec(&head).unwrap()).unwrap();
            frame::write(&mut input, bytes).unwrap();
        }
        let mut output = Vec::new();
        serve(&mut input.as_slice(), &mut output, &AtomicU64::new(0)).unwrap();
        let mut output = output.as_slice();
        let mut next = || -> Reading {
            serde_json::from_slice(&frame::read(&mut output, MAX_REPLY).unwrap()).unwrap()
        };
        let cut = Some("too large: more text than is kept".to_owned());
        assert_eq!(next(), Reading { text: Some("on".into()), unread: cut, ..Reading::default() });
        assert_eq!(next(), Reading::default());
        assert!(next().unread.unwrap().starts_with("damaged: "));
    }
}
