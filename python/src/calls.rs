//! The functions of the package. Each reads its arguments, and does its work without the lock of the interpreter.

use postern_query::complete::{Cursor, Proposal, Wanted};
use postern_query::{Budget, Capabilities, Compiled, Context, Errors, Target, evaluate};
use postern_query::{lucene, odata, parse_within};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

use crate::asked::{context, text};
use crate::fields::{Fields, json};
use crate::parsed::Parsed;
use crate::translation::Translation;
use crate::{faults, parts, places};

/// Translates a query for a target.
///
/// Raises `QueryError` for a query with faults, and `Unsupported` where the target cannot say it. `today`, `zone` and
/// `me` say from where it is read; `fields` says what the index can do.
#[pyfunction]
#[pyo3(signature = (query, *, target = "datatap", language = "postern", today = None, zone = "UTC", me = None, fields = None))]
#[expect(clippy::too_many_arguments, reason = "Python names them")]
pub(crate) fn translate(
    py: Python<'_>,
    query: &Bound<'_, PyString>,
    target: &str,
    language: &str,
    today: Option<&Bound<'_, PyAny>>,
    zone: &str,
    me: Option<&Bound<'_, PyAny>>,
    fields: Option<&Bound<'_, Fields>>,
) -> PyResult<Translation> {
    let (text, context) = (text(query)?, context(today, zone, me)?);
    let target: Target = target.parse().map_err(|_| no_target(target))?;
    let language: Language = language.parse()?;
    let known = Capabilities::default();
    let capabilities = fields.map_or(&known, |fields| &fields.get().0);
    let done = py.detach(|| {
        let parsed = language.read(&text, &context)?;
        let compiled = target.compile(&parsed.query, capabilities);
        Ok((parsed, compiled))
    });
    let (parsed, Compiled { sent, notes }) =
        done.map_err(|errors| faults::query_error(py, &text, &errors))?;
    let Some(sent) = sent else { return Err(faults::unsupported(py, &text, &notes)) };
    let (compiled, is_typed) = (Compiled { sent: None, notes }, language == Language::Postern);
    Ok(Translation { query: text, is_typed, parsed, target, compiled, sent })
}

fn no_target(name: &str) -> PyErr {
    let names: Vec<_> = Target::ALL.iter().map(|target| target.name).collect();
    PyValueError::new_err(format!("there is no target `{name}`; there are {}", names.join(", ")))
}

/// The language that a query is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Postern,
    Odata,
    Lucene,
}

impl std::str::FromStr for Language {
    type Err = PyErr;

    fn from_str(name: &str) -> PyResult<Self> {
        match name {
            "postern" => Ok(Self::Postern),
            "odata" => Ok(Self::Odata),
            "lucene" => Ok(Self::Lucene),
            _ => Err(PyValueError::new_err("language is postern, odata or lucene")),
        }
    }
}

impl Language {
    fn read(self, text: &str, context: &Context) -> Result<postern_query::Parsed, Errors> {
        let query = match self {
            Self::Postern => return postern_query::parse(text, context),
            Self::Odata => odata::parse_filter(text)?,
            Self::Lucene => lucene::parse(text, lucene::Options::default())?,
        };
        Ok(postern_query::Parsed { query, canonical: String::new(), advice: Vec::new() })
    }
}

/// Translates an OData filter, by default back to the language that people type: see `text` of the answer.
#[pyfunction]
#[pyo3(signature = (filter, *, target = "postern"))]
pub(crate) fn from_odata(
    py: Python<'_>,
    filter: &Bound<'_, PyString>,
    target: &str,
) -> PyResult<Translation> {
    translate(py, filter, target, "odata", None, "UTC", None, None)
}

/// Reads a query: its one canonical text, its meaning in English, and remarks. Raises `QueryError`.
#[pyfunction]
#[pyo3(signature = (query, *, today = None, zone = "UTC", me = None))]
pub(crate) fn parse(
    py: Python<'_>,
    query: &Bound<'_, PyString>,
    today: Option<&Bound<'_, PyAny>>,
    zone: &str,
    me: Option<&Bound<'_, PyAny>>,
) -> PyResult<Parsed> {
    let (text, context) = (text(query)?, context(today, zone, me)?);
    let parsed = py.detach(|| postern_query::parse(&text, &context));
    let parsed = parsed.map_err(|errors| faults::query_error(py, &text, &errors))?;
    Ok(Parsed { text, parsed })
}

