//! The arguments of a call: its text, and from where that is read.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use postern_query::{Code, Context, Error, Errors, Span};
use pyo3::exceptions::{PyUnicodeEncodeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::{faults, places};

/// Own addresses at most, as over HTTP.
const MOST_ADDRESSES: usize = 100;

/// The text of a query. Python's texts may hold halves of characters, which stand for nothing.
pub(crate) fn text(given: &Bound<'_, PyString>) -> PyResult<String> {
    match given.to_cow() {
        Ok(text) => Ok(text.into_owned()),
        Err(error) if error.is_instance_of::<PyUnicodeEncodeError>(given.py()) => {
            Err(half_character(given, &error)?)
        }
        Err(error) => Err(error),
    }
}

fn half_character(given: &Bound<'_, PyString>, error: &PyErr) -> PyResult<PyErr> {
    let py = given.py();
    let at: usize = error.value(py).getattr("start")?.extract()?;
    // Each half becomes a question mark, so that all other characters stay where they are.
    let shown = given.call_method1("encode", ("utf-8", "replace"))?;
    let shown = String::from_utf8_lossy(shown.cast::<PyBytes>()?.as_bytes()).into_owned();
    let span = Span::new(places::byte(&shown, at), places::byte(&shown, at + 1));
    let title = "the text has half of a character";
    let error = Error::new(Code::Syntax, span, title, "a surrogate without its other half");
    Ok(faults::query_error(py, &shown, &Errors::from(error.hint("write the whole character"))))
}

/// From where a text is read.
pub(crate) fn context(
    today: Option<&Bound<'_, PyAny>>,
    zone: &str,
    me: Option<&Bound<'_, PyAny>>,
) -> PyResult<Context> {
    let zone = match zone {
        "UTC" => TimeZone::UTC,
        name => TimeZone::get(name)
            .map_err(|_| PyValueError::new_err("zone is a zone such as Europe/Berlin or UTC"))?,
    };
    let now = today.map_or_else(|| Ok(now()), |today| moment(today, &zone))?;
    let me = me.map_or_else(|| Ok(Vec::new()), addresses)?;
    Ok(Context { me, ..Context::at(now.to_zoned(zone)) })
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one clock of the wheel, where no other day is given"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

/// A date, a time in the zone, or a moment: an object of `datetime`, or its text.
fn moment(today: &Bound<'_, PyAny>, zone: &TimeZone) -> PyResult<Timestamp> {
    let text = match today.cast::<PyString>() {
        Ok(text) => text.clone().into_any(),
        Err(_) => today.call_method0("isoformat")?,
    };
    let text: String = text.extract()?;
    let moment = text.parse::<Timestamp>().ok().or_else(|| {
        let day = text.parse::<DateTime>().ok();
        let day = day.or_else(|| text.parse::<Date>().ok().map(DateTime::from))?;
        day.to_zoned(zone.clone()).ok().map(|day| day.timestamp())
    });
    moment.ok_or_else(|| {
        PyValueError::new_err("today is a date or a datetime, or its text in ISO 8601")
    })
}

/// One address, or several.
fn addresses(me: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let me: Vec<String> = match me.cast::<PyString>() {
        Ok(one) => vec![one.extract()?],
        Err(_) => me.try_iter()?.map(|one| one?.extract()).collect::<PyResult<_>>()?,
    };
    let is_address = |text: &String| text.contains('@') && !text.contains(char::is_whitespace);
    if me.len() > MOST_ADDRESSES || !me.iter().all(is_address) {
        return Err(PyValueError::new_err("me is one address or several, at most 100"));
    }
    Ok(me)
}
