//! How restores at Veeam log on to Microsoft 365: secrets from the environment, or from files that the
//! configuration names. They are read when they are needed, and kept nowhere.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use postern_upstream::Secret;
use postern_upstream::veeam::Credentials;
use serde::Deserialize;
use toml::Table;

use crate::config::shown::{path, put};
use crate::config::{ConfigError, invalid};

/// Bytes that a certificate with its key may have; a longer file is taken for the wrong one.
const LONGEST_CERTIFICATE: u64 = 64 << 10;
/// Bytes that a password may have.
const LONGEST: u64 = 4_096;

/// How restores log on, as `[tenants.veeam.restore]` says.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct LogOn {
    /// The name of the user.
    pub user: Option<String>,
    /// The file with the password of the user.
    pub password_file: Option<PathBuf>,
    /// The id of the application.
    pub application_id: Option<String>,
    /// The file with the certificate of the application and its key (PFX).
    pub certificate_file: Option<PathBuf>,
    /// The file with the password of the certificate.
    pub certificate_password_file: Option<PathBuf>,
    /// The account in whose name an application restores mail.
    pub impersonation_account: Option<String>,
}

/// A variable of the environment, if it is set to something.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

impl LogOn {
    /// The id of the application, from the environment before the file.
    #[must_use]
    pub fn application(&self, variable: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        variable("POSTERN_RESTORE_APPLICATION_ID").or_else(|| self.application_id.clone())
    }

    /// What a restore logs on with. A variable goes before what the file says; a user and a certificate
    /// exclude each other.
    ///
    /// # Errors
    ///
    /// When nothing is told, or half of it, or two ways; it says which variables to set.
    ///
    /// ```
    /// use postern_gateway::config::LogOn;
    ///
    /// let environment = |name: &str| match name {
    ///     "POSTERN_RESTORE_USER" => Some("ann@contoso.com".to_owned()),
    ///     "POSTERN_RESTORE_PASSWORD" => Some("secret".to_owned()),
    ///     _ => None,
    /// };
    /// let credentials = LogOn::default().credentials(&environment, None)?;
    /// assert_eq!(format!("{credentials:?}"), "a user name and its password");
    /// # Ok::<(), postern_gateway::config::ConfigError>(())
    /// ```
    pub fn credentials(
        &self,
        variable: &dyn Fn(&str) -> Option<String>,
        impersonate: Option<&str>,
    ) -> Result<Credentials, ConfigError> {
        let line = |name: &str, file: Option<&PathBuf>| match (variable(name), file) {
            (Some(text), _) => Ok(Some(Secret::new(text))),
            (None, Some(file)) => one_line(file).map(Some),
            (None, None) => Ok(None),
        };
        let of_variables = variable("POSTERN_RESTORE_USER").is_some();
        let certificate = variable("POSTERN_RESTORE_CERTIFICATE_FILE").map(PathBuf::from);
        // One way in the environment sets aside the other way in the file.
        let own = self.certificate_file.clone().filter(|_| !of_variables);
        let user = variable("POSTERN_RESTORE_USER")
            .or_else(|| self.user.clone().filter(|_| certificate.is_none()));
        match (user, certificate.or(own)) {
            (Some(_), Some(_)) => invalid(
                "both a user and a certificate are given for restores; give one of the two ways",
            ),
            (Some(user), None) => {
                let password = line("POSTERN_RESTORE_PASSWORD", self.password_file.as_ref())?;
                let Some(password) = password else {
                    return lacks("POSTERN_RESTORE_PASSWORD", "password_file");
                };
                Ok(Credentials::Password { user, password })
            }
            (None, Some(file)) => {
                let Some(application) = self.application(variable) else {
                    return lacks("POSTERN_RESTORE_APPLICATION_ID", "application_id");
                };
                let name = "POSTERN_RESTORE_CERTIFICATE_PASSWORD";
                let Some(password) = line(name, self.certificate_password_file.as_ref())? else {
                    return lacks(name, "certificate_password_file");
                };
                let impersonate = impersonate.map(str::to_owned);
                let impersonate = impersonate.or_else(|| self.impersonation_account.clone());
                let certificate = certificate_of(&file)?;
                Ok(Credentials::Certificate { application, certificate, password, impersonate })
            }
            (None, None) => invalid(
                "nothing says how Veeam logs on to Microsoft 365 for a restore; set POSTERN_RESTORE_USER and \
                 POSTERN_RESTORE_PASSWORD, or POSTERN_RESTORE_APPLICATION_ID, POSTERN_RESTORE_CERTIFICATE_FILE and \
                 POSTERN_RESTORE_CERTIFICATE_PASSWORD, or name files in [tenants.veeam.restore]; or use --device-code",
            ),
        }
    }

    /// The files with secrets that it names.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        [&self.password_file, &self.certificate_file, &self.certificate_password_file]
            .into_iter()
            .flatten()
            .map(PathBuf::as_path)
    }

    pub(in crate::config) fn shown(&self) -> Table {
        let mut table = Table::new();
        for (name, text) in [
            ("user", &self.user),
            ("application_id", &self.application_id),
            ("impersonation_account", &self.impersonation_account),
        ] {
            if let Some(text) = text {
                put(&mut table, name, text);
            }
        }
        for (name, file) in [
            ("password_file", &self.password_file),
            ("certificate_file", &self.certificate_file),
            ("certificate_password_file", &self.certificate_password_file),
        ] {
            if let Some(file) = file {
                put(&mut table, name, path(file));
            }
        }
        table
    }
}

