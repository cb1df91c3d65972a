//! The worker as the process that asks it sees it.

use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use super::fault::Fault;
use super::text::Text;
use super::worker::{Head, MAX_REPLY};
use super::{Attached, Reading, Worker, frame};

/// Times that a file is given to a worker that dies over it: it may have been killed from outside.
const TRIES: usize = 2;

/// A worker, started when there is something to read, and again after it died.
#[derive(Debug)]
pub(super) struct Process {
    worker: Worker,
    running: Option<Running>,
}

/// A worker that runs, until this is dropped.
#[derive(Debug)]
struct Running {
    child: Child,
    requests: Sender<Request>,
    replies: Receiver<io::Result<Reading>>,
}

#[derive(Clone, Debug)]
struct Request {
    head: Arc<Vec<u8>>,
    bytes: Arc<Vec<u8>>,
}

/// Why there is no answer.
enum Lost {
    Late,
    Died(Option<ExitStatus>),
}

impl Process {
    pub(super) const fn new(worker: Worker) -> Self {
        Self { worker, running: None }
    }

    /// Has a file read within that time.
    pub(super) fn read(
        &mut self,
        file: &Attached<'_>,
        limit: Duration,
        out: &mut Text,
    ) -> Result<(), Fault> {
        let request = Request::of(file, out.left())?;
        let mut status = None;
        for _ in 0..TRIES {
            match self.ask(request.clone(), limit)? {
                Ok(reading) => {
                    out.push(&reading.text.unwrap_or_default());
                    out.about = reading.about;
                    return reading.unread.map_or(Ok(()), |reason| Err(Fault::Inside(reason)));
                }
                Err(Lost::Late) => return Err(Fault::TooSlow("not read within the time for it")),
                Err(Lost::Died(last)) => status = last,
            }
        }
        let how = status.map_or_else(|| "it broke off".to_owned(), |status| status.to_string());
        Err(Fault::Damaged(format!("its reader died of it, by memory or otherwise ({how})")))
    }

    fn ask(&mut self, request: Request, limit: Duration) -> Result<Result<Reading, Lost>, Fault> {
        let running = match self.running.take() {
            Some(running) => running,
            None => {
                Running::start(&self.worker).map_err(|error| Fault::NoReader(error.to_string()))?
            }
        };
        // A worker that is gone takes nothing, and then there is no answer either.
        running.requests.send(request).unwrap_or_default();
        match running.replies.recv_timeout(limit) {
            Ok(Ok(reading)) => {
                self.running = Some(running);
                Ok(Ok(reading))
            }
            Err(RecvTimeoutError::Timeout) => Ok(Err(Lost::Late)),
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => {
                Ok(Err(Lost::Died(running.status())))
            }
        }
    }
}

impl Request {
    fn of(file: &Attached<'_>, most: usize) -> Result<Self, Fault> {
        // Long names are as good as none.
        let short = |text: &str| text.chars().take(1_000).collect();
        let head = Head {
            name: short(file.name),
            media_type: short(file.media_type),
            charset: short(file.charset),
            most,
        };
        let head = serde_json::to_vec(&head).map_err(Fault::damaged)?;
        Ok(Self { head: Arc::new(head), bytes: Arc::new(file.bytes.to_vec()) })
    }
}

impl Running {
    fn start(worker: &Worker) -> io::Result<Self> {
        let mut command = Command::new(&worker.program);
        command.args(&worker.arguments).env_clear().stderr(Stdio::null());
        // The allocator of the command would take all addresses that the worker may have.
        command.env("MIMALLOC_ARENA_RESERVE", "65536");
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        // Ctrl-C is for the one who asks, who still wants its answer.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        let lines = child.stdin.take().zip(child.stdout.take());
        let (mut input, mut output) = lines.ok_or_else(|| io::Error::other("it has no pipes"))?;
        let (requests, taken) = channel::<Request>();
        let (given, replies) = channel();
        // A pipe may block for ever; the one who asks does not.
        thread::spawn(move || {
            for Request { head, bytes } in taken {
                let reply = frame::write(&mut input, &head)
                    .and_then(|()| frame::write(&mut input, &bytes))
                    .and_then(|()| frame::read(&mut output, MAX_REPLY))
                    .and_then(|reply| Ok(serde_json::from_slice(&reply)?));
                if given.send(reply).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, requests, replies })
    }

    /// How a worker that said nothing more came to its end.
    fn status(mut self) -> Option<ExitStatus> {
        // It may still be alive, and talk nonsense.
        thread::sleep(Duration::from_millis(20));
        self.child.try_wait().ok().flatten()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // There is nothing to do about a process that cannot be killed.
        self.child.kill().unwrap_or_default();
        drop(self.child.wait());
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// What becomes of a file that is given to that program.
    fn outcome(program: &str, arguments: &[&str]) -> String {
        let arguments = arguments.iter().map(Into::into).collect();
        let mut process = Process::new(Worker { program: program.into(), arguments });
        let mut out = Text::new(100);
        let file = Attached { bytes: b"%PDF-", ..Attached::default() };
        let outcome = process.read(&file, Duration::from_millis(400), &mut out);
        out.finish(outcome).unread.unwrap_or_default()
    }

    #[test]
    fn whatever_a_worker_does_there_is_an_answer() {
        for (script, expected) in [
            ("exec sleep 1000", "too slow: "),
            // It does not even read.
            ("kill -STOP $$", "too slow: "),
            ("kill -KILL $$", "damaged: its reader died of it"),
            ("exit 3", "damaged: its reader died of it"),
            // A frame longer than any; a frame that is no answer; one that is cut off.
            ("printf '\\377\\377\\377\\377'; exec sleep 1000", "damaged: its reader died of it"),
            ("printf '\\002\\000\\000\\000hi'; exec sleep 1000", "damaged: its reader died of it"),
            ("printf '\\002\\000\\000\\000h'", "damaged: its reader died of it"),
            ("printf '\\002\\000\\000\\000{}'; exec sleep 1000", ""),
        ] {
            let found = outcome("/bin/sh", &["-c", script]);
            assert!(found.starts_with(expected), "{script}: {found}");
            assert_eq!(found.is_empty(), expected.is_empty(), "{script}: {found}");
        }
        assert!(outcome("/no/such/program", &[]).starts_with("no reader: "));
    }

    #[test]
    fn a_worker_that_died_is_replaced() {
        let script = "test -e $0 || { touch $0; kill -KILL $$; }; \
            printf '\\002\\000\\000\\000{}'; exec sleep 1000";
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("seen");
        assert_eq!(outcome("/bin/sh", &["-c", script, mark.to_str().unwrap()]), "");
        assert!(mark.exists());
    }
}
