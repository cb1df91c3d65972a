//! A typed query with a filter beside it, as a search takes both.

use crate::datatap::Refused;
use crate::{Budget, Context, Parsed, odata, parse_within};

/// Parses a typed query and an OData filter that must hold as well, to be answered here: at the cost of one budget,
/// compiled expressions included.
///
/// ```
/// use postern_query::{Context, parse_filtered};
///
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
/// assert!(parse_filtered("invoice", Some("isRead eq false"), &context).is_ok());
/// assert_eq!(parse_filtered("invoice", Some("isRead eq"), &context).unwrap_err().part, "filter");
/// ```
///
/// # Errors
///
/// The part that was refused, `q` or `filter`, and every fault of it.
pub fn parse_filtered(
    text: &str,
    filter: Option<&str>,
    context: &Context,
) -> Result<Parsed, Refused> {
    let refused = |part| move |errors| Refused { part, errors };
    let mut budget = Budget::default();
    let mut parsed = parse_within(text, context, &mut budget).map_err(refused("q"))?;
    budget.compile(&parsed.query, text).map_err(refused("q"))?;
    if let Some(filter) = filter {
        let more = odata::parse_filter_within(filter, &mut budget).map_err(refused("filter"))?;
        budget.compile(&more, filter).map_err(refused("filter"))?;
        parsed.query = parsed.query.and(more);
    }
    Ok(parsed)
}
