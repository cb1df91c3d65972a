//! Who may ask: keys, the tenants they belong to, the mailboxes they may see.
//!
//! Keys lie here as hashes only, and a key is compared with all of them in constant time. With no
//! key configured the gateway has one user, who sits at this machine.

use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use postern_actions::Verb;
use postern_archive::search::{Coverage, Scope};
use postern_upstream::Secret;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::remembered::Fingerprint;

/// What a key may do besides searching, reading, and keeping searches of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// Exports.
    Export,
    /// Reports, sets and holds.
    Evidence,
    /// Reading the record of who did what.
    Audit,
    /// Seeing how the whole gateway is.
    Operate,
}

impl Right {
    /// Each of them.
    pub const ALL: [Self; 4] = [Self::Export, Self::Evidence, Self::Audit, Self::Operate];

    /// Its name in a configuration.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Evidence => "evidence",
            Self::Audit => "audit",
            Self::Operate => "operate",
        }
    }

    /// The right of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|right| right.as_str() == name)
    }
}

/// A key that clients present.
#[derive(Clone)]
pub struct Key {
    /// What it is called in logs.
    pub name: String,
    /// SHA-256 of the key; the key itself is not kept.
    pub digest: [u8; 32],
    /// The tenant it belongs to.
    pub tenant: String,
    /// The key that is sent upstream; without it the client's own, of a key that sees all mailboxes.
    pub upstream: Option<Secret>,
    /// The file that this one was read from, if it was.
    pub upstream_file: Option<PathBuf>,
    /// The only mailboxes it may see; none is all.
    pub mailboxes: Vec<String>,
    /// What it may have done with what it finds.
    pub actions: Vec<Verb>,
    /// What else it may do.
    pub rights: Vec<Right>,
    /// When it was made here, if it was: premium does not know such a key.
    pub made: Option<Timestamp>,
}

impl Key {
    /// Whether premium does not know it.
    const fn is_ours(&self) -> bool {
        self.made.is_some() || !self.mailboxes.is_empty()
    }

    /// A key that is also the one sent upstream.
    #[must_use]
    pub fn same(tenant: &str, key: &str) -> Self {
        Self {
            name: "key".to_owned(),
            digest: Sha256::digest(key).into(),
            tenant: tenant.to_owned(),
            upstream: Some(Secret::new(key)),
            upstream_file: None,
            mailboxes: Vec::new(),
            actions: Vec::new(),
            rights: vec![Right::Export],
            made: None,
        }
    }

    /// What is sent upstream for this key. One that was made here, or opens some mailboxes, and is mapped to no
    /// other is our own: premium does not know it.
    pub(crate) fn sent_upstream(&self, presented: Option<&str>) -> Option<UpstreamKey> {
        let own = presented.filter(|_| !self.is_ours()).map(Secret::new);
        let secret = self.upstream.clone().or(own)?;
        let sent = Fingerprint::of(&[&self.tenant, secret.expose()]);
        Some(UpstreamKey { secret, sent, asker: Fingerprint::from_digest(self.digest) })
    }
}

/// A key that is sent upstream, and what is remembered of it goes by.
#[derive(Clone, Debug)]
pub struct UpstreamKey {
    secret: Secret,
    sent: Fingerprint,
    asker: Fingerprint,
}

impl UpstreamKey {
    /// What the one user of this machine presents; premium alone knows for which tenant.
    fn of_this_machine(presented: &str) -> Self {
        let sent = Fingerprint::of(&["", presented]);
        Self { secret: Secret::new(presented), sent, asker: Fingerprint::of(&[]) }
    }

    /// The key itself, to be sent and nothing else.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The key as premium knows it: several of ours may be mapped to one.
    pub(crate) const fn sent(&self) -> Fingerprint {
        self.sent
    }

    /// The key of ours that it is sent for: whoever presents it writes the requests.
    pub(crate) const fn asker(&self) -> Fingerprint {
        self.asker
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

/// A digest written as 64 hexadecimal digits.
pub(crate) fn digest(hex: &str) -> Option<[u8; 32]> {
    let mut out = [0; 32];
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, at) in out.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(hex.get(at..at + 2)?, 16).ok()?;
    }
    Some(out)
}

