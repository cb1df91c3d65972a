//! The premium search of DataTap.

mod probe;

use std::sync::Arc;
use std::time::{Duration, Instant};

use postern_archive::DATATAP;
use postern_query::datatap::Request;
use postern_query::{Capabilities, Compiled, Direction, Note, Query, datatap};
use postern_upstream::{
    self as upstream, Answer, Call, DataTap, Fault, Outcome as Upstream, SearchRequest, SetupError,
    Target,
};

use super::places::{Divided, Here};
use super::{
    Ask, By, Engine, Failure, Found, Health, Made, Occasion, Outcome, Plan, Planning, Refusal,
    SKIP_LIMIT, Start, Wanted, Watching, Why,
};
use crate::access::{Caller, Mailboxes, UpstreamKey};
use crate::config::{Config, ConfigError, Preference};
use crate::remembered::Fingerprint;
use crate::wire::MessageView;
use probe::Probes;

/// The service; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Premium(Arc<Service>);

#[derive(Debug)]
struct Service {
    client: DataTap,
    index: String,
    only_index: bool,
    deadline: Duration,
    capabilities: Arc<Capabilities>,
    probes: Option<Probes>,
    /// For how long a listing of a mailbox counts as whole; `None` where premium comes first.
    fresh: Option<Duration>,
}

/// Where a request goes, with whose key, and until when its answer is of use.
#[derive(Clone, Debug)]
pub(crate) struct To {
    pub(crate) tenant: String,
    pub(crate) index: String,
    pub(crate) key: UpstreamKey,
    pub(crate) deadline: Instant,
    pub(crate) traceparent: Option<String>,
}

impl To {
    fn call(&self) -> Call<'_> {
        Call {
            target: Target { tenant: &self.tenant, index: &self.index },
            key: self.key.secret(),
            deadline: self.deadline,
            traceparent: self.traceparent.as_deref(),
        }
    }

    /// The index with the key that is sent for it.
    fn index_with_key(&self) -> Fingerprint {
        self.key.sent().with(&[&self.tenant, &self.index])
    }

    fn by(&self) -> By {
        let index = Some(self.index_with_key());
        By { sent: self.key.sent(), asker: self.key.asker(), index }
    }
}

/// The service that a configuration names.
pub(super) fn make(config: &Config) -> Result<Made, ConfigError> {
    let Some(settings) = &config.premium else {
        return Ok(Err(Why::never("not_configured", "no premium endpoint is configured")));
    };
    // A file of fields is the operator's word, and premium is not asked for it.
    let probe = settings.probe.filter(|_| settings.fields.is_none());
    let invalid = |error: SetupError| ConfigError::Value(error.to_string());
    let service = Service {
        client: DataTap::new(&settings.url, settings.client()?).map_err(invalid)?,
        index: settings.index.clone(),
        only_index: settings.only_index,
        deadline: settings.deadline,
        capabilities: Arc::new(settings.capabilities()?),
        probes: probe.map(Probes::new),
        fresh: (settings.fidelity == Preference::WholeFirst).then_some(settings.fresh),
    };
    let watching = Watching {
        breaker: settings.breaker,
        recheck: settings.recheck,
        deadline: settings.deadline,
        hedge: settings.hedge,
        shadow: settings.shadow,
    };
    Ok(Ok((Arc::new(Premium(Arc::new(service))), Some(watching))))
}

impl Engine for Premium {
    fn plan(&self, asked: &Planning<'_>) -> Result<Plan, Why> {
        let key = Self::key_of(asked.caller)?.clone();
        // Without a configured key there is no tenant to ask for.
        let tenant = asked.caller.tenant.clone().ok_or_else(no_key)?;
        let compiled = self.compile(asked, &tenant, &key);
        let sent = compiled.sent.clone().ok_or_else(|| cannot_say(&compiled))?;
        let yields = self.yields(asked, &compiled);
        let (service, is_exact, request) = (self.clone(), compiled.notes.is_empty(), sent.clone());
        let carry_out = move |wanted: Wanted, occasion: Occasion| {
            let to = service.to(&tenant, &key, occasion.deadline, occasion.traceparent);
            service.search(to, request.clone(), &wanted, is_exact)
        };
        Ok(Plan {
            notes: compiled.notes,
            sent: Some(sent.into()),
            yields,
            carry_out: Box::new(carry_out),
        })
    }

    fn judges_keys(&self) -> bool {
        true
    }

    fn probe(&self, key: &UpstreamKey, tenant: &str, deadline: Instant) -> Option<Ask<()>> {
        Some(self.fields(self.to(tenant, key, deadline, None)).map(|_| ()))
    }

    fn probing(&self) -> Option<Duration> {
        self.0.probes.as_ref().map(Probes::lasting)
    }

