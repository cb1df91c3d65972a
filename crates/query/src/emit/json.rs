//! A JSON value, for writing only.

use std::fmt;

/// A JSON value. The keys of an object keep their order.
///
/// ```
/// use postern_query::emit::Json;
///
/// let value = Json::object([("say", Json::from("\"hi\"\n")), ("times", Json::from(2))]);
/// assert_eq!(value.to_string(), r#"{"say":"\"hi\"\n","times":2}"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Json {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Values in order.
    List(Vec<Self>),
    /// Named values in order.
    Object(Vec<(String, Self)>),
}

impl Json {
    /// An object of these members.
    #[must_use]
    pub fn object<const N: usize>(members: [(&str, Self); N]) -> Self {
        Self::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    /// An object of one member.
    pub(crate) fn member(key: &str, value: impl Into<Self>) -> Self {
        Self::object([(key, value.into())])
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for Json {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Json {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<Vec<Self>> for Json {
    fn from(values: Vec<Self>) -> Self {
        Self::List(values)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Text(text) => quote(text, f),
            Self::List(values) => {
                listed(f, ('[', ']'), values.iter(), |value, f| write!(f, "{value}"))
            }
            Self::Object(members) => listed(f, ('{', '}'), members.iter(), |(key, value), f| {
                quote(key, f)?;
                write!(f, ":{value}")
            }),
        }
    }
}

fn listed<'f, T>(
    f: &mut fmt::Formatter<'f>,
    (open, close): (char, char),
    items: impl Iterator<Item = T>,
    write_item: impl Fn(T, &mut fmt::Formatter<'f>) -> fmt::Result,
) -> fmt::Result {
    write!(f, "{open}")?;
    for (index, item) in items.enumerate() {
        if index > 0 {
            write!(f, ",")?;
        }
        write_item(item, f)?;
    }
    write!(f, "{close}")
}

/// The only place that quotes a literal.
fn quote(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "\"")?;
    for c in text.chars() {
        match c {
            '"' => write!(f, "\\\""),
            '\\' => write!(f, "\\\\"),
            '\n' => write!(f, "\\n"),
            // Escapes more control characters than JSON demands, and characters that turn the direction of
            // text: they could mislead the reader of a log or a terminal.
            '\u{0}'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => {
                write!(f, "\\u{:04x}", u32::from(c))
            }
            other => write!(f, "{other}"),
        }?;
    }
    write!(f, "\"")
}
