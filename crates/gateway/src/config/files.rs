//! The files that a configuration names.

use std::path::Path;

use super::{Config, VeeamTrust};

impl Config {
    /// The files with secrets: nobody else should read them.
    #[must_use]
    pub fn secret_files(&self) -> Vec<&Path> {
        let cluster = self.cluster.as_ref().and_then(|cluster| cluster.api_key_file.as_deref());
        let webhook = self.webhook.as_ref().and_then(|webhook| webhook.secret_file.as_deref());
        let audit = self.audit.key_file.as_deref();
        let tls = self.tls.as_ref().map(|tls| tls.key.as_path());
        let servers = self.tenants.iter().filter_map(|tenant| tenant.veeam.as_ref());
        let of_veeam = servers.flat_map(|server| {
            server.password_file.as_deref().into_iter().chain(server.restore.files())
        });
        let of_keys = self.access.keys().iter().filter_map(|key| key.upstream_file.as_deref());
        let others = [cluster, webhook, audit, tls].into_iter().flatten();
        others.chain(of_veeam).chain(of_keys).collect()
    }

    /// The files with certificates that are trusted, and the one that is shown.
    #[must_use]
    pub fn certificate_files(&self) -> Vec<&Path> {
        let premium = self.premium.as_ref().and_then(|premium| premium.certificates.as_deref());
        let cluster = self.cluster.as_ref().and_then(|cluster| cluster.certificates.as_deref());
        let webhook = self.webhook.as_ref().and_then(|webhook| webhook.certificates.as_deref());
        let servers = self.tenants.iter().filter_map(|tenant| tenant.veeam.as_ref());
        let of_veeam = servers.filter_map(|server| match &server.trust {
            VeeamTrust::Certificates(file) => Some(file.as_path()),
            VeeamTrust::System | VeeamTrust::Sha256(_) => None,
        });
        let own = self.tls.as_ref().map(|tls| tls.certificate.as_path());
        [premium, cluster, webhook, own].into_iter().flatten().chain(of_veeam).collect()
    }
}
