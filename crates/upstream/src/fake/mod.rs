//! A small upstream on loopback with faults to order, for tests.
//!
//! It speaks just enough HTTP/1.1 over real sockets to be cut off, hang and reset as a real
//! service would. Every answer closes its connection. Told what mail it holds ([`Fake::hold`]), it
//! answers for locations, mailboxes, folders, messages, downloads and jobs as the service does.

mod holdings;
mod http;
mod misbehaviour;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use self::holdings::Holdings;
pub(crate) use self::http::Reply;
use self::http::{read_request, response};

pub use self::holdings::{Filed, Mail};
pub use self::misbehaviour::Misbehaviour;

/// A request that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The method.
    pub method: String,
    /// Path and query as sent.
    pub target: String,
    /// Names in lower case and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Seen {
    /// The value of a header by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The target without what follows `?`.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// What answers in the place of a service.
pub(crate) trait Service: fmt::Debug + Send {
    /// The answer to a request, if it is for this service. Nothing changes unless `works`.
    fn reply(&mut self, seen: &Seen, works: bool) -> Option<Reply>;
}

#[derive(Debug, Default)]
struct State {
    body: Vec<u8>,
    is_file: bool,
    answers: Vec<(String, Reply)>,
    headers: String,
    holdings: Option<Holdings>,
    service: Option<Box<dyn Service>>,
    key: Option<String>,
    orders: Vec<Order>,
    seen: Vec<Seen>,
}

/// What goes wrong with requests that have `part` in them, with a key or any, and how often yet.
#[derive(Debug)]
struct Order {
    key: Option<String>,
    part: String,
    how: Misbehaviour,
    times: Option<usize>,
}

