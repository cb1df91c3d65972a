//! What no single value of a configuration can say.

use std::collections::BTreeSet;

use super::{Config, ConfigError, EngineName, Premium, Tenant, invalid};

impl Config {
    /// Checks that the values go together.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, and what to write instead.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.check_listen()?;
        self.check_keys()?;
        self.check_tenants()?;
        self.check_origins()?;
        self.check_cluster()?;
        self.check_engines()?;
        self.premium.as_ref().map_or(Ok(()), Premium::check)
    }

    /// An engine that was named has to be told where it is. By default those stand in the order that were.
    fn check_engines(&self) -> Result<(), ConfigError> {
        let common = self.engines.as_deref().unwrap_or_default();
        self.check_named(common, None)?;
        self.tenants.iter().try_for_each(|tenant| {
            self.check_named(tenant.engines.as_deref().unwrap_or_default(), Some(tenant))
        })
    }

    fn check_named(&self, named: &[EngineName], of: Option<&Tenant>) -> Result<(), ConfigError> {
        let has_veeam = |tenant: &Tenant| tenant.veeam.is_some();
        let missing = named.iter().find_map(|name| match name {
            EngineName::Premium => self.premium.is_none().then_some("premium"),
            EngineName::Veeam => {
                let is_told = of.map_or_else(|| self.tenants.iter().any(has_veeam), has_veeam);
                (!is_told).then_some("tenants.veeam")
            }
            EngineName::Cluster => self.cluster.is_none().then_some("cluster"),
            EngineName::Local => None,
        });
        match missing {
            Some(table) => {
                let name = table.rsplit('.').next().unwrap_or(table);
                invalid(format!("`engines` names {name}, and there is no [{table}]; add it"))
            }
            None => Ok(()),
        }
    }

    /// Without a key it is for this machine's one user, so nobody else may reach it.
    fn check_listen(&self) -> Result<(), ConfigError> {
        if self.access.is_open() && !self.listen.ip().is_loopback() {
            return invalid(format!(
                "without a key only this machine may ask, so {} cannot be listened on; give \
                 --tenant and --key-file, make one with `postern key new`, or listen on 127.0.0.1",
                self.listen
            ));
        }
        Ok(())
    }

    fn check_keys(&self) -> Result<(), ConfigError> {
        let keys = self.access.keys();
        for (at, key) in keys.iter().enumerate() {
            let name = &key.name;
            if key.tenant.is_empty() {
                return invalid(format!("the key `{name}` opens no tenant; write its id"));
            }
            if let Some(twin) = keys.iter().take(at).find(|other| other.digest == key.digest) {
                let other = &twin.name;
                return invalid(format!(
                    "the keys `{other}` and `{name}` are the same; remove one"
                ));
            }
            if let Some(twin) = keys.iter().take(at).find(|other| other.name == key.name) {
                let name = &twin.name;
                return invalid(format!("two keys are called `{name}`; give each its own name"));
            }
        }
        Ok(())
    }

    fn check_origins(&self) -> Result<(), ConfigError> {
        let is_origin = |text: &&String| {
            let host = text.strip_prefix("https://").or(text.strip_prefix("http://"));
            host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ']))
        };
        match self.origins.iter().position(|text| !is_origin(&text)) {
            Some(at) => invalid(format!(
                "number {} of `origins` is no origin; write one such as https://mail.example, \
                 without a path",
                at + 1
            )),
            None => Ok(()),
        }
    }

    /// An index knows no tenants, so two tenants never share one.
    fn check_tenants(&self) -> Result<(), ConfigError> {
        let keys = self.access.keys().iter();
        let named: BTreeSet<_> = keys.map(|key| key.tenant.as_str()).collect();
        let placed: BTreeSet<_> = self.tenants.iter().map(|tenant| tenant.id.as_str()).collect();
        let folders: BTreeSet<_> = self.tenants.iter().map(|tenant| &tenant.data).collect();
        if placed.len() != self.tenants.len() || folders.len() != self.tenants.len() {
            return invalid("two [[tenants]] have the same id or folder; give each its own");
        }
        match named.difference(&placed).next() {
            Some(tenant) if named.len() > 1 => invalid(format!(
                "with more than one tenant each has its own index; add [[tenants]] with \
                 id = \"{tenant}\" and data = \"FOLDER\""
            )),
            _ => Ok(()),
        }
    }
}
