//! The flags of `postern search` and `postern translate`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use postern_query::Target;

use super::{TextOrJson, View};

#[derive(Args, Debug)]
pub(crate) struct Search {
    /// The query; several words are joined
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// Messages to show at most
    #[arg(long, value_name = "N", default_value_t = 25, allow_negative_numbers = true, value_parser = super::at_most)]
    pub(crate) limit: usize,
    /// newest, oldest, relevance, largest, smallest, sender or subject
    #[arg(long, value_name = "ORDER")]
    pub(crate) sort: Option<String>,
    /// Print only the number of matches
    #[arg(long)]
    pub(crate) count: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: SearchFormat,
    /// An OData filter that must match as well
    #[arg(long, value_name = "ODATA")]
    pub(crate) filter: Option<String>,
    /// Find older versions of files too
    #[arg(long)]
    pub(crate) versions: bool,
    /// Show messages with the same Message-ID as one, with its copies
    #[arg(long, conflicts_with = "requests")]
    pub(crate) collapse: bool,
    /// Show how Postern understood the query
    #[arg(long)]
    pub(crate) explain: bool,
    /// Answer a batch: one JSON request a line, from a file or - for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["query", "count", "explain"])]
    pub(crate) requests: Option<PathBuf>,
    /// Who is asked
    #[arg(long, value_enum, default_value_t, conflicts_with_all = ["requests", "explain"])]
    pub(crate) engine: Engine,
    /// The tenant whose server of Veeam is asked [default: the only one of the configuration]
    #[arg(long, value_name = "ID", env = "POSTERN_TENANT")]
    pub(crate) tenant: Option<String>,
    /// How `query` of a batch is read
    #[arg(long, value_enum, default_value_t)]
    pub(crate) query_type: QueryType,
    /// How words of `query` are joined in a batch
    #[arg(long, value_enum, default_value_t)]
    pub(crate) search_mode: SearchMode,
    #[command(flatten)]
    pub(crate) view: View,
}

#[derive(Args, Debug)]
pub(crate) struct Translate {
    /// The query; several words are joined
    #[arg(value_name = "QUERY")]
    pub(crate) query: Vec<String>,
    /// The language of the query
    #[arg(long, value_enum, default_value_t)]
    pub(crate) from: Language,
    /// The target, or `english` for what the query means and no more
    #[arg(long, value_name = "TARGET", default_value = "all", value_parser = targets())]
    pub(crate) to: &'static [Target],
    /// A saved /fields answer of the premium index
    #[arg(long, value_name = "FILE")]
    pub(crate) fields: Option<PathBuf>,
    /// Mend the faults of the query first, where their hints say how
    #[arg(long)]
    pub(crate) fix: bool,
    #[command(flatten)]
    pub(crate) view: View,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: TextOrJson,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SearchFormat {
    #[default]
    Table,
    Json,
    Jsonl,
    Ids,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// The index of this machine
    #[default]
    Local,
    /// The item search of Veeam, as `[tenants.veeam]` of --config names it
    Veeam,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueryType {
    #[default]
    Full,
    Simple,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SearchMode {
    #[default]
    Any,
    All,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    #[default]
    Postern,
    Odata,
    Lucene,
}

/// Reads which targets are shown. What a query means in English is shown in any case.
fn targets() -> impl TypedValueParser<Value = &'static [Target]> {
    let each = Target::ALL.iter().map(|target| PossibleValue::new(target.name).help(target.title));
    let names: Vec<_> = [PossibleValue::new("all")].into_iter().chain(each).collect();
    PossibleValuesParser::new(names.into_iter().chain([PossibleValue::new("english")])).map(
        |name| match Target::ALL.iter().find(|target| target.name == name) {
            Some(target) => std::slice::from_ref(target),
            None if name == "all" => Target::ALL,
            None => &[],
        },
    )
}
