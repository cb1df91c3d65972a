//! `postern count`.

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use postern_gateway::wire::FacetName;

use super::{TableFormat, View};

#[derive(Args, Debug)]
pub(crate) struct Count {
    /// The query; several words are joined
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// What to count by; without it only how many match
    #[arg(long, value_name = "FIELD", value_parser = field())]
    pub(crate) by: Option<FacetName>,
    /// Show only the N most frequent values [default: all]
    #[arg(long, value_name = "N", requires = "by")]
    pub(crate) limit: Option<usize>,
    /// An OData filter that must match as well
    #[arg(long, value_name = "ODATA")]
    pub(crate) filter: Option<String>,
    /// Count older versions of files too
    #[arg(long)]
    pub(crate) versions: bool,
    #[command(flatten)]
    pub(crate) view: View,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TableFormat,
}

/// Reads the name of a field: those of facets.
fn field() -> impl TypedValueParser<Value = FacetName> {
    let fields = FacetName::names().filter_map(FacetName::parse);
    let fields = fields.filter(|one| one.facet().is_some());
    let value = |one: FacetName| PossibleValue::new(one.name()).hide(one.is_older());
    PossibleValuesParser::new(fields.map(value).collect::<Vec<_>>())
        .try_map(|name| FacetName::parse(&name).ok_or("no such field"))
}
