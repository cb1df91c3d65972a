//! `postern init`: a configuration to begin with.

mod questions;
mod text;

use std::fs::{OpenOptions, remove_file};
use std::io::{self, ErrorKind, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use postern_archive::export::file_name;
use postern_gateway::access::{LOCAL, Right};
use postern_gateway::config::{Config, NewKey, Overrides};
use postern_upstream::Secret;

use crate::args::{Common, Init};
use crate::exit::Exit;
use crate::{audit, clock, data, output, settings, terminal};

/// What the file is to say.
#[derive(Debug, Default)]
pub(super) struct Plan {
    listen: Option<String>,
    data: PathBuf,
    tenant: String,
    datatap: Option<(String, PathBuf)>,
    veeam: Option<Veeam>,
    cluster: Option<(Vec<String>, PathBuf)>,
    every: Option<String>,
    key: Option<String>,
}

#[derive(Debug)]
struct Veeam {
    url: String,
    user: String,
    password_file: PathBuf,
    organization: Option<String>,
    certificates: Option<PathBuf>,
}

/// Asks where there is somebody to ask, writes the file, and makes the first key.
pub(crate) fn run(common: &Common, arguments: &Init) -> anyhow::Result<Exit> {
    not_there(&arguments.file)?;
    let mut plan = told(common, arguments)?;
    let is_asked =
        !arguments.no_questions && io::stdin().is_terminal() && io::stderr().is_terminal();
    if is_asked {
        questions::ask(&mut plan, &mut io::stdin().lock(), &mut io::stderr())?;
    }
    let plan = plan.whole()?;
    let text = text::of(&plan);
    write(&arguments.file, &text)?;
    let made = make(&arguments.file, &plan);
    if made.is_err() {
        // What is not valid is not left behind.
        remove_file(&arguments.file).unwrap_or_default();
    }
    if let Some(key) = made? {
        output::line(key.expose())?;
    }
    next(common, &arguments.file, &plan);
    Ok(Exit::Done)
}

impl Plan {
    /// With paths that hold wherever a command starts, and a key to sync from DataTap with.
    fn whole(mut self) -> anyhow::Result<Self> {
        if self.datatap.is_some() {
            self.key.get_or_insert_with(|| "admin".to_owned());
        }
        let datatap = self.datatap.iter_mut().map(|(_, file)| file);
        let cluster = self.cluster.iter_mut().map(|(_, file)| file);
        let veeam = self.veeam.iter_mut();
        let veeam =
            veeam.flat_map(|one| [&mut one.password_file].into_iter().chain(&mut one.certificates));
        for file in datatap.chain(cluster).chain(veeam).chain([&mut self.data]) {
            *file = std::path::absolute(&*file)?;
        }
        Ok(self)
    }
}

fn not_there(file: &Path) -> anyhow::Result<()> {
    match file.symlink_metadata() {
        Ok(_) => bail!("`{}` is there, and is not written over", file.display()),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("`{}` cannot be made", file.display())),
    }
}

fn told(common: &Common, arguments: &Init) -> anyhow::Result<Plan> {
    let pair = |(first, file): (&String, &PathBuf)| (first.clone(), file.clone());
    let veeam = arguments.veeam.as_ref().zip(arguments.veeam_user.as_ref());
    let veeam = veeam.zip(arguments.veeam_password_file.as_ref());
    let veeam = veeam.map(|((url, user), password_file)| Veeam {
        url: url.clone(),
        user: user.clone(),
        password_file: password_file.clone(),
        organization: arguments.veeam_organization.clone(),
        certificates: arguments.veeam_certificates.clone(),
    });
    let cluster = arguments.cluster_key_file.clone();
    Ok(Plan {
        listen: arguments.listen.clone(),
        data: data::place(common)?,
        tenant: arguments.tenant.clone().unwrap_or_else(|| LOCAL.to_owned()),
        datatap: arguments.datatap.as_ref().zip(arguments.datatap_key_file.as_ref()).map(pair),
        veeam,
        cluster: cluster.map(|file| (arguments.cluster.clone(), file)),
        every: arguments.every.clone(),
        key: arguments.key.clone(),
    })
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let made = OpenOptions::new().write(true).create_new(true).open(path);
    let written =
        made.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
    written.with_context(|| format!("`{}` cannot be written", path.display()))
}

/// The first key, if one is wanted, of a file that is valid with it.
fn make(path: &Path, plan: &Plan) -> anyhow::Result<Option<Secret>> {
    let is_whole = check(path, plan)?;
    let Some(name) = &plan.key else { return Ok(None) };
    let file = is_whole.then_some(path);
    let config = Config::load(file, &settings::not_listening(), plan.data.clone())?;
    let new = NewKey {
        name: name.clone(),
        tenant: plan.tenant.clone(),
        rights: Right::ALL.to_vec(),
        upstream_key_file: plan.datatap.as_ref().map(|(_, file)| file.clone()),
        ..NewKey::default()
    };
    let mut is_made = false;
    let key = audit::around_key(&config, name, &plan.tenant, || {
        let key = config.make_key(&new, clock::now())?;
        is_made = true;
        Ok(key)
    });
    // Nobody is told a key whose end is not audited. One of before that has its name stays.
    if key.is_err() && is_made {
        drop(config.revoke_key(name));
    }
    key.map(Some)
}

/// Whether the file is valid; that is not known as long as a file with a secret is missing, such as one that only
/// the service is given. Where a key is going to be made, another one stands for it.
fn check(path: &Path, plan: &Plan) -> anyhow::Result<bool> {
    let told = plan.veeam.as_ref().map(|veeam| &veeam.password_file);
    if let Some(missing) = told.filter(|file| !file.exists()) {
        let missing = terminal::safe(&missing.display().to_string());
        output::note(format!(
            "`{missing}` is not there yet; try `postern config check` when it is"
        ));
        return Ok(false);
    }
    let key = plan.key.as_ref().map(|_| Secret::new("stands for one"));
    let tenant = key.as_ref().map(|_| plan.tenant.clone());
    let overrides = Overrides { tenant, key, ..Overrides::default() };
    Config::load(Some(path), &overrides, plan.data.clone())?;
    Ok(true)
}

/// What to type next.
fn next(common: &Common, file: &Path, plan: &Plan) {
    if common.quiet {
        return;
    }
    let file = terminal::safe(&file.display().to_string());
    output::note(format!("`{file}` is written"));
    if plan.key.is_some() {
        output::note("the key on standard output is shown this once, and has all rights");
    }
    let can_sync = plan.datatap.is_some() || plan.veeam.is_some();
    let bring = if can_sync { "sync" } else { "index FOLDER" };
    let cluster = plan.cluster.as_ref().map(|_| "cluster init");
    for command in cluster.into_iter().chain([bring, "serve"]) {
        output::note(format!("next: postern --config {file} {command}"));
    }
}

/// The name of a tenant's folder.
fn folder(tenant: &str) -> String {
    file_name(tenant)
}