/// Which mailboxes may be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mailboxes {
    /// All of the tenant.
    All,
    /// These, with their exact spelling.
    Only(Vec<String>),
}

impl Mailboxes {
    /// The same for a local index, which shows nothing else.
    #[must_use]
    pub fn scope(&self) -> Scope {
        match self {
            Self::All => Scope::All,
            Self::Only(names) => Scope::Mailboxes(names.clone()),
        }
    }

    /// Whether a message of that mailbox may be seen.
    #[must_use]
    pub fn permits(&self, mailbox: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => mailbox.is_some_and(|name| names.iter().any(|own| own == name)),
        }
    }

    /// Whether there are mailboxes that may not be seen.
    #[must_use]
    pub const fn is_limited(&self) -> bool {
        matches!(self, Self::Only(_))
    }

    /// What may be told of a coverage.
    #[must_use]
    pub fn view(&self, coverage: Coverage) -> Coverage {
        match self {
            Self::All => coverage,
            Self::Only(_) => coverage.of(|name| self.permits(Some(name))),
        }
    }
}

/// Everyone who may ask.
#[derive(Clone, Debug, Default)]
pub struct Access {
    keys: Vec<Key>,
    /// Nobody may ask without a key, even where there is none.
    is_closed: bool,
}

/// Someone who may ask.
#[derive(Clone, Debug)]
pub struct Caller {
    /// What the key is called; nothing for the one user of this machine.
    pub name: String,
    /// The tenant; for the one user of this machine the one that the path names.
    pub tenant: Option<String>,
    /// The key for upstream, if there is any.
    pub upstream: Option<UpstreamKey>,
    /// What may be seen.
    pub mailboxes: Mailboxes,
    /// What may be done with what is found.
    pub actions: Vec<Verb>,
    /// What else may be done.
    pub rights: Vec<Right>,
    /// The key that was presented; none of the one user of this machine.
    pub(crate) key: Option<Fingerprint>,
}

/// The owner of what is kept where there are no keys, and of the command line.
pub const LOCAL: &str = "local";

impl Caller {
    /// Who owns what is kept for the caller: tenant and name of the key.
    pub(crate) fn owner(&self) -> String {
        match (&self.tenant, self.name.as_str()) {
            (_, "") => LOCAL.to_owned(),
            (tenant, name) => format!("{}/{name}", tenant.as_deref().unwrap_or_default()),
        }
    }
}

/// Why someone may not ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// No key, or one that is not known: 401.
    Key,
    /// The key belongs to another tenant: 404, as upstream hides it.
    Tenant,
    /// Premium refuses the key that it is mapped to: 401.
    Refused,
    /// The key asks too often: 429, and when to come back.
    TooOften(Duration),
}

impl Access {
    /// Access with these keys; with none it is for the one user of this machine.
    #[must_use]
    pub const fn new(keys: Vec<Key>) -> Self {
        Self { keys, is_closed: false }
    }

    /// The same with these keys in the place of those that were made here. Where keys were ever made, nobody
    /// may ask without one, though all be revoked.
    pub(crate) fn with_made(mut self, made: Option<Vec<Key>>) -> Self {
        self.keys.retain(|key| key.made.is_none());
        self.is_closed = made.is_some();
        self.keys.extend(made.unwrap_or_default());
        self
    }

    /// The same, for nobody without a key.
    pub(crate) const fn closed(mut self) -> Self {
        self.is_closed = true;
        self
    }

    /// Whether the key of a caller is still good.
    pub(crate) fn knows(&self, caller: &Caller) -> bool {
        let is_key = |known: Fingerprint| {
            self.keys.iter().any(|key| Fingerprint::from_digest(key.digest) == known)
        };
        caller.key.map_or_else(|| self.is_open(), is_key)
    }

