//! Logging on: a token for a password, a new pair for a refresh token, once for all who ask at once.
//!
//! See <https://helpcenter.veeam.com/docs/vbo365/rest/authorization.html>.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Method;
use tokio::sync::Mutex;

use super::ask::{Ask, Content, Effect, Take};
use super::wire::Wire;
use super::{Account, Problem, Version};
use crate::answer::{Record, read};
use crate::request::escape;
use crate::{Fault, Secret};

/// A token that ends so soon is not used for a new request, unless it had no longer life to begin with.
const MARGIN: Duration = Duration::from_secs(20);
/// How long a refused password is not tried again: servers lock accounts.
const REFUSED_FOR: Duration = Duration::from_secs(60);

#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    token: Option<Token>,
    number: u64,
    refused: Option<(Instant, Problem)>,
    user: Option<String>,
}

/// What a request is sent with, and which of all tokens it is.
#[derive(Clone, Debug)]
pub(super) struct Bearer {
    pub(super) access: Secret,
    pub(super) number: u64,
}

#[derive(Debug)]
struct Token {
    access: Secret,
    refresh: Option<Secret>,
    until: Option<Instant>,
}

impl Tokens {
    /// A token that is good now.
    pub(super) async fn bearer(
        &self,
        wire: &Wire,
        account: &Account,
        version: Version,
    ) -> Result<Bearer, Problem> {
        let mut state = self.0.lock().await;
        if !state.token.as_ref().is_some_and(Token::is_fresh) {
            state.renew(wire, account, version).await?;
        }
        state.bearer()
    }

    /// Forgets a token that the server did not accept; the next one is a new one.
    pub(super) async fn forget(&self, bearer: &Bearer) {
        let mut state = self.0.lock().await;
        if state.number == bearer.number
            && let Some(token) = &mut state.token
        {
            token.until = Some(Instant::now());
        }
    }

    /// The name by which the server knows the user, once it has said it.
    pub(super) async fn user(&self) -> Option<String> {
        self.0.lock().await.user.clone()
    }
}

impl Token {
    fn is_fresh(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() < until)
    }
}

impl State {
    fn bearer(&self) -> Result<Bearer, Problem> {
        let token = self.token.as_ref().ok_or(Problem::LoggedOut)?;
        Ok(Bearer { access: token.access.clone(), number: self.number })
    }

    /// With the refresh token, which is good once; else with the password.
    async fn renew(
        &mut self,
        wire: &Wire,
        account: &Account,
        version: Version,
    ) -> Result<(), Problem> {
        if let Some((since, problem)) = &self.refused
            && since.elapsed() < REFUSED_FOR
        {
            return Err(problem.clone());
        }
        let refresh = self.token.take().and_then(|token| token.refresh);
        if let Some(refresh) = refresh {
            let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose())];
            let answer = grant(wire, version, &form, vec![refresh.clone()]).await;
            match answer {
                Ok(record) => return self.take(&record),
                Err(Problem::Refused { .. } | Problem::LoggedOut | Problem::Server { .. }) => {}
                Err(problem) => return Err(problem),
            }
        }
        self.log_on(wire, account, version).await
    }

    async fn log_on(
        &mut self,
        wire: &Wire,
        account: &Account,
        version: Version,
    ) -> Result<(), Problem> {
        let password = account.password.clone();
        let form = [
            ("grant_type", "password"),
            ("username", account.user.as_str()),
            ("password", password.expose()),
        ];
        match grant(wire, version, &form, vec![password.clone()]).await {
            Ok(record) => self.take(&record),
            Err(problem) => {
                let problem = refused(problem);
                self.refused = matches!(problem, Problem::BadPassword { .. })
                    .then(|| (Instant::now(), problem.clone()));
                Err(problem)
            }
        }
    }

    fn take(&mut self, record: &Record) -> Result<(), Problem> {
        let access = record.word("access_token").ok_or(Problem::Failed(Fault::Unparsable))?;
        let seconds = record.word("expires_in").and_then(|text| text.parse().ok());
        let life = seconds.map(Duration::from_secs);
        let until = life.map(|life| Instant::now() + life - MARGIN.min(life / 2));
        let refresh = record.word("refresh_token").map(Secret::new);
        self.token = Some(Token { access: Secret::new(access), refresh, until });
        self.number += 1;
        self.refused = None;
        self.user = record.word("userName").or(self.user.take());
        Ok(())
    }
}

/// What a refused log on means: 400 with the OAuth shape, or 401.
fn refused(problem: Problem) -> Problem {
    match problem {
        Problem::Refused { status: 400, reason } => Problem::BadPassword { reason },
        Problem::LoggedOut => Problem::BadPassword { reason: String::new() },
        other => other,
    }
}

async fn grant(
    wire: &Wire,
    version: Version,
    form: &[(&str, &str)],
    secrets: Vec<Secret>,
) -> Result<Record, Problem> {
    let no_cookie: &[(&str, &str)] =
        if version.has_antiforgery() { &[("disable_antiforgery_token", "true")] } else { &[] };
    let pairs = form.iter().chain(no_cookie);
    let pairs: Vec<String> =
        pairs.map(|(name, value)| format!("{name}={}", escape(value))).collect();
    let bytes = Bytes::from(pairs.join("&"));
    let body = Some(Content { kind: "application/x-www-form-urlencoded", bytes });
    let (method, path, query) = (Method::POST, format!("/{version}/token"), String::new());
    // A refresh token that came and whose answer got lost is used up: the password is next.
    let (effect, take) = (Effect::None, Take::Quickly);
    let ask = Ask { method, path, query, body, effect, take, secrets };
    let answer = wire.alone(&ask).await?;
    let record = read(&answer).and_then(Record::new);
    record.ok_or(Problem::Failed(Fault::Unparsable))
}
