//! How Veeam logs on to Microsoft 365: from the environment, from files, or by a person with a device code.

use std::io::{self, BufRead as _};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use postern_gateway::config::variable;
use postern_upstream::veeam::{Credentials, DeviceCode, DeviceSignIn, Session};

use crate::args::LogOn;
use crate::veeam::Server;
use crate::{output, terminal};

/// How often the server is asked whether somebody has signed in.
const EVERY: Duration = Duration::from_secs(2);

/// How it is done, known to be whole before a session is opened.
pub(crate) enum Ready {
    Credentials(Credentials),
    Person(DeviceSignIn),
}

/// What a plan says about it.
pub(crate) fn note(server: &Server, flags: &LogOn) -> Option<String> {
    match Ready::new(server, flags) {
        Ok(Ready::Credentials(credentials)) => {
            Some(format!("Veeam logs on to Microsoft 365 with {}.", credentials.way()))
        }
        Ok(Ready::Person(_)) => Some("a person signs in with a device code.".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}

impl Ready {
    /// Reads what there is.
    ///
    /// # Errors
    ///
    /// When it is not whole; it says what to set.
    pub(crate) fn new(server: &Server, flags: &LogOn) -> anyhow::Result<Self> {
        let log_on = &server.settings.restore;
        if !flags.device_code {
            let credentials = log_on.credentials(&variable, flags.impersonate.as_deref())?;
            return Ok(Self::Credentials(credentials));
        }
        let application = flags.application.clone().or_else(|| log_on.application(&variable));
        let application = application.context(
            "a device code is asked for by an application; give its id with --application ID or \
             POSTERN_RESTORE_APPLICATION_ID",
        )?;
        let region = flags.region.map(|region| region.as_str().to_owned());
        let organization = flags.organization.clone();
        Ok(Self::Person(DeviceSignIn { application, organization, region }))
    }

    /// What the restores of a session log on with. Waits for the person.
    ///
    /// # Errors
    ///
    /// When nobody signs in in time.
    pub(crate) async fn credentials(self, session: &Session) -> anyhow::Result<Credentials> {
        let sign_in = match self {
            Self::Credentials(credentials) => return Ok(credentials),
            Self::Person(sign_in) => sign_in,
        };
        let code = session.device_code(&sign_in).await.context("no device code is given out")?;
        output::note(format!(
            "open {} and enter the code {}",
            terminal::safe(&code.url),
            terminal::safe(code.code.expose())
        ));
        wait(session, &code).await?;
        Ok(Credentials::Code(code.code))
    }
}

async fn wait(session: &Session, code: &DeviceCode) -> anyhow::Result<()> {
    let until = Instant::now() + code.expires_in;
    while Instant::now() < until {
        match session.client().is_signed_in(&code.code).await? {
            Some(true) => return Ok(()),
            Some(false) => tokio::time::sleep(EVERY).await,
            None => return ask().await,
        }
    }
    bail!("nobody signed in before the code expired; nothing was done. Run it again for a new code")
}

/// Up to v5 the server cannot say whether somebody has signed in, so the person does.
async fn ask() -> anyhow::Result<()> {
    output::note("then press Enter here");
    let read = || io::stdin().lock().read_line(&mut String::new());
    tokio::task::spawn_blocking(read).await?.context("standard input cannot be read")?;
    Ok(())
}