fn lacks<T>(variable: &str, key: &str) -> Result<T, ConfigError> {
    invalid(format!(
        "for a restore {variable} is missing; set it, or `{key}` of [tenants.veeam.restore]"
    ))
}

fn read(file: &Path, longest: u64) -> Result<Vec<u8>, ConfigError> {
    let failed = |reason: String| ConfigError::Unreadable { path: file.to_owned(), reason };
    let length = std::fs::metadata(file).map_err(|error| failed(error.to_string()))?.len();
    if length > longest {
        return Err(failed(format!("it has more than {longest} bytes, so it is the wrong file")));
    }
    std::fs::read(file).map_err(|error| failed(error.to_string()))
}

fn one_line(file: &Path) -> Result<Secret, ConfigError> {
    let text = String::from_utf8(read(file, LONGEST)?).unwrap_or_default();
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() || line.contains(char::is_control) {
        return invalid(format!("`{}` is no file with one line, the password", file.display()));
    }
    Ok(Secret::new(line))
}

/// A certificate as base64. One that is written so already stays as it is.
fn certificate_of(file: &Path) -> Result<Secret, ConfigError> {
    let bytes = read(file, LONGEST_CERTIFICATE)?;
    if bytes.is_empty() {
        return invalid(format!("`{}` holds no certificate: it is empty", file.display()));
    }
    let text: Option<String> =
        std::str::from_utf8(&bytes).ok().map(|text| text.split_whitespace().collect());
    let is_base64 = |text: &String| BASE64_STANDARD.decode(text).is_ok_and(|it| !it.is_empty());
    Ok(Secret::new(text.filter(is_base64).unwrap_or_else(|| BASE64_STANDARD.encode(&bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a restore logs on with, as it would be sent.
    fn sent(log_on: &LogOn, variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
        let variable = |name: &str| {
            let found =
                variables.iter().find(|(known, _)| *known == format!("POSTERN_RESTORE_{name}"));
            found.map(|(_, value)| (*value).to_owned())
        };
        let variable = |name: &str| variable(name.strip_prefix("POSTERN_RESTORE_").unwrap());
        match log_on.credentials(&variable, None).map_err(|error| error.to_string())? {
            Credentials::Password { user, password } => {
                Ok(vec![user, password.expose().to_owned()])
            }
            Credentials::Code(code) => Ok(vec![code.expose().to_owned()]),
            Credentials::Certificate { application, certificate, password, impersonate } => {
                Ok(vec![
                    application,
                    certificate.expose().to_owned(),
                    password.expose().to_owned(),
                    impersonate.unwrap_or_default(),
                ])
            }
        }
    }

    #[test]
    fn exactly_one_way_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let (pfx, password) = (file("a.pfx", b"\x30\x82\x00"), file("pw", b"s3cret\n"));
        let (written, pfx_text) = (file("b.txt", b"MII\nKAA==\n"), pfx.display().to_string());
        let of_user = LogOn {
            user: Some("ann".into()),
            password_file: Some(password.clone()),
            ..LogOn::default()
        };
        let of_application = LogOn {
            application_id: Some("app".into()),
            certificate_file: Some(written),
            certificate_password_file: Some(password),
            impersonation_account: Some("svc".into()),
            ..LogOn::default()
        };
        let both = LogOn { user: Some("ann".into()), ..of_application.clone() };
        let user = [("POSTERN_RESTORE_USER", "bob"), ("POSTERN_RESTORE_PASSWORD", "pw")];
        let application = [
            ("POSTERN_RESTORE_APPLICATION_ID", "other"),
            ("POSTERN_RESTORE_CERTIFICATE_FILE", pfx_text.as_str()),
            ("POSTERN_RESTORE_CERTIFICATE_PASSWORD", "xxx"),
        ];
        let none = LogOn::default();
        for (log_on, variables, expected) in [
            (&of_user, &[][..], Ok(&["ann", "s3cret"][..])),
            (&of_application, &[], Ok(&["app", "MIIKAA==", "s3cret", "svc"])),
            (&none, &user, Ok(&["bob", "pw"])),
            (&none, &application, Ok(&["other", "MIIA", "xxx", ""])),
            (&of_application, &user, Ok(&["bob", "pw"])),
            (&of_user, &application, Ok(&["other", "MIIA", "xxx", ""])),
            (&both, &[], Err("both a user and a certificate")),
            (&none, &user[..1], Err("POSTERN_RESTORE_PASSWORD is missing")),
            (&none, &application[1..], Err("POSTERN_RESTORE_APPLICATION_ID is missing")),
            (&none, &application[..2], Err("POSTERN_RESTORE_CERTIFICATE_PASSWORD is missing")),
            (&none, &[], Err("POSTERN_RESTORE_USER")),
        ] {
            match (sent(log_on, variables), expected) {
                (Ok(sent), Ok(expected)) => assert_eq!(sent, expected, "{variables:?}"),
                (Err(error), Err(expected)) => assert!(error.contains(expected), "{error}"),
                (got, expected) => panic!("{got:?} instead of {expected:?}"),
            }
        }
    }
}
