//! What a target is sent for a query.

use postern_query::emit::{Json, Sent, english};
use postern_query::{Compiled, Direction, Parsed, Target};
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use crate::parts;

/// What a target is sent for a query, and how faithful that is. Attributes are made when they are asked for.
#[pyclass(frozen, module = "postern")]
#[derive(Debug)]
pub(crate) struct Translation {
    pub(crate) query: String,
    /// Whether the text has a canonical form.
    pub(crate) is_typed: bool,
    pub(crate) parsed: Parsed,
    pub(crate) target: Target,
    pub(crate) compiled: Compiled<()>,
    pub(crate) sent: Sent,
}

#[pymethods]
impl Translation {
    /// The name of the target.
    #[getter]
    const fn target(&self) -> &'static str {
        self.target.name
    }

    /// The one canonical text of a query that was typed.
    #[getter]
    fn canonical(&self) -> Option<&str> {
        self.is_typed.then_some(&self.parsed.canonical)
    }

    /// What the query means, as a sentence.
    #[getter]
    fn english(&self) -> String {
        english::describe(&self.parsed.query)
    }

    /// Remarks, which never stop the query.
    #[getter]
    fn advice<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        parts::tuple(py, &self.parsed.advice, |one| parts::advice(py, &self.query, one))
    }

    /// `exact`, or `approximate` where the notes say what differs.
    #[getter]
    fn fidelity(&self) -> &'static str {
        self.compiled.fidelity().as_str()
    }

    /// Which way an approximate answer errs: `wider`, `narrower` or `either`.
    #[getter]
    fn direction(&self) -> Option<&'static str> {
        self.compiled.direction().map(Direction::as_str)
    }

    /// What differs, in the order of the text.
    #[getter]
    fn notes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        parts::tuple(py, &self.compiled.notes, |note| parts::note(py, &self.query, note))
    }

    /// What the target is sent: parameters, a body, or text.
    #[getter]
    fn sent<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match &self.sent {
            Sent::Parameters(_) => Ok(self.params(py)?.into_any()),
            Sent::Body(body) => json(py, body),
            Sent::Text(text) => Ok(text.into_pyobject(py)?.into_any()),
        }
    }

    /// The parameters of a request, where the target is sent parameters.
    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let Sent::Parameters(parameters) = &self.sent else { return Err(self.other("params")) };
        let params = PyDict::new(py);
        for (name, value) in parameters {
            params.set_item(name, value)?;
        }
        Ok(params)
    }

    /// The text, where the target is sent text.
    #[getter]
    fn text(&self) -> PyResult<&str> {
        let Sent::Text(text) = &self.sent else { return Err(self.other("text")) };
        Ok(text)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let (target, fidelity) = (self.target.name, self.fidelity());
        Ok(format!("<Translation {target}, {fidelity}: {}>", self.sent(py)?.repr()?))
    }
}

impl Translation {
    /// Parameters, a body and text are never the same.
    fn other(&self, asked: &str) -> PyErr {
        let name = self.target.name;
        PyAttributeError::new_err(format!("{name} has no `{asked}`: `sent` is what it is sent"))
    }
}

fn json<'py>(py: Python<'py>, value: &Json) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Json::Bool(value) => value.into_pyobject(py)?.to_owned().into_any(),
        Json::Integer(value) => value.into_pyobject(py)?.into_any(),
        Json::Text(text) => text.into_pyobject(py)?.into_any(),
        Json::List(values) => {
            let values =
                values.iter().map(|value| json(py, value)).collect::<PyResult<Vec<_>>>()?;
            PyList::new(py, values)?.into_any()
        }
        Json::Object(members) => {
            let object = PyDict::new(py);
            for (name, value) in members {
                object.set_item(name, json(py, value)?)?;
            }
            object.into_any()
        }
    })
}
