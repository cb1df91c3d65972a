//! `postern --help`: the commands under headings, the everyday ones first.

use std::fmt::Write as _;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _, FromArgMatches as _};

use super::Arguments;

/// Which command stands under which heading.
const GROUPS: [(&str, &[&str]); 4] = [
    ("Find", &["search", "count", "show", "export", "translate"]),
    ("Bring home", &["index", "sync", "sources"]),
    ("Act", &["restore", "send", "files", "retrieve", "collect", "jobs", "admin"]),
    ("Run", &["serve", "status", "check", "config", "completions", "help"]),
];

/// Reads the command line.
pub(crate) fn parse() -> Result<Arguments, clap::Error> {
    let mut command = command();
    let typed: Vec<_> = std::env::args_os().collect();
    let matches = command
        .try_get_matches_from_mut(&typed)
        .map_err(|error| query_behind_dashes(&command, error, &typed))?;
    Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// A query such as `-subject:a` looks like options: the fault says how to type it.
fn query_behind_dashes(
    command: &Command,
    error: clap::Error,
    typed: &[std::ffi::OsString],
) -> clap::Error {
    let unknown = error.kind() == ErrorKind::UnknownArgument;
    let words = typed.iter().skip(1).filter_map(|word| word.to_str());
    let verb = words.clone().find(|word| !word.starts_with('-')).unwrap_or("search");
    let query = words.take_while(|word| *word != "--").find(|word| {
        word.strip_prefix('-').is_some_and(|rest| rest.len() > 1 && !rest.starts_with('-'))
    });
    let Some(query) = query.filter(|_| unknown) else { return error };
    let quoted = query.replace('\'', r"'\''");
    let message = format!(
        "`{query}` looks like an option. Write a query that begins with - behind --:\n\n  postern {verb} -- '{quoted}'\n"
    );
    clap::Error::raw(ErrorKind::UnknownArgument, message).with_cmd(command)
}

/// The command line with a help that is grouped.
fn command() -> Command {
    let mut command = Arguments::command();
    command.build();
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n{}\nOptions:\n{{options}}",
        groups(&command)
    );
    command.help_template(template)
}

fn groups(command: &Command) -> String {
    let mut text = String::new();
    for (heading, names) in GROUPS {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n{heading}:");
        for command in names.iter().filter_map(|name| command.find_subcommand(name)) {
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "  {:<13}{about}", command.get_name());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_stands_under_one_heading() {
        let mut command = Arguments::command();
        command.build();
        let shown = command.get_subcommands().filter(|command| !command.is_hide_set());
        let mut shown: Vec<_> = shown.map(Command::get_name).collect();
        let mut grouped: Vec<_> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        shown.sort_unstable();
        grouped.sort_unstable();
        assert_eq!(shown, grouped);
    }
}
