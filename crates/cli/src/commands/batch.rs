//! `postern search --requests`: one JSON request a line, one JSON answer a line.

use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use anyhow::Context as _;
use postern_archive::search::{Index, Search};
use postern_gateway::Viewpoint;
use postern_query::{Budget, Errors, Query, datatap, lucene};
use serde::{Deserialize, Serialize};

use crate::args::{QueryType, Search as Arguments, SearchMode};
use crate::commands::search::typed_here;
use crate::exit::Exit;
use crate::terminal;

/// The keys of the DataTap search call, or `q` for the Postern language.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    q: Option<String>,
    query: Option<String>,
    filter: Option<String>,
    #[serde(alias = "$orderby")]
    orderby: Option<String>,
    top: Option<i64>,
    skip: Option<i64>,
    /// Repeated by the answer, for whoever reads it.
    name: Option<String>,
    #[serde(rename = "kind")]
    _kind: Option<serde_json::Value>,
    #[serde(rename = "expect")]
    _expect: Option<serde_json::Value>,
    #[serde(rename = "note")]
    _note: Option<serde_json::Value>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answer {
    Found { count: usize, ids: Vec<String> },
    Refused { error: Refusal },
}

#[derive(Serialize)]
struct Refusal {
    code: String,
    message: String,
}

#[derive(Serialize)]
struct Line {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(flatten)]
    answer: Answer,
}

/// Answers every request of a file, or of standard input for `-`.
pub(crate) fn run(
    index: &Index,
    path: &Path,
    arguments: &Arguments,
    viewpoint: &Viewpoint,
) -> anyhow::Result<Exit> {
    let mut out = BufWriter::new(io::stdout().lock());
    for line in lines(path)? {
        let line = line.context("the requests cannot be read")?;
        if !line.trim().is_empty() {
            let answer = serde_json::to_string(&answer(index, &line, arguments, viewpoint))?;
            writeln!(out, "{}", terminal::json(&answer))?;
        }
    }
    out.flush()?;
    Ok(Exit::Done)
}

fn lines(path: &Path) -> anyhow::Result<Box<dyn Iterator<Item = io::Result<String>>>> {
    if path.as_os_str() == "-" {
        return Ok(Box::new(io::stdin().lines()));
    }
    let file = std::fs::File::open(path)
        .with_context(|| format!("`{}` cannot be read", path.display()))?;
    Ok(Box::new(BufReader::new(file).lines()))
}

fn answer(index: &Index, line: &str, arguments: &Arguments, viewpoint: &Viewpoint) -> Line {
    let mut request: Request = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(error) => return Line { name: None, answer: refused("bad_request", &error) },
    };
    let name = request.name.take();
    Line {
        name,
        answer: find(index, &request, arguments, viewpoint).unwrap_or_else(|refusal| refusal),
    }
}

fn find(
    index: &Index,
    request: &Request,
    arguments: &Arguments,
    viewpoint: &Viewpoint,
) -> Result<Answer, Answer> {
    let (query, order) = understood(request, arguments, viewpoint)?;
    let (offset, limit) = page(request)?;
    let search =
        Search { query: &query, order: &order, after: None, offset, limit, highlight: false };
    let found = index
        .ids(&search, &super::search::asker())
        .map_err(|error| refused("search", &postern_archive::chain(&error)))?;
    Ok(Answer::Found { count: found.count, ids: found.ids })
}

/// The query, and the order: as asked for, else by score, else by id alone.
fn understood(
    request: &Request,
    arguments: &Arguments,
    viewpoint: &Viewpoint,
) -> Result<(Query, Vec<postern_query::schema::Sort>), Answer> {
    if let Some(q) = &request.q {
        let parsed = typed_here(q, viewpoint, &mut Budget::default());
        let query = parsed.map_err(|errors| query_refused(&errors))?.query.newest_only();
        let order = query.natural_order();
        return Ok((query, order));
    }
    let sent = datatap::Request {
        query: request.query.clone(),
        filter: request.filter.clone(),
        order_by: request.orderby.clone(),
    };
    let query = sent.parse(reading(arguments)).map_err(|fault| query_refused(&fault.errors))?;
    // Such a request is one of DataTap's search, which finds mail alone.
    let query = query.mail_only();
    let order = if query.is_scored() || !query.order().is_empty() {
        query.service_order()
    } else {
        Vec::new()
    };
    Ok((query, order))
}

fn reading(arguments: &Arguments) -> lucene::Options {
    lucene::Options {
        syntax: match arguments.query_type {
            QueryType::Full => lucene::Syntax::Full,
            QueryType::Simple => lucene::Syntax::Simple,
        },
        mode: match arguments.search_mode {
            SearchMode::Any => lucene::Mode::Any,
            SearchMode::All => lucene::Mode::All,
        },
    }
}

/// Offset and limit, as the search call has them: 50 when nothing is said, at most 1,000.
fn page(request: &Request) -> Result<(usize, usize), Answer> {
    let number = |name, value: i64, most: i64| match usize::try_from(value) {
        Ok(number) if value <= most => Ok(number),
        Ok(_) | Err(_) => {
            Err(refused("out_of_range", &format!("{name} may be 0 to {most}, not {value}")))
        }
    };
    let offset = number("skip", request.skip.unwrap_or_default(), 100_000)?;
    let limit = number("top", request.top.unwrap_or(50), i64::MAX)?;
    Ok((offset, limit.min(1_000)))
}

fn query_refused(errors: &Errors) -> Answer {
    let code = errors.as_slice().first().map_or("error", |error| error.code.as_str());
    refused(code, errors)
}

fn refused(code: &str, message: &dyn std::fmt::Display) -> Answer {
    Answer::Refused { error: Refusal { code: code.to_owned(), message: message.to_string() } }
}