/// What a query means, as a sentence. Raises `QueryError`.
#[pyfunction]
#[pyo3(signature = (query, *, today = None, zone = "UTC", me = None))]
pub(crate) fn english(
    py: Python<'_>,
    query: &Bound<'_, PyString>,
    today: Option<&Bound<'_, PyAny>>,
    zone: &str,
    me: Option<&Bound<'_, PyAny>>,
) -> PyResult<String> {
    let (text, context) = (text(query)?, context(today, zone, me)?);
    let said = py.detach(|| {
        let parsed = postern_query::parse(&text, &context)?;
        Ok(postern_query::emit::english::describe(&parsed.query))
    });
    said.map_err(|errors| faults::query_error(py, &text, &errors))
}

/// The faults of a query, in the order of the text; none for a query that is right.
#[pyfunction]
#[pyo3(signature = (query, *, today = None, zone = "UTC", me = None))]
pub(crate) fn check<'py>(
    py: Python<'py>,
    query: &Bound<'py, PyString>,
    today: Option<&Bound<'py, PyAny>>,
    zone: &str,
    me: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let context = context(today, zone, me)?;
    let text = match text(query) {
        Ok(text) => text,
        Err(error) => return error.value(py).getattr("errors")?.cast_into().map_err(PyErr::from),
    };
    let errors = py.detach(|| postern_query::parse(&text, &context).err());
    let each = errors.iter().flat_map(Errors::as_slice);
    parts::tuple(py, each, |error| parts::error(py, &text, error))
}

/// What can come next at a cursor, an index of the text; by default at its end. `limit` is the most suggestions.
#[pyfunction]
#[pyo3(signature = (query, cursor = None, *, limit = 10, today = None, zone = "UTC", me = None))]
pub(crate) fn complete<'py>(
    py: Python<'py>,
    query: &Bound<'py, PyString>,
    cursor: Option<usize>,
    limit: usize,
    today: Option<&Bound<'py, PyAny>>,
    zone: &str,
    me: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (text, context) = (text(query)?, context(today, zone, me)?);
    let cursor = cursor.map_or(text.len(), |index| places::byte(&text, index));
    let (span, wanted, proposals) = py.detach(|| {
        let cursor = Cursor::new(&text, cursor, &context);
        (cursor.typing().span, cursor.typing().wanted, cursor.proposals(limit))
    });
    let kind = if matches!(wanted, Wanted::Word(_)) { "word" } else { "operator" };
    let suggestion =
        |Proposal { text, help }| parts::class(py, "Suggestion")?.call1((text, kind, help));
    let suggestions = parts::tuple(py, proposals, suggestion)?;
    parts::class(py, "Completions")?.call1((parts::span(py, &text, span)?, suggestions))
}

/// Whether a query matches a message, a dict with the field names of the premium index. Only `id` must be there.
///
/// Raises `QueryError`, and `ValueError` for what is no such message.
#[pyfunction]
#[pyo3(signature = (query, message, *, today = None, zone = "UTC", me = None))]
pub(crate) fn matches(
    py: Python<'_>,
    query: &Bound<'_, PyString>,
    message: &Bound<'_, PyDict>,
    today: Option<&Bound<'_, PyAny>>,
    zone: &str,
    me: Option<&Bound<'_, PyAny>>,
) -> PyResult<bool> {
    let (text, context) = (text(query)?, context(today, zone, me)?);
    let document = json(message)?;
    let message = py.detach(|| postern_document::from_json(&document));
    let message =
        message.map_err(|error| PyValueError::new_err(format!("no document: {error}")))?;
    let does = py.detach(|| {
        let mut budget = Budget::default();
        let query = parse_within(&text, &context, &mut budget)?.query;
        budget.compile(&query, &text)?;
        Ok(evaluate(query.condition(), &message))
    });
    does.map_err(|errors| faults::query_error(py, &text, &errors))
}
