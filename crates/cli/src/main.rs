//! `postern`: index mail, search it, translate queries, serve the gateway, run jobs at the service.

mod args;
mod audit;
mod clock;
mod cluster;
mod commands;
mod data;
mod exit;
mod hint;
mod interrupt;
mod key;
mod logs;
mod news;
mod noted;
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
    let Arguments { common, command } = &arguments;
    let outcome = audit::around(common, command, || run(&arguments));
    exit::finish(outcome).into()
}

fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let common = &arguments.common;
    match &arguments.command {
        Command::Index(index) => commands::index::run(common, index),
        Command::Search(search) => commands::search::run(common, search),
        Command::Count(count) => commands::count::run(common, count),
        Command::Report(report) => commands::report::run(common, report),
        Command::Set(set) => commands::set::run(common, set),
        Command::Translate(translate) => commands::translate::run(common, translate),
        Command::Show(show) => commands::show::run(common, show),
        Command::Status(status) => commands::status::run(common, status),
        Command::Doctor(doctor) => commands::doctor::run(common, doctor),
        Command::Check(check) => commands::check::run(common, check),
        Command::Sync(sync) => commands::sync::run(common, sync),
        Command::Sources(sources) => commands::sources::run(common, sources),
        Command::Watch(watch) => commands::watch::run(common, &watch.verb),
        Command::Serve(serve) => commands::serve::run(common, serve),
        Command::Mcp => commands::mcp::run(common),
        Command::Collect(collect) => commands::collect::run(common, collect),
        Command::Jobs(jobs) => commands::jobs::list::run(common, jobs),
        Command::Admin(admin) => commands::admin::run(common, &admin.verb),
        Command::Restore(restore) => commands::restore::run(common, restore),
        Command::Send(send) => commands::send::run(common, send),
        Command::Export(export) => commands::export::run(common, export),
        Command::Files(files) => commands::files::run(common, &files.verb),
        Command::Retrieve(retrieve) => commands::retrieve::run(common, retrieve),
        Command::Cluster(cluster) => commands::cluster::run(common, &cluster.verb),
        Command::Init(init) => commands::init::run(common, init),
        Command::Key(key) => commands::key::run(common, &key.verb),
        Command::Backup(backup) => commands::backup::run(common, &backup.verb),
        Command::Audit(audit) => commands::audit::run(common, audit),
        Command::Healthcheck(healthcheck) => commands::healthcheck::run(common, healthcheck),
        Command::Config(config) => commands::config::run(common, config),
        Command::AttachmentText => commands::attachment_text::run(),
        Command::Man { folder } => commands::man::run(folder),
        Command::Completions { shell } => commands::completions::run(*shell),
    }
}
