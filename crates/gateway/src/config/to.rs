//! Which index mail is brought to.

use serde::Deserialize;

/// Which index mail is brought to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum To {
    /// That of this machine.
    #[default]
    Local,
    /// That in the cluster.
    Cluster,
    /// Both.
    Both,
}

impl To {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Local, Self::Cluster, Self::Both];

    /// The name as it is written.
    ///
    /// ```
    /// use postern_gateway::config::To;
    ///
    /// assert_eq!(To::ALL.map(To::as_str), ["local", "cluster", "both"]);
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Cluster => "cluster",
            Self::Both => "both",
        }
    }
}

/// The table `[index]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileIndex {
    #[serde(default)]
    pub(super) to: To,
}
