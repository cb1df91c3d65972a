//! The DataTap service as the flags or the configuration name it.

use anyhow::{Context as _, anyhow, bail};
use postern_gateway::config::{Config, Overrides, ToSync};
use postern_upstream::{AdminKey, Failure, Secret, Tenant};

use crate::args::{Common, Service};
use crate::{key, output, settings};

/// Why nobody can be asked.
pub(crate) const NO_SERVICE: &str = "no service is named; give its address with --premium URL, or as `url` under [premium] in --config FILE";

/// A client of the tenant that is meant.
pub(crate) fn connect(common: &Common, service: &Service) -> anyhow::Result<Tenant> {
    Ok(open(common, service)?.1)
}

/// The same, and where the tenant's data lies.
pub(crate) fn open(common: &Common, service: &Service) -> anyhow::Result<(ToSync, Tenant)> {
    let overrides = overrides(common, service)?;
    let is_operator = |key: &Secret| AdminKey::new(key.expose()).is_some();
    if overrides.key.as_ref().is_some_and(is_operator) && !common.quiet {
        output::note(
            "the key looks like one of the operator (keyId:secret); one of the tenant is enough",
        );
    }
    let config = settings::load(common, &overrides)?;
    reach(&config, service.tenant.as_deref())
}

/// The collected mail of that tenant, or of the only one there is, and a client for it.
pub(crate) fn reach(config: &Config, tenant: Option<&str>) -> anyhow::Result<(ToSync, Tenant)> {
    if config.premium.is_none() {
        bail!(NO_SERVICE);
    }
    let mut all = config.to_sync();
    all.retain(|one| tenant.is_none_or(|tenant| one.tenant == tenant));
    let collection = match (all.pop(), all.is_empty()) {
        (Some(one), true) => one,
        (Some(_), false) => bail!("there are several tenants; say which with --tenant ID"),
        (None, _) => bail!(
            "no key is known to ask with; give --tenant ID and --key-file FILE (or POSTERN_KEY), or \
             `upstream_key` in --config FILE"
        ),
    };
    let client = config.client(&collection)?.context(NO_SERVICE)?;
    Ok((collection, client))
}

/// What the flags put over the configuration. Without a key, the tenant is one of those in the file.
///
/// # Errors
///
/// When the key cannot be read.
pub(crate) fn overrides(common: &Common, service: &Service) -> anyhow::Result<Overrides> {
    let key = key::read(common, &service.key)?;
    let tenant = service.tenant.clone().filter(|_| key.is_some());
    let premium = service.premium.clone();
    Ok(Overrides { premium, tenant, key, ..Overrides::default() })
}

/// What could not be asked, why, and what to check.
pub(crate) fn cannot(what: &str, failure: &Failure) -> anyhow::Error {
    let hint = match failure {
        Failure::BadKey => "; check the key",
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
