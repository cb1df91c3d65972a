//! `postern --help`: the commands under headings, the everyday ones first.

use std::fmt::Write as _;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory as _, FromArgMatches as _};

use super::Arguments;

/// Which command stands under which heading.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Find", &["search", "count", "show", "export", "translate"]),
    ("Bring home", &["index", "sync", "sources"]),
    ("Act", &["restore", "send", "files", "retrieve", "collect", "jobs", "admin"]),
    ("Prove", &["report", "set", "watch", "audit"]),
    (
        "Run",
        &[
            "serve",
            "mcp",
            "status",
            "doctor",
            "check",
            "healthcheck",
            "init",
            "key",
            "backup",
            "cluster",
            "config",
            "completions",
            "man",
            "help",
        ],
    ),
];

/// What `help` does, which the command line gets by itself once it is built.
const HELP: &str = "Print this message or the help of the given subcommand(s)";

/// Reads the command line.
pub(crate) fn parse() -> Result<Arguments, clap::Error> {
    let mut command = command();
    let typed: Vec<_> = std::env::args_os().collect();
    let matches = command
        .try_get_matches_from_mut(&typed)
        .map_err(|error| in_plain_words(&command, query_behind_dashes(&command, error, &typed)))?;
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
    let verb = words.clone().find(|word| takes_query(command, word));
    let query = words.take_while(|word| *word != "--").find(|word| {
        word.strip_prefix('-').is_some_and(|rest| rest.len() > 1 && !rest.starts_with('-'))
    });
    let Some((verb, query)) = verb.zip(query).filter(|_| unknown) else { return error };
    let quoted = query.replace('\'', r"'\''");
    let message = format!(
        "`{query}` looks like an option. Write a query that begins with - behind --:\n\n  postern {verb} -- '{quoted}'\n"
    );
    clap::Error::raw(ErrorKind::UnknownArgument, message).with_cmd(command)
}

/// What the standard library says of numbers, and what is meant.
const NUMBERS: [(&str, &str); 4] = [
    ("invalid digit found in string", "it is a whole number from 0"),
    ("cannot parse integer from empty string", "it is a whole number from 0"),
    ("number too large to fit in target type", "the number is too large"),
    ("invalid float literal", "it is a number"),
];

fn in_plain_words(command: &Command, error: clap::Error) -> clap::Error {
    if error.kind() != ErrorKind::ValueValidation {
        return error;
    }
    let told = error.to_string();
    let plain = NUMBERS.iter().fold(told.clone(), |told, (from, to)| told.replace(from, to));
    if plain == told {
        return error;
    }
    let message = plain.strip_prefix("error: ").unwrap_or(&plain);
    clap::Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
}

/// Whether this is the name of a command that a query is written behind.
fn takes_query(command: &Command, name: &str) -> bool {
    let command = command.find_subcommand(name);
    command.is_some_and(|command| command.get_positionals().any(|one| one.get_id() == "query"))
}

/// The command line with a help that is grouped. Of the commands only the one that is typed is built, which
/// takes less than a tenth of the time of all.
fn command() -> Command {
    let command = Arguments::command();
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
        for name in names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map_or_else(|| HELP.to_owned(), ToString::to_string);
            let _ = writeln!(text, "  {name:<13}{about}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(typed: &str, expected: &str) {
        let typed: Vec<_> = typed.split('|').map(Into::into).collect();
        let mut command = command();
        let error = command.try_get_matches_from_mut(&typed).unwrap_err();
        let error = query_behind_dashes(&command, error, &typed);
        let told = in_plain_words(&command, error).to_string();
        assert!(told.contains(expected), "{typed:?}: {told}");
    }

    /// The word behind `--data` was taken for the command.
    #[test]
    fn a_query_that_looks_like_options_goes_behind_dashes() {
        check("postern|search|-subject:a", "postern search -- '-subject:a'");
        check("postern|--data|d|count|-\"a b\"|--by|kind", "postern count -- '-\"a b\"'");
        check("postern|-q|translate|--to|kql|-it's", "postern translate -- '-it'\\''s'");
        // No query is written there, and these are options that do not exist.
        check("postern|--data|d|jobs|-xy", "unexpected argument '-x'");
        check("postern|search|-x", "unexpected argument '-x'");
        check("postern|search|--subject:a", "unexpected argument '--subject:a'");
    }

    #[test]
    fn faults_of_numbers_have_no_words_of_rust() {
        let limit = "error: invalid value 'x' for '--limit <N>': write a whole number, 0 or more";
        check("postern|search|a|--limit|x", limit);
        let sample = "error: invalid value 'x' for '--sample <N>': it is a whole number from 0";
        check("postern|cluster|check|--sample|x", sample);
        check("postern|search|a|--limit|99999999999999999999", "the number is too large");
    }

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
        let help = command.find_subcommand("help").and_then(Command::get_about);
        assert_eq!(help.map(ToString::to_string).as_deref(), Some(HELP));
    }
}
