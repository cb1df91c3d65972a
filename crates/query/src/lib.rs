//! The languages of mail search: what people type, what clients send, what engines are asked.
//!
//! Text in one of the languages becomes a syntax tree, the tree is resolved to one typed
//! [`Query`], and a query is emitted for a target. [`evaluate`](evaluate()) says what a query means. The crate
//! is pure: no I/O, no clock; today's date, the zone and the fields of an index are arguments.

pub mod analysis;
mod budget;
pub mod complete;
mod emit;
mod error;
pub mod evaluate;
mod fuzzy;
mod limits;
pub mod lucene;
mod message;
pub mod odata;
mod postern;
mod proximity;
mod query;
mod regex;
#[cfg(feature = "report")]
pub mod report;
mod resolve;
pub mod schema;
mod simplify;
mod span;
mod syntax;
mod wildcard;

pub use analysis::name_words;
pub use budget::Budget;
pub use emit::{
    Capabilities, Compiled, Fidelity, FieldCapability, IndexFields, Json, KnownPeople, Note, aqs,
    datatap, elasticsearch, english, kql,
};
pub use error::{Advice, AdviceCode, Code, Error, Errors};
pub use evaluate::{
    evaluate, flag_value, instant_value, number_value, people, person_matches, recipients,
    string_matches, string_value, text_values,
};
pub use fuzzy::Fuzzy;
pub use limits::Limits;
pub use message::{Attachment, Message, Place, Recipient};
pub use postern::{Context, Parsed, Syntax, parse, parse_within};
pub use proximity::{Near, Sloppy};
pub use query::{
    AttachmentTest, Comparison, Condition, FlagTest, InstantTest, Number, NumberTest,
    PersonPattern, Predicate, Query, RecipientTest, Role, StringTest, TextPattern, TextTest,
};
pub use regex::{Regex, RegexFault, RegexState};
pub use simplify::{Rewrite, Simplified};
pub use span::{Located, Span};
pub use syntax::expr::Expr;
pub use wildcard::{Wildcard, WildcardPart};
