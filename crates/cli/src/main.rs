//! `postern`: index mail, search it, translate queries, serve the gateway, run jobs at the service.

mod args;
mod clock;
mod commands;
mod data;
mod exit;
mod hint;
mod interrupt;
mod key;
mod logs;
mod output;
mod private;
mod service;
mod settings;
mod source;
mod table;
mod terminal;
mod values;
mod veeam;
mod words;

use args::{Arguments, Command};
use exit::Exit;

/// Indexing starts threads anew with every commit. The allocator of the system keeps for each of them
/// what it once had; this one gives it back, and is faster.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    private::make_private();
    let arguments = args::parse().unwrap_or_else(|error| exit::usage(&error));
    let outcome = run(&arguments);
    exit::finish(outcome).into()
}

fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let common = &arguments.common;
    match &arguments.command {
        Command::Index(index) => commands::index::run(common, index),
        Command::Search(search) => commands::search::run(common, search),
        Command::Count(count) => commands::count::run(common, count),
        Command::Translate(translate) => commands::translate::run(common, translate),
        Command::Show(show) => commands::show::run(common, show),
        Command::Status(status) => commands::status::run(common, status),
        Command::Check(check) => commands::check::run(common, check),
        Command::Sync(sync) => commands::sync::run(common, sync),
        Command::Sources(sources) => commands::sources::run(common, sources),
        Command::Serve(serve) => commands::serve::run(common, serve),
        Command::Collect(collect) => commands::collect::run(common, collect),
        Command::Jobs(jobs) => commands::jobs::list::run(common, jobs),
        Command::Admin(admin) => commands::admin::run(common, &admin.verb),
        Command::Restore(restore) => commands::restore::run(common, restore),
        Command::Send(send) => commands::send::run(common, send),
        Command::Export(export) => commands::export::run(common, export),
        Command::Files(files) => commands::files::run(common, &files.verb),
        Command::Retrieve(retrieve) => commands::retrieve::run(common, retrieve),
        Command::Config(config) => commands::config::run(common, config),
        Command::AttachmentText => commands::attachment_text::run(),
        Command::Completions { shell } => commands::completions::run(*shell),
    }
}
