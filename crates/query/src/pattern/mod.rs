//! Patterns over one token, or over tokens near each other.

mod fuzzy;
mod proximity;
mod regex;
mod wildcard;

pub use fuzzy::Fuzzy;
pub use proximity::{Near, Sloppy};
pub use regex::{Regex, RegexFault, RegexState};
pub use wildcard::{Wildcard, WildcardPart};
