//! The fields of an index of the premium service.

use postern_document::index_fields;
use postern_query::Capabilities;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;

/// What an index can be asked for, from an answer of `/fields`: the list of its fields, or the JSON text of it.
#[pyclass(frozen, module = "postern")]
#[derive(Debug)]
pub(crate) struct Fields(pub(crate) Capabilities);

#[pymethods]
impl Fields {
    #[new]
    fn new(answer: &Bound<'_, PyAny>) -> PyResult<Self> {
        let fields = index_fields(&json(answer)?).ok_or_else(|| {
            PyValueError::new_err("this is no list of fields; hand over an answer of /fields")
        })?;
        Ok(Self(Capabilities { fields, ..Capabilities::default() }))
    }

    fn __contains__(&self, path: &str) -> bool {
        self.0.fields.contains(path)
    }
}

/// A value as JSON text; a text is taken as it is.
pub(crate) fn json(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return text.extract();
    }
    value.py().import("json")?.call_method1("dumps", (value,))?.extract()
}
