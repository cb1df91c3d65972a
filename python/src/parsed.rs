//! A query that was read.

use postern_query::emit::english;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use crate::parts;

/// A query that was read: its one canonical text, what it means, and remarks. Two are equal where they mean the same.
#[pyclass(frozen, eq, module = "postern")]
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) text: String,
    pub(crate) parsed: postern_query::Parsed,
}

/// Two texts are equal where they mean the same.
impl PartialEq for Parsed {
    fn eq(&self, other: &Self) -> bool {
        self.parsed.query == other.parsed.query
    }
}

#[pymethods]
impl Parsed {
    /// The one canonical text.
    #[getter]
    fn canonical(&self) -> &str {
        &self.parsed.canonical
    }

    /// What the query means, as a sentence.
    #[getter]
    fn english(&self) -> String {
        english::describe(&self.parsed.query)
    }

    /// Remarks, which never stop the query.
    #[getter]
    fn advice<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        parts::tuple(py, &self.parsed.advice, |one| parts::advice(py, &self.text, one))
    }

    fn __str__(&self) -> &str {
        &self.parsed.canonical
    }

    fn __repr__(&self) -> String {
        format!("<Parsed {}>", self.parsed.canonical)
    }
}
