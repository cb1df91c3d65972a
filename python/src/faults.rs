//! What goes wrong with a query, as an exception.

use postern_query::{Code, Error, Errors, Fidelity, Note, Span, report};
use pyo3::prelude::*;

use crate::parts;

/// A `QueryError` that draws its faults below the text.
pub(crate) fn query_error(py: Python<'_>, text: &str, errors: &Errors) -> PyErr {
    raised(parts::class(py, "QueryError").and_then(|class| {
        let drawn = report::errors(errors, text, false);
        let each = parts::tuple(py, errors.as_slice(), |error| parts::error(py, text, error))?;
        class.call1((drawn, text, each, errors.others(), errors.fixed()))
    }))
}

/// An `Unsupported` for a target that cannot say the query, with all that it says of it.
pub(crate) fn unsupported(py: Python<'_>, text: &str, notes: &[Note]) -> PyErr {
    let whole = Span::new(0, text.len());
    let refusals = notes.iter().filter(|note| note.fidelity == Fidelity::Unsupported);
    let each = refusals.map(|note| {
        let place = note.span.unwrap_or(whole);
        Error::new(Code::Unsupported, place, note.message.as_str(), "the target cannot say this")
    });
    let Some(errors) = Errors::collect(each.collect()) else {
        return query_error(py, text, &Errors::from(silent(whole)));
    };
    raised(parts::class(py, "Unsupported").and_then(|class| {
        let drawn = report::errors(&errors, text, false);
        let each = parts::tuple(py, errors.as_slice(), |error| parts::error(py, text, error))?;
        let notes = parts::tuple(py, notes, |note| parts::note(py, text, note))?;
        class.call1((drawn, text, each, errors.others(), errors.fixed(), notes))
    }))
}

/// A target that sends nothing says why.
fn silent(whole: Span) -> Error {
    Error::new(Code::Unsupported, whole, "the target cannot say the query", "not said")
}

fn raised(made: PyResult<Bound<'_, PyAny>>) -> PyErr {
    made.map_or_else(|error| error, PyErr::from_value)
}