/// The upstream; it stops when dropped.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use postern_upstream::fake::{Fake, Misbehaviour};
///
/// let fake = Fake::start().await?;
/// fake.misbehave(Misbehaviour::Status(500));
/// assert!(fake.url().starts_with("http://127.0.0.1:"));
/// # Ok::<(), std::io::Error>(()) })?;
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Fake {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Fake {
    /// Starts on a free port, answering every request with an empty result.
    ///
    /// # Errors
    ///
    /// When loopback cannot be listened on.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let body = br#"{"Results":[],"Count":0}"#.to_vec();
        let state = Arc::new(Mutex::new(State { body, ..State::default() }));
        let task = tokio::spawn(serve(listener, Arc::clone(&state)));
        Ok(Self { address, state, task })
    }

    /// Its base address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The body of every good answer from now on.
    pub fn answer(&self, body: impl Into<Vec<u8>>) {
        let state = &mut *lock(&self.state);
        (state.body, state.is_file) = (body.into(), false);
    }

    /// The same, where the answer is a file.
    pub fn answer_file(&self, body: impl Into<Vec<u8>>) {
        let state = &mut *lock(&self.state);
        (state.body, state.is_file) = (body.into(), true);
    }

    /// The body of every good answer to `/fields` from now on; until then they are like all others.
    pub fn answer_fields(&self, body: impl Into<Vec<u8>>) {
        self.answer_at("/fields", body);
    }

    /// The body of every good answer to requests with `part` in them, such as `/reporting`.
    pub fn answer_at(&self, part: &str, body: impl Into<Vec<u8>>) {
        self.reply_at(part, Reply::json(body));
    }

    /// The same with a file.
    pub fn answer_file_at(&self, part: &str, body: impl Into<Vec<u8>>) {
        self.reply_at(part, Reply::file(body));
    }

    /// The same with another status than that of success, whatever other answers were set before.
    pub fn refuse_at(&self, part: &str, status: u16, body: impl Into<Vec<u8>>) {
        let reply = Reply { status, ..Reply::json(body) };
        lock(&self.state).answers.insert(0, (part.to_owned(), reply));
    }

    fn reply_at(&self, part: &str, reply: Reply) {
        let answers = &mut lock(&self.state).answers;
        answers.retain(|(known, _)| known != part);
        answers.push((part.to_owned(), reply));
    }

    /// A header of every good answer from now on, beside those of before.
    pub fn answer_header(&self, name: &str, value: &str) {
        lock(&self.state).headers.extend([name, ": ", value, "\r\n"]);
    }

    /// Lets this answer before anything else that is held.
    pub(crate) fn serve(&self, service: impl Service + 'static) {
        lock(&self.state).service = Some(Box::new(service));
    }

    /// Holds this mail from now on, and whatever it held before.
    ///
    /// There are three locations then, `exchange`, `onedrive` and `blob`, and the mailboxes and
    /// folders that the messages name. Jobs can be made and started.
    pub fn hold(&self, mail: impl IntoIterator<Item = Mail>) {
        lock(&self.state).holdings().mail.extend(mail);
    }

    /// Holds none of its mail any more.
    pub fn drop_mail(&self) {
        lock(&self.state).holdings().mail.clear();
    }

    /// Makes a mailbox a shared one: it is listed only when those are asked for too.
    pub fn share(&self, mailbox: &str) {
        lock(&self.state).holdings().shared.push(mailbox.to_owned());
    }

    /// The files that are collected of drives are these from now on.
    pub fn hold_files(&self, files: Vec<Filed>) {
        lock(&self.state).holdings().files = files;
    }

    /// Gives somebody a live drive.
    pub fn own_drive(&self, owner: &str) {
        lock(&self.state).holdings().drives.push(owner.to_owned());
    }

    /// The most entries on one page; 100 until then, as of the service.
    pub fn page_size(&self, size: usize) {
        lock(&self.state).holdings().page_size = size;
    }

    /// What jobs say when they are asked, one after the other; the last stays.
    pub fn job_states(&self, states: &[&str]) {
        lock(&self.state).holdings().job_states = states.iter().map(ToString::to_string).collect();
    }

    /// The key without which a request is answered with 401.
    pub fn demand_key(&self, key: impl Into<String>) {
        lock(&self.state).key = Some(key.into());
    }

    /// What goes wrong from now on.
    pub fn misbehave(&self, how: Misbehaviour) {
        lock(&self.state).order(None, "", how, None);
    }

    /// What goes wrong for the next `times` requests.
    pub fn misbehave_times(&self, how: Misbehaviour, times: usize) {
        lock(&self.state).order(None, "", how, Some(times));
    }

    /// What goes wrong from now on with requests that have this key.
    pub fn misbehave_to(&self, key: &str, how: Misbehaviour) {
        lock(&self.state).order(Some(key), "", how, None);
    }

    /// What goes wrong from now on with requests that have `part` in their method and target,
    /// such as `/download`, `/items/m7/` or `POST /api/t/jobs`.
    pub fn misbehave_at(&self, part: &str, how: Misbehaviour) {
        lock(&self.state).order(None, part, how, None);
    }

    /// The same for the next `times` of them.
    pub fn misbehave_at_times(&self, part: &str, how: Misbehaviour, times: usize) {
        lock(&self.state).order(None, part, how, Some(times));
    }

    /// Every request so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.state).seen.clone()
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn holdings(&mut self) -> &mut Holdings {
        self.holdings.get_or_insert_default()
    }

    fn order(&mut self, key: Option<&str>, part: &str, how: Misbehaviour, times: Option<usize>) {
        self.orders.retain(|order| order.key.as_deref() != key || order.part != part);
        if how != Misbehaviour::None {
            let (key, part) = (key.map(str::to_owned), part.to_owned());
            self.orders.push(Order { key, part, how, times });
        }
    }

    /// Notes a request and says how to treat it.
    fn next(&mut self, seen: Seen) -> (Misbehaviour, Reply) {
        let line = format!("{} {}", seen.method, seen.target);
        let how = self.next_order(&line, seen.header("x-api-key"));
        let refused = self.key.as_deref().is_some_and(|key| seen.header("x-api-key") != Some(key));
        let reply = if refused { Reply::error(401) } else { self.reply(&line, &seen, how) };
        let reply = Reply { headers: self.headers.clone(), ..reply };
        self.seen.push(seen);
        (how, reply)
    }

    /// The latest order that the request falls under.
    fn next_order(&mut self, line: &str, key: Option<&str>) -> Misbehaviour {
        let is_due = |order: &&mut Order| {
            let is_of_key = order.key.is_none() || order.key.as_deref() == key;
            order.times != Some(0) && is_of_key && line.contains(&order.part)
        };
        let Some(order) = self.orders.iter_mut().rev().find(is_due) else {
            return Misbehaviour::None;
        };
        order.times = order.times.map(|times| times - 1);
        order.how
    }

    fn reply(&mut self, line: &str, seen: &Seen, how: Misbehaviour) -> Reply {
        let set = self.answers.iter().find(|(part, _)| line.contains(part));
        let set = set.map(|(_, reply)| reply.clone());
        let works = how.does_the_work();
        let served = || self.service.as_mut()?.reply(seen, works);
        let set = set.or_else(served);
        let held = || self.holdings.as_mut()?.reply(seen, works);
        set.or_else(held).unwrap_or_else(|| self.plain(seen))
    }

    fn plain(&self, seen: &Seen) -> Reply {
        let body = self.body.clone();
        match seen.path().ends_with("/download") {
            true => Reply::message(body),
            false if self.is_file => Reply::file(body),
            false => Reply::json(body),
        }
    }
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        // Detached: a connection ends by itself, or with the runtime of the test.
        drop(tokio::spawn(async move { converse(stream, &state).await }));
    }
}

async fn converse(mut stream: TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let Some(seen) = read_request(&mut stream).await? else { return Ok(()) };
    let (how, reply) = lock(state).next(seen);
    match how {
        Misbehaviour::Hang => std::future::pending().await,
        Misbehaviour::Reset => return reset(&stream),
        Misbehaviour::Slow(pause) => tokio::time::sleep(pause).await,
        _ => {}
    }
    stream.write_all(&response(how, &reply)).await?;
    stream.shutdown().await
}

/// Closing with nothing left to linger sends a reset.
fn reset(stream: &TcpStream) -> io::Result<()> {
    stream.set_zero_linger()
}
