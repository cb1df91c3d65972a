//! What a request means. The one place where query text is read and compiled: a few texts at a time, off
//! the threads that talk to clients, at the cost of one budget a request.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use postern_archive::search::AddressBook;
use postern_query::datatap::KnownPeople;
use postern_query::{
    Advice, Budget, Capabilities, Compiled, Context, Errors, PersonPattern, Query, Role, datatap,
    lucene, odata, parse_within,
};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::time::timeout_at;
use utoipa::ToSchema;

use crate::local::LocalError;

/// A part that was refused, by the name of its parameter.
pub(crate) use postern_query::datatap::Refused;

/// Addresses that one person of a query may stand for in a filter.
const MOST_ADDRESSES: usize = 100;

/// People of the book that are looked at for one query: who is meant by a part of an address or by a
/// name is found by going through all of them.
const MOST_LOOKED_AT: usize = 500_000;

/// Where text is read.
#[derive(Clone, Debug)]
pub(crate) struct Language {
    reader: Reader,
    room: Arc<Semaphore>,
}

/// How text is read. Only work that stands [aside](Language::aside) gets hold of one, so that no text is
/// read on a thread that talks to clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reader {
    reading: lucene::Options,
}

/// A query of the native face that was understood.
#[derive(Clone, Debug)]
pub(crate) struct Understood {
    pub(crate) query: Query,
    pub(crate) canonical: String,
    pub(crate) advice: Vec<Advice>,
    /// Which versions of files are meant.
    pub(crate) versions: Versions,
    /// Why it costs too much to be answered here; premium may answer it.
    pub(crate) too_costly: Option<Refused>,
}

/// Which versions of a file a search finds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Versions {
    /// The newest one.
    #[default]
    Newest,
    /// Older ones too, each of which names the newest.
    All,
}

impl Versions {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "newest" => Some(Self::Newest),
            "all" => Some(Self::All),
            _ => None,
        }
    }
}

impl Understood {
    /// The query for an index that holds files beside mail.
    pub(crate) fn here(&self) -> Query {
        match self.versions {
            Versions::Newest => self.query.clone().newest_only(),
            Versions::All => self.query.clone(),
        }
    }
}

/// A query, and whether its expressions could be compiled.
type Read = Result<(Query, Result<(), Errors>), Errors>;

impl Language {
    pub(crate) fn new(reading: lucene::Options) -> Self {
        let at_once = std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2));
        Self { reader: Reader { reading }, room: Arc::new(Semaphore::new(at_once)) }
    }

    /// Reads or compiles off the threads that talk to clients. The budget bounds how long that takes,
    /// so what goes on after the deadline soon ends.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&Reader) -> T + Send + 'static,
    ) -> Result<T, LocalError> {
        let (reader, room) = (self.reader.clone(), Arc::clone(&self.room));
        let reading = async move {
            let permit = room.acquire_owned().await;
            let task = tokio::task::spawn_blocking(move || {
                let _permit = permit;
                work(&reader)
            });
            task.await
        };
        match timeout_at(deadline.into(), reading).await {
            Err(_) => Err(LocalError::Late),
            Ok(Err(_)) => Err(LocalError::Failed("reading the query broke off".to_owned())),
            Ok(Ok(result)) => Ok(result),
        }
    }
}

impl Reader {
    /// Reads what a client of the service sends, to be answered here.
    pub(crate) fn read_drop_in(&self, request: &datatap::Request) -> Result<Query, Refused> {
        request.parse(self.reading)
    }

    /// Reads what a person types, and a filter that holds as well.
    pub(crate) fn read(
        &self,
        text: &str,
        more: Option<&str>,
        context: &Context,
    ) -> Result<Understood, Refused> {
        let refused = |part| move |errors| Refused { part, errors };
        let mut budget = Budget::default();
        let parsed = parse_within(text, context, &mut budget).map_err(refused("q"))?;
        let compiled = budget.compile(&parsed.query, text).map_err(refused("q"));
        let more = filter(more.unwrap_or_default(), &mut budget);
        let (more, of_filter) = more.map_err(refused("filter"))?;
        Ok(Understood {
            query: parsed.query.and(more),
            canonical: parsed.canonical,
            advice: parsed.advice,
            versions: Versions::default(),
            too_costly: compiled.and(of_filter.map_err(refused("filter"))).err(),
        })
    }

    /// The same, to be answered here.
    pub(crate) fn read_here(
        &self,
        text: &str,
        more: Option<&str>,
        context: &Context,
    ) -> Result<Understood, Refused> {
        let mut understood = self.read(text, more, context)?;
        understood.too_costly.take().map_or(Ok(understood), Err)
    }

