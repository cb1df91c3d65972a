//! The languages of mail search: what people type, what clients send, what engines are asked.
//!
//! Text in one of the languages becomes a syntax tree, the tree is resolved to one typed
//! [`Query`], and a query is emitted for a target. [`evaluate`](evaluate()) says what a query means. The crate
//! is pure: no I/O, no clock; today's date, the zone and the fields of an index are arguments.

pub mod analysis;
mod budget;
pub mod complete;
pub mod datatap;
pub mod emit;
mod error;
pub mod evaluate;
mod expr;
mod limits;
pub mod lucene;
mod message;
pub mod odata;
pub mod pattern;
mod postern;
mod query;
#[cfg(feature = "report")]
pub mod report;
mod resolve;
pub mod schema;
pub mod simplify;
mod span;
mod syntax;

pub use budget::Budget;
pub use emit::{Capabilities, Compiled, Fidelity, Note, Target};
pub use error::{Advice, AdviceCode, Code, Error, Errors};
pub use evaluate::evaluate;
pub use expr::Expr;
pub use limits::Limits;
pub use message::{Attachment, Message, Place, Recipient};
pub use postern::{SyntaxTree, parse, parse_within};
pub use query::{
    AttachmentTest, Comparison, Condition, FlagTest, InstantTest, Number, NumberTest,
    PersonPattern, Predicate, Query, RecipientTest, Role, StringTest, TextPattern, TextTest,
};
pub use resolve::postern::{Context, Parsed};
pub use span::{Located, Span};
