//! What only the operator of the service may do, with a key of the operator.

use jiff::Timestamp;
use serde_json::json;

use crate::session::Session;
use crate::tenant::{record, timestamp};
use crate::{Answer, DataTap, Failure, Secret, TenantSettings};

/// A key of the operator, `keyId:secret`: another type than that of a tenant's key, so that neither
/// is sent where the other belongs.
///
/// ```
/// use postern_upstream::AdminKey;
///
/// assert!(AdminKey::new("k1:s3cret").is_some());
/// assert!(AdminKey::new("a-tenant-key").is_none());
/// assert_eq!(format!("{:?}", AdminKey::new("k1:s3cret")), "Some(AdminKey(***))");
/// ```
#[derive(Clone, Debug)]
pub struct AdminKey(Secret);

impl AdminKey {
    /// Takes a key of the form `keyId:secret`; `None` for any other text.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let (id, secret) = text.split_once(':')?;
        (!id.is_empty() && !secret.is_empty()).then(|| Self(Secret::new(text)))
    }
}

/// A client of the operator.
///
/// ```no_run
/// # async fn example(service: &postern_upstream::DataTap) -> Result<(), postern_upstream::Failure> {
/// use postern_upstream::AdminKey;
///
/// let Some(key) = AdminKey::new("k1:s3cret") else { return Ok(()) };
/// let issued = service.admin(key).issue_key("tenant-id").await?;
/// # Ok(()) }
/// ```
///
/// A tenant's client has none of this:
///
/// ```compile_fail,E0599
/// # async fn example(tenant: &postern_upstream::Tenant) {
/// let issued = tenant.issue_key("tenant-id").await;
/// # }
/// ```
///
/// ```compile_fail,E0599
/// # async fn example(tenant: &postern_upstream::Tenant) {
/// let url = tenant.consent_url().await;
/// # }
/// ```
///
/// and a tenant's key makes no operator:
///
/// ```compile_fail,E0308
/// # fn example(service: &postern_upstream::DataTap, key: postern_upstream::Secret) {
/// let admin = service.admin(key);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Admin {
    session: Session,
}

/// A key that was made for a tenant.
#[derive(Clone, Debug)]
pub struct IssuedKey {
    /// The key.
    pub key: Secret,
    /// Until when it is good.
    pub expires: Option<Timestamp>,
}

/// A build of the service that tenants are put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rollout<'a> {
    /// The tenants.
    pub tenants: &'a [&'a str],
    /// The tag of the build, such as `v2.2.0`.
    pub tag: &'a str,
    /// Its digest, such as `sha256:…`.
    pub digest: &'a str,
}

impl DataTap {
    /// A client of the operator.
    #[must_use]
    pub fn admin(&self, key: AdminKey) -> Admin {
        Admin { session: Session::new(self.clone(), key.0, TenantSettings::default()) }
    }
}

impl Admin {
    /// Makes a key for one tenant. It is ordered again only where it surely was not made.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub async fn issue_key(&self, tenant: &str) -> Result<IssuedKey, Failure> {
        let body = json!({"scope": "Tenant", "tenantId": tenant});
        self.session
            .post("/api/authentication/generateApiKey".to_owned(), Some(&body), issued)
            .await
    }

    /// Where the administrator of a Microsoft 365 tenant gives consent.
    ///
    /// # Errors
    ///
    /// Why there is no answer, after all retries.
    pub async fn consent_url(&self) -> Result<String, Failure> {
        let read = |answer: &Answer| record(answer)?.word("consenturl");
        let time = self.session.settings.answer_time;
        self.session.get("/api/auth/consent-url".to_owned(), time, read).await
    }

    /// Puts tenants on a build.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub async fn roll_out(&self, rollout: Rollout<'_>) -> Result<(), Failure> {
        let version = json!({"tag": rollout.tag, "digest": rollout.digest});
        let body = json!({"tenantIds": rollout.tenants, "newContainerVersion": version});
        self.session.post("/api/config/tenants".to_owned(), Some(&body), |_| Some(())).await
    }
}

fn issued(answer: &Answer) -> Option<IssuedKey> {
    let record = record(answer)?;
    let expires = record.text("expirationdate").and_then(timestamp);
    Some(IssuedKey { key: Secret::new(record.word("apikey")?), expires })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::Settings;
    use crate::fake::{Fake, Misbehaviour};

    async fn start() -> (Fake, Admin) {
        let fake = Fake::start().await.unwrap();
        fake.demand_key("k1:s3cret");
        let service = DataTap::new(&fake.url(), Settings::default()).unwrap();
        let admin = service.admin(AdminKey::new("k1:s3cret").unwrap());
        (fake, admin)
    }

    #[tokio::test]
    async fn issues_keys_that_are_not_printed() {
        let (fake, admin) = start().await;
        fake.answer(r#"{"ApiKey":"t3nant","ExpirationDate":"2030-01-02T03:04:05"}"#);
        let issued = admin.issue_key("t1").await.unwrap();
        assert_eq!(issued.key.expose(), "t3nant");
        assert_eq!(issued.expires, Some("2030-01-02T03:04:05Z".parse().unwrap()));
        let seen = fake.seen().remove(0);
        assert_eq!(seen.target, "/api/authentication/generateApiKey");
        let sent: Value = serde_json::from_slice(&seen.body).unwrap();
        assert_eq!(sent, json!({"scope": "Tenant", "tenantId": "t1"}));
        let printed = format!("{admin:?} {issued:?}");
        assert!(!printed.contains("s3cret") && !printed.contains("t3nant"), "{printed}");
    }

    #[tokio::test]
    async fn asks_for_consent() {
        let (fake, admin) = start().await;
        fake.answer(r#"{"ConsentUrl":"https://login.example/consent"}"#);
        assert_eq!(admin.consent_url().await.unwrap(), "https://login.example/consent");
        assert_eq!(fake.seen()[0].target, "/api/auth/consent-url");
        fake.misbehave(Misbehaviour::Status(404));
        assert_eq!(admin.consent_url().await, Err(Failure::NotFound));
    }

    #[tokio::test]
    async fn rolls_out() {
        let (fake, admin) = start().await;
        fake.answer("");
        let rollout = Rollout { tenants: &["t1", "t2"], tag: "v2.2.0", digest: "sha256:aa" };
        admin.roll_out(rollout).await.unwrap();
        let seen = fake.seen().remove(0);
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/api/config/tenants"));
        let sent: Value = serde_json::from_slice(&seen.body).unwrap();
        let version = json!({"tag": "v2.2.0", "digest": "sha256:aa"});
        assert_eq!(sent, json!({"tenantIds": ["t1", "t2"], "newContainerVersion": version}));
    }
}
