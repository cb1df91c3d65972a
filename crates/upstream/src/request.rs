//! What is asked, and how it is written into a URL.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but the unreserved characters of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The index of a tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target<'a> {
    /// The tenant's id.
    pub tenant: &'a str,
    /// The name of its index.
    pub index: &'a str,
}

impl Target<'_> {
    /// The path of something that belongs to the index, such as `documents`.
    ///
    /// ```
    /// use postern_upstream::Target;
    ///
    /// let target = Target { tenant: "t 1", index: "mail" };
    /// assert_eq!(target.path("fields"), "/api/t%201/indexes/mail/fields");
    /// ```
    #[must_use]
    pub fn path(&self, leaf: &str) -> String {
        format!("/api/{}/indexes/{}/{leaf}", escape(self.tenant), escape(self.index))
    }
}

/// One search: absent parts are not sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchRequest {
    /// Lucene text over subject and body.
    pub query: Option<String>,
    /// OData condition on fields.
    pub filter: Option<String>,
    /// OData order.
    pub order_by: Option<String>,
    /// How many hits at most.
    pub top: usize,
    /// How many hits to leave out.
    pub skip: usize,
}

impl SearchRequest {
    /// The query string. The service names most parameters bare and the order with a dollar.
    ///
    /// ```
    /// use postern_upstream::SearchRequest;
    ///
    /// let request = SearchRequest {
    ///     filter: Some("isRead eq true".into()),
    ///     order_by: Some("size desc".into()),
    ///     top: 5,
    ///     ..SearchRequest::default()
    /// };
    /// let expected = "top=5&skip=0&filter=isRead%20eq%20true&$orderby=size%20desc";
    /// assert_eq!(request.to_query_string(), expected);
    /// ```
    #[must_use]
    pub fn to_query_string(&self) -> String {
        let texts =
            [("query", &self.query), ("filter", &self.filter), ("$orderby", &self.order_by)];
        let mut out = format!("top={}&skip={}", self.top, self.skip);
        for (name, text) in texts {
            if let Some(text) = text {
                out.extend(["&", name, "=", &escape(text)]);
            }
        }
        out
    }
}

pub(crate) fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}