    /// The keys, without what they are.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// Whether no key is asked for.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.keys.is_empty() && !self.is_closed
    }

    /// Whether premium is asked on behalf of at most one key.
    pub(crate) fn has_one_asker(&self) -> bool {
        let asks = |key: &&Key| !key.is_ours() || key.upstream.is_some();
        self.keys.iter().filter(asks).count() <= 1
    }

    /// Who presents `presented`, for `tenant` where the path names one.
    ///
    /// Every key is compared, each in constant time, so that timing tells nothing.
    ///
    /// # Errors
    ///
    /// When the key is missing, not known, or of another tenant.
    ///
    /// ```
    /// use postern_gateway::access::{Access, Denied, Key};
    ///
    /// let access = Access::new(vec![Key::same("t1", "one")]);
    /// assert!(access.caller(Some("one"), Some("t1")).is_ok());
    /// assert_eq!(access.caller(Some("one"), Some("t2")).unwrap_err(), Denied::Tenant);
    /// assert_eq!(access.caller(Some("two"), Some("t1")).unwrap_err(), Denied::Key);
    /// ```
    pub fn caller(&self, presented: Option<&str>, tenant: Option<&str>) -> Result<Caller, Denied> {
        if self.is_open() {
            return Ok(Caller {
                name: String::new(),
                tenant: tenant.map(str::to_owned),
                upstream: presented.map(UpstreamKey::of_this_machine),
                mailboxes: Mailboxes::All,
                actions: Verb::ALL.to_vec(),
                rights: Right::ALL.to_vec(),
                key: None,
            });
        }
        let key = presented.and_then(|presented| self.find(presented)).ok_or(Denied::Key)?;
        if tenant.is_some_and(|tenant| tenant != key.tenant) {
            return Err(Denied::Tenant);
        }
        Ok(Caller {
            name: key.name.clone(),
            tenant: Some(key.tenant.clone()),
            upstream: key.sent_upstream(presented),
            mailboxes: match key.mailboxes.as_slice() {
                [] => Mailboxes::All,
                some => Mailboxes::Only(some.to_vec()),
            },
            actions: key.actions.clone(),
            rights: key.rights.clone(),
            key: Some(Fingerprint::from_digest(key.digest)),
        })
    }

    fn find(&self, presented: &str) -> Option<&Key> {
        let digest: [u8; 32] = Sha256::digest(presented).into();
        let mut found = None;
        for key in &self.keys {
            if bool::from(key.digest.ct_eq(&digest)) {
                found = Some(key);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept by the name of a caller is kept for one.
    #[test]
    fn without_configured_keys_everybody_has_one_name() {
        let open = Access::default();
        for presented in [None, Some("a"), Some("b")] {
            let caller = open.caller(presented, Some("t1")).unwrap();
            assert_eq!(
                (caller.name.as_str(), caller.upstream.is_some()),
                ("", presented.is_some())
            );
        }
    }

    #[test]
    fn what_is_sent_upstream_for_a_key() {
        let (alice, made) = (|| vec!["alice".to_owned()], Some(Timestamp::UNIX_EPOCH));
        let table = [
            // the key it is mapped to, its mailboxes, when it was made here, what is sent
            (Some("inner"), vec![], None, Some("inner")),
            (Some("inner"), alice(), None, Some("inner")),
            (Some("inner"), vec![], made, Some("inner")),
            (None, vec![], None, Some("outer")),
            (None, alice(), None, None),
            (None, vec![], made, None),
        ];
        for (mapped, mailboxes, made, expected) in table {
            let upstream = mapped.map(Secret::new);
            let key = Key { upstream, mailboxes, made, ..Key::same("t1", "outer") };
            let caller = Access::new(vec![key]).caller(Some("outer"), None).unwrap();
            let sent = caller.upstream.as_ref().map(|key| key.secret().expose());
            assert_eq!(sent, expected, "{mapped:?} {:?}", caller.mailboxes);
        }
    }

    /// Keys that are mapped to one stand and fall together, but not with those of another tenant.
    #[test]
    fn keys_are_remembered_as_they_are_sent() {
        let sent = |tenant, outer| {
            let upstream = Some(Secret::new("inner"));
            Key { upstream, ..Key::same(tenant, outer) }.sent_upstream(None).unwrap()
        };
        let (one, twin, foreign) = (sent("t1", "a"), sent("t1", "b"), sent("t2", "c"));
        assert!(one.sent() == twin.sent() && one.sent() != foreign.sent());
        assert!(one.asker() != twin.asker());
    }
}