    fn due(&self, key: &UpstreamKey, tenant: &str) -> Option<Ask<()>> {
        let now = Instant::now();
        let to = self.to(tenant, key, now + self.0.deadline, None);
        let is_due = self.0.probes.as_ref()?.is_due(to.index_with_key(), now);
        is_due.then(|| self.fields(to).map(|_| ()))
    }

    fn sole_source(&self) -> Option<&str> {
        Some(DATATAP)
    }

    fn datatap(&self) -> Option<&Premium> {
        Some(self)
    }
}

impl Premium {
    /// Why what is stored here answers first: premium would miss some of the mail that is asked for, and here is all
    /// of it.
    fn yields(&self, asked: &Planning<'_>, compiled: &Compiled<Request>) -> Option<Why> {
        let misses = |note: &&Note| note.direction.is_some_and(|one| one != Direction::Wider);
        let missing = compiled.notes.iter().find(misses)?;
        let here = Here { archive: asked.archive.archive(), source: DATATAP };
        let divided = Divided::of(&asked.understood.query);
        let is_whole = here.is_whole(&divided, &asked.caller.mailboxes, self.0.fresh?, asked.now);
        is_whole.then(|| Why::WouldMiss(missing.message.clone()))
    }

    pub(crate) fn client(&self) -> &DataTap {
        &self.0.client
    }

    /// What an index can do, as far as it was told.
    pub(crate) fn capabilities(&self) -> Arc<Capabilities> {
        Arc::clone(&self.0.capabilities)
    }

    /// Whether the local index stands in for the index of that name.
    pub(crate) fn is_ours(&self, index: &str) -> bool {
        !self.0.only_index || self.0.index == index
    }

    /// The key that premium is asked with for a caller, if it may be asked for him at all.
    pub(crate) fn key_of(caller: &Caller) -> Result<&UpstreamKey, Why> {
        match (&caller.upstream, &caller.mailboxes) {
            // Premium knows tenants only: it would show mailboxes that the key does not open.
            (_, Mailboxes::Only(_)) => Err(Why::never(
                "mailboxes",
                "this key opens some mailboxes only, which premium cannot be told",
            )),
            (None, Mailboxes::All) => Err(no_key()),
            (Some(key), Mailboxes::All) => Ok(key),
        }
    }

    /// Searches as a client of DataTap wrote it.
    pub(crate) fn documents(&self, to: To, raw: String) -> Ask<Answer> {
        let service = self.clone();
        Ask::new(Some(to.by()), async move {
            let outcome = service.client().search_raw(to.call(), &raw).await;
            heard(outcome, Refusal::Words, Outcome::Served)
        })
    }

    /// The page in an answer that was passed on.
    pub(crate) fn found(answer: &Answer) -> Option<Found> {
        Some(page(&answer.found()?, 0, true))
    }

    /// The fields of an index, as they were answered not long ago.
    pub(crate) fn kept_fields(&self, to: &To) -> Option<Answer> {
        self.0.probes.as_ref()?.answer(to.index_with_key(), Instant::now())
    }

    /// Asks for the fields of an index, and learns from them what it can do.
    pub(crate) fn fields(&self, to: To) -> Ask<Answer> {
        let service = self.clone();
        Ask::new(Some(to.by()), async move {
            let outcome = service.client().fields(to.call()).await;
            service.learn(&to, &outcome);
            heard(outcome, Refusal::Words, Outcome::Served)
        })
    }

