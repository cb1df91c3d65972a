//! The key of the tenant: from a file, standard input, the environment or, at last, the command line. That
//! of the operator: never from the command line. The passwords for Veeam and the cluster, and the
//! secret of the webhook: from the environment.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use postern_upstream::{AdminKey, Secret};

use crate::args::{Common, KeyFlags};
use crate::{output, private};

/// The variable that holds the key.
const VARIABLE: &str = "POSTERN_KEY";
/// The variable that holds the key of the operator.
const OPERATOR: &str = "POSTERN_ADMIN_KEY";
/// The variable that holds the password for Veeam.
const VEEAM: &str = "POSTERN_VEEAM_PASSWORD";
/// The variable that holds the password for the user of the cluster.
const CLUSTER: &str = "POSTERN_CLUSTER_PASSWORD";
/// The variable that holds the secret of the webhook.
const WEBHOOK: &str = "POSTERN_WEBHOOK_SECRET";
/// Bytes that a key may have; longer ones are taken for the wrong file.
const LONGEST: usize = 4_096;

/// The key that the flags, or else the environment, give.
///
/// # Errors
///
/// When it cannot be read, or is none.
pub(crate) fn read(common: &Common, flags: &KeyFlags) -> anyhow::Result<Option<Secret>> {
    if let Some(key) = &flags.key {
        if !common.quiet {
            output::note(
                "--key shows the key in the list of processes; give it with --key-file FILE, \
                 --key-file - (standard input) or POSTERN_KEY",
            );
        }
        return checked(key.expose(), "--key").map(Some);
    }
    if let Some(path) = &flags.key_file {
        return from_file(common, path).map(Some);
    }
    from_environment(VARIABLE)
}

/// The key of the operator of the service: from the file, else from the environment.
///
/// # Errors
///
/// When there is none, it cannot be read, or it is the key of a tenant.
pub(crate) fn of_operator(common: &Common, file: Option<&Path>) -> anyhow::Result<AdminKey> {
    let key = match file {
        Some(path) => Some(from_file(common, path)?),
        None => from_environment(OPERATOR)?,
    };
    let key = key.with_context(|| {
        format!("no key of the operator is known; give it with --admin-key-file FILE or {OPERATOR}")
    })?;
    AdminKey::new(key.expose()).context(
        "this is no key of the operator, which looks like keyId:secret; the key of a tenant does not do",
    )
}

/// The key that a client presents, which never stands on a command line.
///
/// # Errors
///
/// When it is none.
pub(crate) fn of_client() -> anyhow::Result<Option<Secret>> {
    from_environment(VARIABLE)
}

/// The password for the servers of Veeam whose tables name no file.
///
/// # Errors
///
/// When it is none.
pub(crate) fn of_veeam() -> anyhow::Result<Option<Secret>> {
    from_environment(VEEAM)
}

/// The password for the user of the cluster.
///
/// # Errors
///
/// When it is none.
pub(crate) fn of_cluster() -> anyhow::Result<Option<Secret>> {
    from_environment(CLUSTER)
}

/// The secret of the webhook whose table names no file.
///
/// # Errors
///
/// When it is none.
pub(crate) fn of_webhook() -> anyhow::Result<Option<Secret>> {
    from_environment(WEBHOOK)
}

fn from_environment(variable: &str) -> anyhow::Result<Option<Secret>> {
    match std::env::var(variable) {
        Ok(text) => checked(&text, variable).map(Some),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => bail!("{variable} is not UTF-8 text"),
    }
}

fn from_file(common: &Common, path: &Path) -> anyhow::Result<Secret> {
    if path.as_os_str() == "-" {
        return parsed(io::stdin().lock(), "standard input");
    }
    let name = format!("`{}`", path.display());
    let file = File::open(path).with_context(|| format!("the key file {name} cannot be read"))?;
    private::warn_of_secret(common, path);
    parsed(file, &name)
}

fn parsed(from: impl Read, name: &str) -> anyhow::Result<Secret> {
    let mut bytes = Vec::new();
    let most = LONGEST as u64 + 3;
    from.take(most).read_to_end(&mut bytes).with_context(|| format!("{name} cannot be read"))?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        bail!("the key in {name} is not UTF-8 text")
    };
    let text = text.strip_suffix('\n').unwrap_or(text);
    checked(text.strip_suffix('\r').unwrap_or(text), name)
}

/// A key is one line; it is never repeated.
fn checked(text: &str, name: &str) -> anyhow::Result<Secret> {
    ensure!(!text.is_empty(), "there is nothing in {name}: it is empty");
    ensure!(
        text.len() <= LONGEST,
        "{name} holds more than {LONGEST} bytes, so it is no key and no password"
    );
    ensure!(
        !text.contains(char::is_control),
        "a key or a password is one line of text, and {name} holds more"
    );
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_a_key() {
        let long = "k".repeat(LONGEST);
        for (bytes, key) in [
            (&b"abc"[..], Some("abc")),
            (b"abc\n", Some("abc")),
            (b"abc\r\n", Some("abc")),
            (b" a b ", Some(" a b ")),
            (long.as_bytes(), Some(long.as_str())),
            (b"", None),
            (b"\n", None),
            (b"abc\n\n", None),
            (b"abc\ndef\n", None),
            (b"a\0c", None),
            (b"\xff\xfe", None),
            (&[b'k'; LONGEST + 1], None),
            (&[b'k'; 10 * LONGEST], None),
        ] {
            let read = parsed(bytes, "it");
            assert_eq!(read.as_ref().ok().map(Secret::expose), key);
            let said = read.err().map(|error| format!("{error:#}")).unwrap_or_default();
            assert!(!said.contains("abc"), "{said}");
        }
    }
}
