//! A target: a name, a title, and a function that translates a query.

use std::fmt;

use super::capabilities::Capabilities;
use super::compiled::Compiled;
use super::json::Json;
use crate::Query;

/// A search program that takes a query.
///
/// ```
/// use postern_query::{Capabilities, Fidelity, Target, odata};
///
/// let query = odata::parse_filter("hasAttachments")?;
/// let all = Target::ALL.iter().map(|target| (target.name, target.compile(&query, &Capabilities::default())));
/// let cannot = all.filter(|(_, compiled)| compiled.fidelity() == Fidelity::Unsupported);
/// // Documents of drives have no attachments.
/// assert_eq!(cannot.map(|(name, _)| name).collect::<Vec<_>>(), ["aqs-files"]);
///
/// let kql: Target = "kql".parse().unwrap();
/// let sent = kql.compile(&query, &Capabilities::default()).sent.unwrap();
/// assert_eq!(sent.parts(), [("text", "hasattachment:true".to_owned())]);
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name in command lines and JSON.
    pub name: &'static str,
    /// The name for people.
    pub title: &'static str,
    compile: Compile,
}

/// The function of a target. Only the target of the premium index looks at its capabilities.
type Compile = fn(&Query, &Capabilities) -> Compiled<Sent>;

impl Target {
    pub(super) const fn new(name: &'static str, title: &'static str, compile: Compile) -> Self {
        Self { name, title, compile }
    }

    /// Translates a query for this target.
    #[must_use]
    pub fn compile(&self, query: &Query, capabilities: &Capabilities) -> Compiled<Sent> {
        (self.compile)(query, capabilities)
    }
}

/// A translated query, in a form that can be printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sent {
    /// Parameters of a request.
    Parameters(Vec<(&'static str, String)>),
    /// The body of a request.
    Body(Json),
    /// A text.
    Text(String),
}

impl Sent {
    /// Its parts by name, for people.
    #[must_use]
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Parameters(parameters) => parameters.clone(),
            Self::Body(body) => vec![("body", body.to_string())],
            Self::Text(text) => vec![("text", text.clone())],
        }
    }

    /// The same for programs: parameters as an object, a body as it is, text as a string.
    #[must_use]
    pub fn into_json(self) -> Json {
        match self {
            Self::Parameters(parameters) => {
                let members = parameters.into_iter();
                Json::Object(members.map(|(name, value)| (name.to_owned(), value.into())).collect())
            }
            Self::Body(body) => body,
            Self::Text(text) => text.into(),
        }
    }
}

/// A name that no target has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownTarget(pub(super) String);

impl fmt::Display for UnknownTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no target `{}`", self.0)
    }
}

impl std::error::Error for UnknownTarget {}
