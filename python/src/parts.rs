//! The small classes that answers are made of. The package defines them as dataclasses.

use postern_query::{Advice, Direction, Error, Fix, Note, Span};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyTuple;

use crate::places;

/// The module of the package with its classes.
const MODULE: &str = "postern._parts";

/// A class of the package.
pub(crate) fn class<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    static CLASSES: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let classes = CLASSES.get_or_try_init(py, || py.import(MODULE).map(Bound::unbind))?;
    classes.bind(py).getattr(name)
}

/// One object for each of `parts`.
pub(crate) fn tuple<'py, T>(
    py: Python<'py>,
    parts: impl IntoIterator<Item = T>,
    make: impl Fn(T) -> PyResult<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let made = parts.into_iter().map(make).collect::<PyResult<Vec<_>>>()?;
    PyTuple::new(py, made)
}

pub(crate) fn span<'py>(py: Python<'py>, text: &str, span: Span) -> PyResult<Bound<'py, PyAny>> {
    class(py, "Span")?.call1(places::indexes(text, span))
}

pub(crate) fn error<'py>(
    py: Python<'py>,
    text: &str,
    error: &Error,
) -> PyResult<Bound<'py, PyAny>> {
    let place = span(py, text, error.span)?;
    let fix = error.fix.as_deref().map(|fix| self::fix(py, text, fix)).transpose()?;
    let code = error.code.as_str();
    class(py, "Error")?.call1((code, &error.title, place, &error.label, &error.hint, fix))
}

fn fix<'py>(py: Python<'py>, text: &str, fix: &Fix) -> PyResult<Bound<'py, PyAny>> {
    class(py, "Fix")?.call1((span(py, text, fix.span)?, &fix.replacement))
}

pub(crate) fn advice<'py>(
    py: Python<'py>,
    text: &str,
    advice: &Advice,
) -> PyResult<Bound<'py, PyAny>> {
    let place = span(py, text, advice.span)?;
    class(py, "Advice")?.call1((advice.code.as_str(), place, &advice.message))
}

pub(crate) fn note<'py>(py: Python<'py>, text: &str, note: &Note) -> PyResult<Bound<'py, PyAny>> {
    let place = note.span.map(|place| span(py, text, place)).transpose()?;
    let direction = note.direction.map(Direction::as_str);
    class(py, "Note")?.call1((note.fidelity.as_str(), direction, place, &note.message))
}
