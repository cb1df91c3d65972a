//! How a run ends.

use std::io;
use std::process::ExitCode;

use crate::output;

/// How a run ended. Wrong usage (2) is told by the command-line parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// The request failed; the reason was printed.
    Failed,
    /// Done, but some messages could not be read, or some queries of a report have an error.
    SomeUnreadable,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::SomeUnreadable => 3,
        })
    }
}

/// Prints what went wrong. A reader that went away (`| head`) is no fault.
pub(crate) fn finish(outcome: anyhow::Result<Exit>) -> Exit {
    match outcome {
        Ok(exit) => exit,
        Err(error) if is_broken_pipe(&error) => Exit::Done,
        Err(error) => {
            output::fault(&error);
            Exit::Failed
        }
    }
}

/// Prints help, or what is wrong with the arguments, and ends.
pub(crate) fn usage(error: &clap::Error) -> ! {
    let text = error.render().ansi().to_string();
    if error.use_stderr() {
        output::note(text.trim_end());
    } else {
        // Nobody reads any more: that is no fault.
        output::line(text.trim_end()).unwrap_or_default();
    }
    std::process::exit(error.exit_code())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|io| io.kind() == io::ErrorKind::BrokenPipe)
    })
}
