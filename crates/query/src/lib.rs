//! The languages of mail search: what people type, what clients send, what engines are asked.
//!
//! Text in one of the languages becomes a syntax tree, the tree is resolved to one typed
//! [`Query`], and a query is emitted for a target. [`evaluate`](evaluate()) says what a query means. The crate
//! is pure: no I/O, no clock; today's date, the zone and the fields of an index are arguments.

pub mod analysis;
mod error;
mod evaluate;
pub mod lucene;
mod message;
mod query;
pub mod schema;
mod span;
mod syntax;
mod wildcard;

pub use error::{Advice, AdviceCode, Code, Error, Errors};
pub use evaluate::{
    evaluate, flag_value, instant_value, name_words, number_value, people, person_matches,
    predicate_holds, recipients, string_value, text_values,
};
pub use message::{Attachment, Message, Recipient};
pub use query::{
    AttachmentTest, Comparison, Condition, FlagTest, InstantTest, Number, NumberTest,
    PersonPattern, Predicate, Query, RecipientTest, Role, StringTest, TextPattern, TextTest,
};
pub use span::{Located, Span};
pub use syntax::expr::Expr;
pub use wildcard::{Wildcard, WildcardPart};

/// OData as existing clients send it. (Contract for the other crates.)
pub mod odata {
    use crate::{Errors, Query, schema::Sort};
    /// Parses a filter.
    ///
    /// # Errors
    /// Whatever the service would refuse.
    pub fn parse_filter(_text: &str) -> Result<Query, Errors> {
        Ok(Query::everything())
    }
    /// Parses an order.
    ///
    /// # Errors
    /// Whatever the service would refuse.
    pub fn parse_order_by(_text: &str) -> Result<Vec<Sort>, Errors> {
        Ok(Vec::new())
    }
}
