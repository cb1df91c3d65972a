//! One thing that is wrong.

/// What somebody looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// The configuration, and what runs beside it.
    Configuration,
    /// Space on the disk of the data folder.
    Disk,
    /// The index.
    Index,
    /// The books of what was synced, and what people keep: searches and sets.
    Books,
    /// The audit log.
    Audit,
    /// How the runs of sync went.
    Sync,
    /// The services that are asked.
    Upstreams,
    /// What time it is, here and elsewhere.
    Clocks,
    /// Certificates that end.
    Certificates,
    /// Who may read and write what.
    Permissions,
}

impl About {
    /// All there are, in the order in which they are told.
    pub const ALL: [Self; 10] = [
        Self::Configuration,
        Self::Disk,
        Self::Index,
        Self::Books,
        Self::Audit,
        Self::Sync,
        Self::Upstreams,
        Self::Clocks,
        Self::Certificates,
        Self::Permissions,
    ];

    /// The name as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::Disk => "disk",
            Self::Index => "index",
            Self::Books => "books",
            Self::Audit => "audit",
            Self::Sync => "sync",
            Self::Upstreams => "upstreams",
            Self::Clocks => "clocks",
            Self::Certificates => "certificates",
            Self::Permissions => "permissions",
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something does not work, or is open to others.
    Fault,
    /// Everything works, and something is better done soon.
    Advice,
}

impl Severity {
    /// The name as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::Advice => "advice",
        }
    }
}

/// Something that is wrong. Its text may have words of a service in it, and never a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What it is about.
    pub about: About,
    /// How bad it is.
    pub severity: Severity,
    /// The tenant whose data it is about, where there are several.
    pub tenant: Option<String>,
    /// What is wrong.
    pub what: String,
    /// What to do: where one helps, a command to type.
    pub remedy: String,
}

impl Finding {
    /// Something that does not work.
    pub fn fault(about: About, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        let (what, remedy) = (what.into(), remedy.into());
        Self { about, severity: Severity::Fault, tenant: None, what, remedy }
    }

    /// Something to do soon.
    pub fn advice(about: About, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { severity: Severity::Advice, ..Self::fault(about, what, remedy) }
    }

    /// A fault whose text says behind a semicolon what to do; where it does not, this does.
    ///
    /// ```
    /// use postern_gateway::doctor::{About, Finding};
    ///
    /// let told = Finding::told(About::Index, "it is old; make it anew", "postern check");
    /// assert_eq!((told.what.as_str(), told.remedy.as_str()), ("it is old", "make it anew"));
    /// let told = Finding::told(About::Index, "it is old", "postern check");
    /// assert_eq!(told.remedy, "postern check");
    /// ```
    #[must_use]
    pub fn told(about: About, text: &str, otherwise: &str) -> Self {
        let (what, remedy) = text.rsplit_once("; ").unwrap_or((text, otherwise));
        Self::fault(about, what, remedy)
    }
}
