//! `postern count`.

use postern_archive::Archive;
use postern_archive::search::{Counted, Counting, Counts, Facet};
use postern_gateway::Viewpoint;
use postern_gateway::wire::{CoverageView, FacetName, ValuesView};
use serde::Serialize;

use super::search::{asker, understood};
use crate::args::{Common, Count, TableFormat};
use crate::exit::Exit;
use crate::table::Table;
use crate::{data, output, settings, words};

/// Characters of the longest bar.
const LONGEST: usize = 40;

/// What is counted, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'static str>,
    zone: String,
    /// How many messages match.
    count: usize,
    #[serde(flatten)]
    values: Option<ValuesView>,
    coverage: CoverageView,
}

/// Counts what a query finds in the local index.
pub(crate) fn run(common: &Common, arguments: &Count) -> anyhow::Result<Exit> {
    let archive = Archive::below(&data::folder(common)?);
    let viewpoint = settings::viewpoint(common, &arguments.view)?;
    let (text, filter) = (arguments.query.join(" "), arguments.filter.as_deref());
    let Some(parsed) = understood(common, &text, filter, &viewpoint) else {
        return Ok(Exit::Failed);
    };
    let query = parsed.query;
    let query = if arguments.versions { query } else { query.newest_only() };
    let facet = arguments.by.and_then(FacetName::facet);
    let counting = Counting {
        facets: facet.as_slice(),
        most: arguments.limit.unwrap_or(usize::MAX),
        zone: &viewpoint.zone,
        ..Counting::default()
    };
    let counts = archive.index()?.counts(&query, &counting, &asker())?;
    show(&archive, arguments, &viewpoint, in_order(facet, counts))?;
    Ok(Exit::Done)
}

/// Periods come in their order.
fn in_order(facet: Option<Facet>, mut counts: Counts) -> Counts {
    if matches!(facet, Some(Facet::Year | Facet::Month | Facet::Day)) {
        let values = counts.facets.iter_mut();
        values.for_each(|one| one.values.sort_by(|one, other| one.value.cmp(&other.value)));
    }
    counts
}

fn show(
    archive: &Archive,
    arguments: &Count,
    viewpoint: &Viewpoint,
    counts: Counts,
) -> anyhow::Result<()> {
    let values = counts.facets.into_iter().next();
    match (arguments.format, values) {
        (TableFormat::Json, values) => output::json(&View {
            by: arguments.by.map(FacetName::name),
            zone: viewpoint.zone_name().to_owned(),
            count: counts.count,
            values: values.map(ValuesView::from),
            coverage: CoverageView::seen(&archive.coverage(), &[]),
        }),
        (TableFormat::Table | TableFormat::Csv, None) => output::line(counts.count),
        (TableFormat::Csv, Some(counted)) => {
            let mut table = Table::new(&["value", "count"]);
            for one in &counted.values {
                table.row([one.value.clone(), one.count.to_string()]);
            }
            table.csv()
        }
        (TableFormat::Table, Some(counted)) => {
            let mut table = Table::new(&["VALUE", "COUNT", ""]);
            let most = counted.values.iter().map(|one| one.count).max().unwrap_or_default();
            for one in &counted.values {
                table.row([one.value.clone(), one.count.to_string(), bar(one, most)]);
            }
            table.text()?;
            let others = match counted.others {
                0 => String::new(),
                others => format!(
                    ", {}",
                    words::counted(u64::try_from(others).unwrap_or(u64::MAX), "more value")
                ),
            };
            output::line(format!("{} found{others}", counts.count))
        }
    }
}

/// As long as its part of the most frequent value, and never nothing.
fn bar(one: &Counted, most: usize) -> String {
    "█".repeat((one.count * LONGEST).div_ceil(most.max(1)).min(LONGEST))
}
