//! The compiler of mail search queries: from the text of people and clients to the requests of engines.
//!
//! ```text
//! typed text ──┐
//! OData filter ┼─ parse ─▶ syntax tree ─ resolve ─▶ Query ─┬─ evaluate ─▶ yes or no, of one Message
//! Lucene text ─┘                                           └─ emit ─▶ what a Target is sent, with notes
//! ```
//!
//! - **Parse** ([`parse`], [`odata`], [`lucene`], [`datatap`]) cuts text into a tree. It knows no field names.
//! - **Resolve** checks names, types, dates and people, once. Errors carry spans and say what to type instead.
//! - **[`Query`]** is the meaning that all languages share. Its types have no room for anything meaningless.
//! - **[`evaluate()`]** says which messages match. It is slow and obvious, and every engine is tested
//!   against it.
//! - **Emit** ([`Target`]) translates it. A target is exact, approximate or unsupported, and its notes say
//!   which words of the text differ and how. It drops and widens nothing in silence.
//!
//! ```
//! use postern_query::{Capabilities, Context, Fidelity, Message, Target, evaluate, parse};
//!
//! let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
//! let query = parse("has:attachment -is:read", &context)?.query;
//!
//! let mail = Message { has_attachments: Some(true), ..Message::default() };
//! assert!(evaluate(query.condition(), &mail));
//!
//! let kql: Target = "kql".parse().unwrap();
//! let compiled = kql.compile(&query, &Capabilities::default());
//! assert_eq!(compiled.fidelity(), Fidelity::Exact);
//! assert_eq!(compiled.sent.unwrap().parts()[0].1, "hasattachment:true AND (NOT isread:true)");
//! # Ok::<(), postern_query::Errors>(())
//! ```
//!
//! # Hostile input
//!
//! No text makes this crate panic, recurse without bound, or take more than time and memory linear in its
//! length. [`Limits`] bound one typed query. A [`Budget`] bounds all texts of a request, with the regular
//! expressions that are compiled for it. Each target has one function that quotes literals, so
//! no value can end its quotes. Errors repeat at most 500 bytes of typed text. They are not escaped for
//! a terminal or a page.
//!
//! # Purity
//!
//! No I/O and no clock: today, the zone, own addresses and the fields of an index are arguments.
//!
//! # Features
//!
//! - `report`: `report` draws errors and advice with carets, for a terminal.

pub mod analysis;
mod budget;
pub mod complete;
pub mod datatap;
pub mod emit;
mod error;
pub mod evaluate;
mod expr;
pub mod letters;
mod limits;
pub mod lucene;
mod message;
pub mod odata;
pub mod parts;
mod passage;
pub mod pattern;
mod postern;
mod query;
mod repair;
#[cfg(feature = "report")]
pub mod report;
mod resolve;
pub mod schema;
pub mod simplify;
mod span;
mod syntax;
mod typed;

pub use budget::Budget;
pub use emit::{Capabilities, Compiled, Direction, Fidelity, Note, Target, direction_of};
pub use error::{Advice, AdviceCode, Code, Error, Errors, Fix};
pub use evaluate::evaluate;
pub use expr::Expr;
pub use limits::Limits;
pub use message::{Attachment, FILE, Message, NO_CONTENT, Place, Recipient, THREAD_INDEX};
pub use passage::{Passage, Whose};
pub use postern::{SyntaxTree, parse, parse_within};
pub use query::{
    Among, AttachmentTest, Comparison, Condition, FlagTest, InstantTest, NamedSets, Number,
    NumberTest, PeopleField, PersonPattern, Predicate, Query, RecipientTest, Role, SetTest,
    StringTest, TextPattern, TextTest,
};
pub use resolve::postern::{Context, Parsed, period};
pub use span::{Located, Span};
pub use typed::parse_filtered;
