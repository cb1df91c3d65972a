//! The DataTap service as the flags or the configuration name it.

use anyhow::{Context as _, anyhow, bail};
use postern_gateway::config::{Config, Overrides};
use postern_upstream::{AdminKey, DataTap, Failure, Secret, Tenant, TenantSettings};

use crate::args::{Common, Service};
use crate::{data, output};

/// A client of the tenant that is meant.
pub(crate) fn connect(common: &Common, service: &Service) -> anyhow::Result<Tenant> {
    let config =
        Config::load(common.config.as_deref(), &overrides(service), data::folder(common)?)?;
    let premium = config.premium.as_ref().context(
        "no service is named; give its address with --premium URL, or as `url` under [premium] in --config FILE",
    )?;
    let (tenant, key) = own(service).map_or_else(|| configured(&config), Ok)?;
    if !common.quiet && AdminKey::new(key.expose()).is_some() {
        output::note(
            "the key looks like one of the operator (keyId:secret); one of the tenant is enough",
        );
    }
    let service = DataTap::new(&premium.url, premium.client()?)?;
    Ok(service.tenant(&tenant, key, TenantSettings::default()))
}

/// What the flags put over the configuration.
pub(crate) fn overrides(service: &Service) -> Overrides {
    Overrides {
        premium: service.premium.clone(),
        tenant: service.tenant.clone(),
        key: service.key.clone(),
        ..Overrides::default()
    }
}

fn own(service: &Service) -> Option<(String, Secret)> {
    Some((service.tenant.clone()?, Secret::new(service.key.as_ref()?)))
}

/// The only tenant of the configuration whose key is written there.
fn configured(config: &Config) -> anyhow::Result<(String, Secret)> {
    let keys = config.access.keys().iter();
    let known = keys.filter_map(|key| Some((key.tenant.as_str(), key.upstream.as_ref()?)));
    let mut known: Vec<_> = known.collect();
    known.sort_by_key(|(tenant, _)| *tenant);
    known.dedup_by_key(|(tenant, _)| *tenant);
    match known.as_slice() {
        [(tenant, key)] => Ok(((*tenant).to_owned(), (*key).clone())),
        [] => bail!(
            "no key is told; give --tenant ID and --key KEY (or POSTERN_KEY), or `upstream_key` in --config FILE"
        ),
        _ => {
            bail!("the configuration has several tenants; say which with --tenant ID and --key KEY")
        }
    }
}

/// What could not be asked, why, and what to check.
pub(crate) fn cannot(what: &str, failure: &Failure) -> anyhow::Error {
    let hint = match failure {
        Failure::BadKey => "; check --key",
        Failure::NotFound => "; check --tenant: what belongs to another tenant looks like this too",
        Failure::Busy { .. } => "; run it again later",
        Failure::Failed(_) => "; check --premium and whether the service is up",
        Failure::Refused { .. } => "",
    };
    anyhow!("cannot {what}: {failure}{hint}")
}

/// The same for what was ordered: when it may have been done, it must not be tried again without
/// a look.
pub(crate) fn cannot_order(what: &str, failure: &Failure) -> anyhow::Error {
    let is_answered = failure.status().is_some_and(|status| status < 500);
    if is_answered || failure.is_surely_undone() {
        return cannot(what, failure);
    }
    anyhow!(
        "cannot say whether it was possible to {what}: {failure}; look at the service before you try again"
    )
}
