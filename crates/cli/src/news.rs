//! New hits of saved searches, around a run that takes mail in.

use std::path::Path;
use std::sync::Arc;

use postern_archive::Archive;
use postern_gateway::config::{Overrides, To};
use postern_gateway::watch::{Hook, LOCAL, News, Watcher};
use postern_gateway::{LocalEngine, Viewpoint, in_cluster};

use crate::args::Common;
use crate::{clock, cluster, output, settings, terminal};

/// The saved searches of a data folder, and who is told of what is new in them.
pub(crate) struct Watched {
    archive: Archive,
    viewpoint: Viewpoint,
    hook: Option<Hook>,
    /// Whose data that is; nothing where no configuration says so.
    tenant: String,
    /// What is searched where mail goes into a cluster alone.
    elsewhere: Option<Arc<dyn LocalEngine>>,
    quiet: bool,
}

impl Watched {
    /// Those of that folder, as far as the configuration says something of them. `to` is where mail goes, and
    /// `whose` the tenant, where the command says so.
    ///
    /// # Errors
    ///
    /// When there is a configuration and it is not valid.
    pub(crate) fn of(
        common: &Common,
        data: &Path,
        to: Option<To>,
        whose: Option<&str>,
    ) -> anyhow::Result<Self> {
        let (archive, quiet) = (Archive::below(data), common.quiet);
        if common.config.is_none() {
            let (viewpoint, tenant) = (Viewpoint::default(), String::new());
            return Ok(Self { archive, viewpoint, hook: None, tenant, elsewhere: None, quiet });
        }
        let config = settings::load(common, &Overrides::default())?;
        let tenant = config.tenants.iter().find(|tenant| tenant.data == data);
        let tenant = tenant.map(|tenant| tenant.id.clone());
        let elsewhere = match to.unwrap_or(config.index_to) {
            To::Cluster => in_cluster(&config, whose.or(tenant.as_deref())).ok(),
            To::Local | To::Both => None,
        };
        let (hook, tenant) = (config.hook()?, tenant.unwrap_or_default());
        Ok(Self { archive, hook, viewpoint: config.viewpoint, tenant, elsewhere, quiet })
    }

    pub(crate) const fn archive(&self) -> &Archive {
        &self.archive
    }

    pub(crate) fn watcher(&self) -> Watcher<'_> {
        Watcher::new(&self.archive, &self.viewpoint).over(self.elsewhere.clone())
    }

    /// Before mail is taken in.
    pub(crate) fn before(&self, is_rebuilt: bool) {
        if let Some(hook) = &self.hook
            && let Err(error) = hook.meet(&self.archive.saved())
        {
            output::note(error);
        }
        let news = cluster::waiting(|| self.watcher().before(clock::now(), is_rebuilt));
        self.say(&news);
    }

    /// After mail was taken in, all of it or a part.
    pub(crate) fn after(&self, is_whole: bool) {
        let news = cluster::waiting(|| self.watcher().after(clock::now(), is_whole));
        self.say(&news);
        self.tell();
    }

    /// Says what is new for whoever works here, and what cannot be looked for.
    fn say(&self, news: &[News]) {
        for News { owner, name, new } in news {
            let name = terminal::safe(name);
            match new {
                Ok(new) if owner == LOCAL && !self.quiet => {
                    output::note(format!("new in `{name}`: {}", new.len()));
                }
                Ok(_) => {}
                Err(error) => {
                    let error = terminal::safe(error);
                    output::note(format!("the search `{name}` cannot be looked for: {error}"));
                }
            }
        }
    }

    /// Tells the webhook all that it has not taken yet. What it does not take now is told by the next run.
    fn tell(&self) {
        let Some(hook) = &self.hook else { return };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let told = runtime.map(|runtime| {
            runtime.block_on(hook.tell(&self.archive.saved(), &self.tenant, clock::now))
        });
        match told {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => output::note(error),
            Err(error) => output::note(format!("the webhook cannot be told: {error}")),
        }
    }
}
