//! Who may ask: keys, the tenants they belong to, the mailboxes they may see.

use postern_upstream::Secret;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// A key that clients present.
#[derive(Clone)]
pub struct Key {
    /// What it is called in logs.
    pub name: String,
    /// SHA-256 of the key; the key itself is not kept.
    pub digest: [u8; 32],
    /// The tenant it belongs to.
    pub tenant: String,
    /// The key that is sent upstream instead; nothing sends the client's own.
    pub upstream: Option<Secret>,
    /// The only mailboxes it may see; none is all.
    pub mailboxes: Vec<String>,
}

impl Key {
    /// A key that is also the one sent upstream.
    #[must_use]
    pub fn same(tenant: &str, key: &str) -> Self {
        Self {
            name: "key".to_owned(),
            digest: Sha256::digest(key).into(),
            tenant: tenant.to_owned(),
            upstream: Some(Secret::new(key)),
            mailboxes: Vec::new(),
        }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key")
            .field("name", &self.name)
            .field("tenant", &self.tenant)
            .finish_non_exhaustive()
    }
}

/// Everyone who may ask.
#[derive(Clone, Debug, Default)]
pub struct Access {
    keys: Vec<Key>,
}

/// Someone who may ask.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant; nothing for the one user of this machine.
    pub tenant: Option<String>,
    /// The key for upstream, if there is any.
    pub upstream: Option<Secret>,
    /// The only mailboxes that may be seen; none is all.
    pub mailboxes: Vec<String>,
}

/// Why someone may not ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No key, or one that is not known: 401.
    Key,
    /// The key belongs to another tenant: 404, as upstream hides it.
    Tenant,
}

impl Access {
    /// Access with these keys; with none it is for the one user of this machine.
    #[must_use]
    pub const fn new(keys: Vec<Key>) -> Self {
        Self { keys }
    }

    /// The keys, without what they are.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Whether no key is asked for.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.keys.is_empty()
    }

    /// Who presents `presented`, for `tenant` where the path names one.
    ///
    /// Every key is compared, each in constant time, so that timing tells nothing.
    ///
    /// # Errors
    ///
    /// When the key is missing, not known, or of another tenant.
    pub fn caller(&self, presented: Option<&str>, tenant: Option<&str>) -> Result<Caller, Denied> {
        if self.is_open() {
            let upstream = presented.map(Secret::new);
            return Ok(Caller {
                tenant: tenant.map(str::to_owned),
                upstream,
                mailboxes: Vec::new(),
            });
        }
        let presented = presented.ok_or(Denied::Key)?;
        let digest: [u8; 32] = Sha256::digest(presented).into();
        let mut found = None;
        for key in &self.keys {
            if bool::from(key.digest.ct_eq(&digest)) {
                found = Some(key);
            }
        }
        let key = found.ok_or(Denied::Key)?;
        if tenant.is_some_and(|tenant| tenant != key.tenant) {
            return Err(Denied::Tenant);
        }
        Ok(Caller {
            tenant: Some(key.tenant.clone()),
            upstream: key.upstream.clone().or_else(|| Some(Secret::new(presented))),
            mailboxes: key.mailboxes.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_tenants() {
        let access = Access::new(vec![Key::same("t1", "one"), Key::same("t2", "two")]);
        let tenant = |key, tenant| access.caller(key, tenant).map(|caller| caller.tenant.unwrap());
        assert_eq!(tenant(Some("one"), Some("t1")), Ok("t1".to_owned()));
        assert_eq!(tenant(Some("two"), None), Ok("t2".to_owned()));
        assert_eq!(tenant(Some("one"), Some("t2")), Err(Denied::Tenant));
        assert_eq!(tenant(Some("other"), Some("t1")), Err(Denied::Key));
        assert_eq!(tenant(Some(""), Some("t1")), Err(Denied::Key));
        assert_eq!(tenant(None, Some("t1")), Err(Denied::Key));
        assert!(
            Access::default().caller(None, Some("any")).is_ok(),
            "the one user of this machine"
        );
        assert!(!format!("{access:?}").contains("one"));
    }
}
