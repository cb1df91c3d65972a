//! `postern translate`.

use std::path::Path;

use postern_gateway::api::translate::{self, Translation};
use postern_gateway::config;
use postern_gateway::wire::Mistake;
use postern_query::emit::Sent;
use postern_query::{Capabilities, Compiled, Errors, Fidelity, Note, Target};
use serde::Serialize;
use serde_json::json;

use crate::args::{Common, Language, TextOrJson, Translate};
use crate::exit::Exit;
use crate::{clock, output, settings, terminal};

/// Shows what each target is sent.
pub(crate) fn run(common: &Common, arguments: &Translate) -> anyhow::Result<Exit> {
    let text = arguments.query.join(" ");
    let capabilities = capabilities(arguments.fields.as_deref())?;
    let language = match arguments.from {
        Language::Postern => translate::Language::Postern,
        Language::Odata => translate::Language::Odata,
        Language::Lucene => translate::Language::Lucene,
    };
    let context = settings::viewpoint(common, &arguments.view)?.context(clock::now());
    let translate =
        |text: &str| translate::translate(text, language, &context, &capabilities, arguments.to);
    let errors = match translate(&text) {
        Ok(translation) => return shown(&translation, &text, None, arguments.format),
        Err(errors) => errors,
    };
    let fixed = errors.fixed().filter(|_| arguments.fix);
    match fixed.and_then(|fixed| Some((fixed, translate(fixed).ok()?))) {
        Some((fixed, translation)) => shown(&translation, fixed, Some(fixed), arguments.format),
        None => refused(&errors, &text, arguments.format),
    }
}

/// Shows a translation, and the text that was mended for it.
fn shown(
    translation: &Translation,
    text: &str,
    fixed: Option<&str>,
    format: TextOrJson,
) -> anyhow::Result<Exit> {
    match format {
        TextOrJson::Json => output::json(&Shown { fixed, translation })?,
        TextOrJson::Text => {
            fixed.map_or(Ok(()), |fixed| row("fixed", fixed))?;
            show(translation, text)?;
        }
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    fixed: Option<&'a str>,
    #[serde(flatten)]
    translation: &'a Translation,
}

/// What the premium index can be asked, from a `/fields` answer.
fn capabilities(path: Option<&Path>) -> anyhow::Result<Capabilities> {
    let known = Capabilities::default();
    Ok(Capabilities { fields: path.map_or(Ok(known.fields), config::fields)?, ..known })
}

fn refused(errors: &Errors, text: &str, format: TextOrJson) -> anyhow::Result<Exit> {
    match format {
        TextOrJson::Json => {
            let faults: Vec<_> = errors.as_slice().iter().map(Mistake::from).collect();
            let mut answer = json!({"errors": faults});
            if let (Some(fixed), Some(answer)) = (errors.fixed(), answer.as_object_mut()) {
                answer.insert("fixed".to_owned(), fixed.into());
            }
            output::json(&answer)?;
        }
        TextOrJson::Text => output::query_errors(errors, text),
    }
    Ok(Exit::Failed)
}

fn show(translation: &Translation, text: &str) -> anyhow::Result<()> {
    if let Some(canonical) = &translation.canonical {
        row("canonical", canonical)?;
    }
    row("english", &translation.english)?;
    for advice in &translation.advice {
        row("advice", &advice.message)?;
    }
    translation.targets.iter().try_for_each(|(target, compiled)| one(target, compiled, text))
}

/// One target: how faithful it is, what it is sent, and what differs, with the text that caused it.
fn one(target: &Target, compiled: &Compiled<Sent>, text: &str) -> anyhow::Result<()> {
    output::line("")?;
    let fidelity = compiled.fidelity();
    let style = match fidelity {
        Fidelity::Exact => output::GOOD,
        Fidelity::Approximate => output::MATCH,
        Fidelity::Unsupported => output::BAD,
    };
    let direction = compiled.direction().map(|direction| format!(", {}", direction.as_str()));
    let direction = direction.unwrap_or_default();
    let fidelity = output::styled(style, fidelity.as_str());
    styled_row(target.name, &format!("{fidelity}{direction}"))?;
    for (part, value) in compiled.sent.iter().flat_map(Sent::parts) {
        row(&format!("  {part}"), &value)?;
    }
    compiled.notes.iter().try_for_each(|note| row("  note", &told(note, text)))
}

/// A note behind the text that caused it, and which way the answer errs for it.
fn told(note: &Note, text: &str) -> String {
    let direction = note.direction.map(|direction| format!(" ({})", direction.as_str()));
    format!("{}{}", said(note, text), direction.unwrap_or_default())
}

fn said(note: &Note, text: &str) -> String {
    match note.span.map(|span| span.slice(text)).filter(|cause| !cause.is_empty()) {
        Some(cause) => format!("`{cause}`: {}", note.message),
        None => note.message.clone(),
    }
}

/// A name and a value that came from outside.
fn row(name: &str, value: &str) -> anyhow::Result<()> {
    styled_row(name, &terminal::safe(value))
}

fn styled_row(name: &str, value: &str) -> anyhow::Result<()> {
    output::line(format!("{} {value}", output::styled(output::STRONG, format!("{name:<14}"))))
}
