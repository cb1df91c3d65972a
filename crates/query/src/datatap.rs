//! A search request of the DataTap API, as clients send it and as the premium service receives it.

use std::fmt;

use crate::{Budget, Errors, Query, lucene, odata};

pub use crate::emit::datatap::{Request, compile, compile_knowing};
pub use crate::emit::{FieldCapability, IndexFields, KnownPeople};

/// A part of a request that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The name of its parameter: `query`, `filter` or `$orderby`.
    pub part: &'static str,
    /// The faults. Spans are those of this part.
    pub errors: Errors,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.part, self.errors)
    }
}

impl std::error::Error for Refused {}

impl Request {
    /// Reads a request to the search endpoint for the local index, at the cost of one budget. `reading` says
    /// how to read its text.
    ///
    /// ```
    /// use postern_query::{datatap::Request, evaluate, lucene, Message};
    ///
    /// let request = Request { filter: Some("isRead ne true".into()), ..Request::default() };
    /// let query = request.parse(lucene::Options::default())?;
    /// assert!(evaluate(query.condition(), &Message::default()));
    /// # Ok::<(), postern_query::datatap::Refused>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the service would refuse the request, or the request costs more than the budget.
    pub fn parse(&self, reading: lucene::Options) -> Result<Query, Refused> {
        let mut budget = Budget::default();
        let words = self.words(reading, &mut budget).map_err(refused("query"))?;
        let filter = self.conditions(&mut budget).map_err(refused("filter"))?;
        let order = odata::parse_order_by(self.order_by.as_deref().unwrap_or_default());
        Ok(words.and(filter).ordered_by(order.map_err(refused("$orderby"))?))
    }

    fn words(&self, reading: lucene::Options, budget: &mut Budget) -> Result<Query, Errors> {
        let text = self.query.as_deref().unwrap_or_default();
        let query = lucene::parse_within(text, reading, budget)?;
        budget.compile(&query, text)?;
        Ok(query)
    }

    fn conditions(&self, budget: &mut Budget) -> Result<Query, Errors> {
        let text = self.filter.as_deref().unwrap_or_default();
        let query = odata::parse_filter_within(text, budget)?;
        budget.compile(&query, text)?;
        Ok(query)
    }
}

const fn refused(part: &'static str) -> impl FnOnce(Errors) -> Refused {
    move |errors| Refused { part, errors }
}