    /// Passes on a request that names no index; the head of its answer says what came of it.
    pub(crate) fn pass_on<T: Send + 'static>(
        key: &UpstreamKey,
        status_of: fn(&T) -> u16,
        answer: impl Future<Output = Result<T, Fault>> + Send + 'static,
    ) -> Ask<T> {
        let by = By { sent: key.sent(), asker: key.asker(), index: None };
        Ask::new(Some(by), async move {
            match answer.await.map(|answer| (status_of(&answer), answer)) {
                Ok((status @ 300..=399, _)) => failed(Fault::Redirect(status)),
                Ok((401, answer)) => Outcome::RefusedKey(Refusal::Words(answer)),
                Ok((400..=499, answer)) => Outcome::RefusedQuery(Refusal::Words(answer)),
                Ok((status @ 500.., _)) => failed(Fault::Status(status)),
                Ok((_, answer)) => Outcome::Served(answer),
                // Its client may not have sent all of it, or asks for a very long list.
                Err(Fault::Timeout) => {
                    Outcome::Failed(Failure { health: Health::Broken, ..failure(Fault::Timeout) })
                }
                Err(fault) => failed(fault),
            }
        })
    }

    fn to(
        &self,
        tenant: &str,
        key: &UpstreamKey,
        deadline: Instant,
        traceparent: Option<String>,
    ) -> To {
        let (tenant, index, key) = (tenant.to_owned(), self.0.index.clone(), key.clone());
        To { tenant, index, key, deadline, traceparent }
    }

    fn search(
        &self,
        to: To,
        request: datatap::Request,
        wanted: &Wanted,
        is_exact: bool,
    ) -> Ask<Found> {
        let skip = match wanted.start {
            Start::Offset(skip) => skip,
            // No page begins so: it writes none.
            Start::Position(_) => 0,
        };
        let request = SearchRequest {
            query: request.query,
            filter: request.filter,
            order_by: request.order_by,
            top: wanted.limit,
            skip,
        };
        let service = self.clone();
        Ask::new(Some(to.by()), async move {
            let outcome = service.client().search(to.call(), &request).await;
            let status = |answer: Answer| Refusal::Status(answer.status.as_u16());
            let page = |found: upstream::Found| Outcome::Served(page(&found, skip, is_exact));
            let unreadable = || failed(Fault::Unparsable);
            heard(outcome, status, |answer| answer.found().map_or_else(unreadable, page))
        })
    }

    /// The query in the words of premium: with what its index can do, where that is known, and with the
    /// addresses of the people that are known here.
    fn compile(
        &self,
        asked: &Planning<'_>,
        tenant: &str,
        key: &UpstreamKey,
    ) -> Compiled<datatap::Request> {
        let index = key.sent().with(&[tenant, &self.0.index]);
        let known = self.0.probes.as_ref().and_then(|probes| probes.known(index));
        let capabilities = known.unwrap_or_else(|| Arc::clone(&self.0.capabilities));
        let book = asked.archive.address_book();
        let query = in_natural_order(&asked.understood.query);
        asked.reader.compile(&query, &capabilities, book.as_deref())
    }

    fn learn(&self, to: &To, outcome: &Upstream) {
        let (Some(probes), Upstream::Served(answer)) = (&self.0.probes, outcome) else { return };
        let (index, now) = (to.index_with_key(), Instant::now());
        probes.keep(index, answer, now);
        if to.index == self.0.index {
            probes.learn(index, answer, &self.0.capabilities, now);
        }
    }
}

fn no_key() -> Why {
    Why::never("no_key", "there is no key to ask premium with")
}

fn cannot_say(compiled: &Compiled<datatap::Request>) -> Why {
    let worst = compiled.notes.iter().max_by_key(|note| note.fidelity);
    let why = worst.map(|note| note.message.as_str()).unwrap_or_default();
    Why::never("cannot_say", format!("premium cannot say this: {why}"))
}

/// What an answer of the service means.
fn heard<T>(
    outcome: Upstream,
    refusal: impl FnOnce(Answer) -> Refusal<T>,
    served: impl FnOnce(Answer) -> Outcome<T>,
) -> Outcome<T> {
    match outcome {
        Upstream::Served(answer) => served(answer),
        Upstream::BadRequest(answer) => Outcome::RefusedQuery(refusal(answer)),
        Upstream::BadKey(answer) => Outcome::RefusedKey(refusal(answer)),
        Upstream::NotPremium(answer) => Outcome::Absent(answer.status.as_u16()),
        Upstream::Busy(_, wait) => Outcome::Busy(wait),
        Upstream::Failed(fault) => failed(fault),
    }
}

/// The page in an answer.
fn page(found: &upstream::Found, skip: usize, is_exact: bool) -> Found {
    let next = skip + found.hits.len();
    let seen = u64::try_from(next).unwrap_or(u64::MAX);
    let has_more = found.count.is_some_and(|count| seen < count);
    let has_more = has_more && !found.hits.is_empty() && next <= SKIP_LIMIT;
    Found {
        messages: found.hits.iter().map(|hit| MessageView::from(hit).into()).collect(),
        count: found.count,
        exact: is_exact && found.count.is_some(),
        rows: None,
        next: has_more.then_some(Start::Offset(next)),
        files_missing: None,
    }
}

fn failed<T>(fault: Fault) -> Outcome<T> {
    Outcome::Failed(failure(fault))
}

/// An answer that fails, also one that is cut off, cannot be read or leads elsewhere, may be what the
/// request provoked.
fn failure(fault: Fault) -> Failure {
    let health = match fault {
        Fault::Timeout => Health::Silent,
        Fault::Connect | Fault::Tls | Fault::Certificate => Health::Unreachable,
        Fault::Astray
        | Fault::CutOff
        | Fault::TooLarge
        | Fault::Unparsable
        | Fault::Redirect(_)
        | Fault::Status(_) => Health::Broken,
    };
    Failure { code: fault.code(), health, text: format!("premium failed: {fault}") }
}

/// Premium orders by score where there are words; where there are none, newest first is said.
fn in_natural_order(query: &Query) -> Query {
    if query.order().is_empty() && query.is_scored() {
        query.clone()
    } else {
        query.clone().ordered_by(query.natural_order())
    }
}
