//! How a restore logs on to Microsoft 365.

use std::fmt;

use serde_json::{Map, Value};

use super::{Kind, Problem, Version};
use crate::Secret;

/// How a restore logs on to Microsoft 365: exactly one of the published ways. Its `Debug` form says which,
/// and nothing else.
///
/// See <https://helpcenter.veeam.com/archive/vbo365/40/rest/post_mailboxes_id_items_action.html>.
#[derive(Clone)]
pub enum Credentials {
    /// A name and its password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A device code with which a person has signed in.
    Code(Secret),
    /// An application and its certificate.
    Certificate {
        /// The id of the application.
        application: String,
        /// The certificate with its key, as base64.
        certificate: Secret,
        /// The password of the certificate.
        password: Secret,
        /// The account in whose name mail is restored: needed from v6 on.
        impersonate: Option<String>,
    },
}

impl Credentials {
    /// Adds them to the arguments of a request.
    pub(super) fn put(
        &self,
        arguments: &mut Map<String, Value>,
        kind: Kind,
        version: Version,
    ) -> Result<(), Problem> {
        let mut put = |name: &str, value: &str| arguments.insert(name.to_owned(), value.into());
        match self {
            Self::Password { user, password } => {
                put("userName", user);
                put("userPassword", password.expose());
            }
            Self::Code(code) => {
                put("userCode", code.expose());
            }
            Self::Certificate { application, certificate, password, impersonate } => {
                put("applicationId", application);
                put("applicationCertificate", certificate.expose());
                put("applicationCertificatePassword", password.expose());
                // Only restores of mail know it, and only with URLs of their own.
                if kind == Kind::Exchange && version.has_own_urls() {
                    let account = impersonate.as_deref().ok_or(Problem::Invalid(NO_ACCOUNT))?;
                    put("impersonationAccountName", account);
                }
            }
        }
        Ok(())
    }

    /// What the server may repeat in an error, and nobody may see.
    pub(super) fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::Password { password, .. } => vec![password.clone()],
            Self::Code(code) => vec![code.clone()],
            Self::Certificate { certificate, password, .. } => {
                vec![certificate.clone(), password.clone()]
            }
        }
    }

    /// Which way it is, in words.
    #[must_use]
    pub const fn way(&self) -> &'static str {
        match self {
            Self::Password { .. } => "a user name and its password",
            Self::Code(_) => "a device code",
            Self::Certificate { .. } => "an application and its certificate",
        }
    }
}

const NO_ACCOUNT: &str = "from v6 on, mail is restored with a certificate in the name of an account; \
     say which with --impersonate ACCOUNT";

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.way())
    }
}
