//! `postern completions`.

use clap::CommandFactory as _;

use crate::args::Arguments;
use crate::exit::Exit;

/// Prints completions for a shell.
pub(crate) fn run(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "postern", &mut script);
    std::io::Write::write_all(&mut std::io::stdout(), &script)?;
    Ok(Exit::Done)
}