    /// Says a query to premium, people by the addresses that the book knows.
    pub(crate) fn compile(
        &self,
        query: &Query,
        capabilities: &Capabilities,
        book: Option<&AddressBook>,
    ) -> Compiled<datatap::Request> {
        let Some((book, as_of)) = book.and_then(|book| Some((book, book.as_of()?))) else {
            return datatap::compile(query, capabilities);
        };
        let people = People::of(book);
        let addresses = |_: Role, pattern: &PersonPattern| people.addresses(pattern);
        datatap::compile_knowing(query, capabilities, &KnownPeople { addresses: &addresses, as_of })
    }
}

/// The people of one query in the address book, each pattern looked for once.
struct People<'b> {
    book: &'b AddressBook,
    in_book: usize,
    /// How many may still be looked at.
    left: Cell<usize>,
    found: RefCell<HashMap<PersonPattern, Option<Vec<String>>>>,
}

impl<'b> People<'b> {
    fn of(book: &'b AddressBook) -> Self {
        let in_book = book.people().count();
        Self { book, in_book, left: Cell::new(MOST_LOOKED_AT), found: RefCell::default() }
    }

    /// The addresses that a pattern means; nothing where there are too many, or to find out is too dear.
    fn addresses(&self, pattern: &PersonPattern) -> Option<Vec<String>> {
        if let PersonPattern::Address(address) = pattern {
            let spellings = self.book.person(address).map(|person| person.spellings.keys());
            let spellings: Vec<_> = spellings.into_iter().flatten().cloned().collect();
            return (spellings.len() <= MOST_ADDRESSES).then_some(spellings);
        }
        if let Some(found) = self.found.borrow().get(pattern) {
            return found.clone();
        }
        let found = self.look_for(pattern);
        self.found.borrow_mut().insert(pattern.clone(), found.clone());
        found
    }

    fn look_for(&self, pattern: &PersonPattern) -> Option<Vec<String>> {
        self.left.set(self.left.get().checked_sub(self.in_book)?);
        self.book.addresses(pattern, MOST_ADDRESSES)
    }
}

fn filter(text: &str, budget: &mut Budget) -> Read {
    let query = odata::parse_filter_within(text, budget)?;
    let compiled = budget.compile(&query, text);
    Ok((query, compiled))
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn text_is_read_on_another_thread() {
        let language = Language::new(lucene::Options::default());
        let soon = Instant::now() + Duration::from_secs(20);
        let thread = language.aside(soon, |_| thread::current().id()).await.unwrap();
        assert_ne!(thread, thread::current().id());
    }

    #[tokio::test]
    async fn nobody_waits_for_a_place_beyond_the_deadline() {
        let language = Language {
            room: Arc::new(Semaphore::new(1)),
            ..Language::new(lucene::Options::default())
        };
        let held = Arc::clone(&language.room).acquire_owned().await.unwrap();
        assert_eq!(language.aside(Instant::now(), |_| ()).await, Err(LocalError::Late));
        drop(held);
        let soon = Instant::now() + Duration::from_secs(20);
        assert_eq!(language.aside(soon, |_| ()).await, Ok(()));
    }

    /// A thousand names over a book of ten thousand people would look at ten million.
    #[test]
    fn few_people_are_looked_at_for_one_query() {
        let mut book = AddressBook::default();
        for number in 0..10_000 {
            let from_address = Some(format!("p{number}@contoso.com"));
            book.add(&postern_query::Message { from_address, ..Default::default() });
        }
        let people = People::of(&book);
        let named = |number: usize| PersonPattern::Words(format!("p{number}").into());
        let known = (0..1_000).filter(|number| people.addresses(&named(*number)).is_some());
        assert_eq!(known.count(), MOST_LOOKED_AT / 10_000);
        assert_eq!(people.addresses(&named(7)).unwrap(), ["p7@contoso.com"], "looked for before");
        let whole = PersonPattern::Address("p999@contoso.com".into());
        assert_eq!(people.addresses(&whole).unwrap(), ["p999@contoso.com"], "costs nothing");
    }

    #[test]
    fn the_texts_of_a_request_share_one_budget() {
        let reader = Reader { reading: lucene::Options::default() };
        let filter = vec!["size ne 5"; Budget::TERMS].join(" and ");
        let of = |query: &str| datatap::Request {
            query: Some(query.to_owned()),
            filter: Some(filter.clone()),
            order_by: None,
        };
        assert!(reader.read_drop_in(&of("")).is_ok());
        let refused = reader.read_drop_in(&of("invoice")).unwrap_err();
        assert_eq!(
            (refused.part, refused.errors.as_slice()[0].code),
            ("filter", postern_query::Code::TooCostly)
        );
    }
}
