//! Whom to ask, as whom, and in which version.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::{Secret, Trust};

/// An account at a server of Veeam Backup for Microsoft 365; its `Debug` form hides the password.
#[derive(Clone, Debug)]
pub struct Account {
    /// The address of the server, such as `https://backup.example:4443`.
    pub url: String,
    /// The name to log on with, such as `CONTOSO\postern`.
    pub user: String,
    /// The password to log on with.
    pub password: Secret,
    /// The name or id of the organization; not needed where the server has only one.
    pub organization: Option<String>,
    /// The version to speak; found out where it is not given.
    pub version: Option<Version>,
    /// Which certificates are trusted.
    pub trust: Trust,
    /// How many restore sessions are open at once, at least one.
    pub sessions: usize,
    /// How long an answer may take to begin.
    pub answer_time: Duration,
}

/// A version of the API, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Only what the published examples of OneDrive documents need.
    V2,
    /// Of Veeam Backup for Microsoft Office 365 4.0.
    V4,
    /// Of 5.0.
    V5,
    /// Of 6.0: each verb has a URL of its own from here on.
    V6,
    /// Of 7.0.
    V7,
    /// Of 8.0.
    V8,
}

impl Version {
    /// Those that are looked for, newest first.
    pub(super) const PROBED: [Self; 5] = [Self::V8, Self::V7, Self::V6, Self::V5, Self::V4];

    /// As it stands in a path and in settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2 => "v2",
            Self::V4 => "v4",
            Self::V5 => "v5",
            Self::V6 => "v6",
            Self::V7 => "v7",
            Self::V8 => "v8",
        }
    }

    /// Whether each verb has a URL of its own, instead of one `Action` for all of them.
    ///
    /// See <https://helpcenter.veeam.com/archive/vbo365/60/rest/global_changes.html>.
    pub(super) fn has_own_urls(self) -> bool {
        self >= Self::V6
    }

    /// What stands for the top of a tree.
    pub(super) fn top(self) -> &'static str {
        if self >= Self::V7 { "root" } else { "null" }
    }

    /// The parameter that names the folder of items.
    pub(super) fn folder_of_items(self) -> &'static str {
        if self >= Self::V7 { "parentId" } else { "folderId" }
    }

    /// Whether a client may do without the cookie against forged requests.
    pub(super) fn has_antiforgery(self) -> bool {
        self >= Self::V7
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Version {
    type Err = String;

    /// Reads `v4` to `v8`, and `v2`.
    ///
    /// ```
    /// use postern_upstream::veeam::Version;
    ///
    /// assert_eq!("v7".parse(), Ok(Version::V7));
    /// assert!("v3".parse::<Version>().is_err());
    /// ```
    fn from_str(text: &str) -> Result<Self, String> {
        let known = [Self::V2].into_iter().chain(Self::PROBED);
        let found = known.into_iter().find(|version| version.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| "no version of the API; give v4, v5, v6, v7 or v8".to_owned())
    }
}
