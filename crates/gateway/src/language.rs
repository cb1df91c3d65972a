//! What a request means. The one place where query text is read and compiled.

use jiff::Timestamp;
use postern_local_index::search::AddressBook;
use postern_query::{
    Advice, Capabilities, Compiled, Context, Errors, KnownPeople, Query, Role, datatap, lucene,
    odata,
};

/// Addresses that one person of a query may stand for in a filter.
const MOST_ADDRESSES: usize = 100;

/// How text is read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Language {
    pub(crate) reading: lucene::Options,
}

/// The parts of a search in the words of existing clients.
#[derive(Clone, Debug, Default)]
pub(crate) struct DropIn {
    pub(crate) query: Option<String>,
    pub(crate) filter: Option<String>,
    pub(crate) order_by: Option<String>,
}

/// A part that was refused, by the name of its parameter.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) part: &'static str,
    pub(crate) errors: Errors,
}

/// A query of the native face that was understood.
#[derive(Clone, Debug)]
pub(crate) struct Understood {
    pub(crate) query: Query,
    pub(crate) canonical: String,
    pub(crate) advice: Vec<Advice>,
}

impl Language {
    /// Reads what a client of the service sends.
    pub(crate) fn read_drop_in(&self, request: &DropIn) -> Result<Query, Refused> {
        let refused = |part| move |errors| Refused { part, errors };
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        let words = lucene::parse(&text(&request.query), self.reading).map_err(refused("query"))?;
        let filter = odata::parse_filter(&text(&request.filter)).map_err(refused("filter"))?;
        let order = odata::parse_order_by(&text(&request.order_by)).map_err(refused("$orderby"))?;
        Ok(words.and(filter).ordered_by(order))
    }

    /// Reads what a person types, and a filter that holds as well.
    pub(crate) fn read(
        &self,
        text: &str,
        filter: Option<&str>,
        now: Timestamp,
    ) -> Result<Understood, Refused> {
        let parsed = postern_query::parse(text, &Context::utc(now))
            .map_err(|errors| Refused { part: "q", errors })?;
        let filter = odata::parse_filter(filter.unwrap_or_default())
            .map_err(|errors| Refused { part: "filter", errors })?;
        Ok(Understood {
            query: parsed.query.and(filter),
            canonical: parsed.canonical,
            advice: parsed.advice,
        })
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
        let addresses = |_: Role, pattern: &_| book.addresses(pattern, MOST_ADDRESSES);
        datatap::compile_knowing(query, capabilities, &KnownPeople { addresses: &addresses, as_of })
    }
}
