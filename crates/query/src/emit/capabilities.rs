//! The capabilities of an endpoint of the premium service.

use std::collections::BTreeMap;

use crate::schema::{CATEGORIES, FlagField, InstantField, NumberField, StringField, TextField};
use crate::syntax::lucene::Syntax;

/// The uses of one field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FieldCapability {
    /// It may stand in a filter.
    pub filterable: bool,
    /// It may stand in an order.
    pub sortable: bool,
    /// Full text searches it.
    pub searchable: bool,
}

/// The fields of an index by their paths, such as `toRecipients/address`.
///
/// ```
/// use postern_query::datatap::{FieldCapability, IndexFields};
///
/// let fields: IndexFields =
///     [("subject".to_owned(), FieldCapability { searchable: true, ..Default::default() })].into_iter().collect();
/// assert!(fields.get("subject").searchable && !fields.get("folder").filterable);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexFields(BTreeMap<String, FieldCapability>);

impl IndexFields {
    /// The fields that the vendor's published pages name, and those that mirror Microsoft Graph.
    /// Only subject and body are known to be searchable.
    #[must_use]
    pub fn documented() -> Self {
        const FILTERABLE: &[&str] = &[
            "internetMessageId",
            "conversationId",
            "fromName",
            "toRecipients/name",
            "toRecipients/address",
            "ccRecipients/name",
            "ccRecipients/address",
            "bccRecipients/name",
            "bccRecipients/address",
            "categories",
            "attachments/name",
            "attachments/contentType",
            "attachments/size",
        ];
        const SORTABLE: &[&str] = &[
            "subject",
            "fromAddress",
            "receivedDateTime",
            "sentDateTime",
            "hasAttachments",
            "importance",
            "isRead",
        ];
        let plain = FieldCapability { filterable: true, ..FieldCapability::default() };
        let sortable = FieldCapability { sortable: true, ..plain };
        let mut fields = BTreeMap::new();
        fields.extend(FILTERABLE.iter().map(|path| ((*path).to_owned(), plain)));
        fields.extend(SORTABLE.iter().map(|path| ((*path).to_owned(), sortable)));
        fields.insert("subject".to_owned(), FieldCapability { searchable: true, ..sortable });
        fields.insert(
            "body".to_owned(),
            FieldCapability { searchable: true, ..FieldCapability::default() },
        );
        Self(fields)
    }

    /// Every field of the premium index that this crate knows, for every use.
    #[must_use]
    pub fn complete() -> Self {
        let all = FieldCapability { filterable: true, sortable: true, searchable: true };
        let (strings, texts) = (StringField::PREMIUM.iter(), TextField::PREMIUM.iter());
        let mut paths: Vec<_> = strings.map(|field| field.path()).collect();
        paths.extend(texts.map(|field| field.path()));
        paths.extend(FlagField::PREMIUM.iter().map(|field| field.path()));
        paths.extend(NumberField::PREMIUM.iter().map(|field| field.path()));
        paths.extend(InstantField::PREMIUM.iter().map(|field| field.path()));
        paths.extend([CATEGORIES, "attachments/contentType", "attachments/size"]);
        paths.into_iter().map(|path| (path.to_owned(), all)).collect()
    }

    /// The uses of the field. A field that the index does not have has none.
    #[must_use]
    pub fn get(&self, path: &str) -> FieldCapability {
        self.0.get(path).copied().unwrap_or_default()
    }

    /// Whether the index has the field.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }
}

impl FromIterator<(String, FieldCapability)> for IndexFields {
    fn from_iter<I: IntoIterator<Item = (String, FieldCapability)>>(fields: I) -> Self {
        Self(fields.into_iter().collect())
    }
}

/// The capabilities of an endpoint of the premium service: probed from `/fields`, or configured.
///
/// ```
/// use postern_query::{datatap, Capabilities, Context, Fidelity};
///
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
/// let query = postern_query::parse("invoice OR has:attachment", &context)?.query;
/// let fidelity = |search_functions| {
///     let capabilities = Capabilities { search_functions, ..Capabilities::default() };
///     datatap::compile(&query, &capabilities).fidelity()
/// };
/// assert_eq!((fidelity(false), fidelity(true)), (Fidelity::Unsupported, Fidelity::Exact));
/// # Ok::<(), postern_query::Errors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The fields of the index.
    pub fields: IndexFields,
    /// How the service reads `query`.
    pub syntax: Syntax,
    /// Whether the endpoint passes `search.in` and `search.ismatch` through in filters.
    pub search_functions: bool,
    /// Whether the service is known to store addresses in lower case.
    pub lower_case_addresses: bool,
    /// Bytes that the percent-encoded query string may have.
    pub url_budget: usize,
}

impl Default for Capabilities {
    /// The documented fields, full syntax as in the vendor's own sample, no functions, 6,000 bytes.
    fn default() -> Self {
        Self {
            fields: IndexFields::documented(),
            syntax: Syntax::Full,
            search_functions: false,
            lower_case_addresses: false,
            url_budget: 6_000,
        }
    }
}
