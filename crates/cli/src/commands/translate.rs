//! `postern translate`.

use std::path::Path;

use anyhow::Context as _;
use postern_gateway::api::translate::{self, TargetView, Targets, Translation};
use postern_gateway::wire::Mistake;
use postern_query::{Capabilities, Errors};
use serde_json::{Value, json};

use crate::args::{Language, Target, TextOrJson, Translate};
use crate::exit::Exit;
use crate::{clock, output, terminal};

/// Shows what each target is sent.
pub(crate) fn run(arguments: &Translate) -> anyhow::Result<Exit> {
    let text = arguments.query.join(" ");
    let capabilities = capabilities(arguments.fields.as_deref())?;
    let language = match arguments.from {
        Language::Postern => translate::Language::Postern,
        Language::Odata => translate::Language::Odata,
        Language::Lucene => translate::Language::Lucene,
    };
    let translation = match translate::translate(&text, language, &clock::context(), &capabilities)
    {
        Ok(translation) => translation,
        Err(errors) => return refused(&errors, &text, arguments.format),
    };
    match arguments.format {
        TextOrJson::Json => output::json(&wanted(&translation, arguments.to)?)?,
        TextOrJson::Text => show(&translation, &text, arguments.to)?,
    }
    Ok(Exit::Done)
}

/// What the premium index can be asked, from a `/fields` answer.
fn capabilities(fields: Option<&Path>) -> anyhow::Result<Capabilities> {
    let Some(path) = fields else { return Ok(Capabilities::default()) };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("`{}` cannot be read", path.display()))?;
    let fields = postern_upstream::index_fields(&text)
        .with_context(|| format!("`{}` is not an answer of /fields", path.display()))?;
    let fields = fields.into_iter().map(|field| {
        let can = postern_query::datatap::FieldCapability {
            filterable: field.filterable,
            sortable: field.sortable,
            searchable: field.searchable,
        };
        (field.path, can)
    });
    Ok(Capabilities { fields: fields.collect(), ..Capabilities::default() })
}

fn refused(errors: &Errors, text: &str, format: TextOrJson) -> anyhow::Result<Exit> {
    match format {
        TextOrJson::Json => {
            let faults: Vec<_> = errors.as_slice().iter().map(Mistake::from).collect();
            output::json(&json!({"errors": faults}))?;
        }
        TextOrJson::Text => output::query_errors(errors, text),
    }
    Ok(Exit::Failed)
}

/// The translation with the targets that were asked for.
fn wanted(translation: &Translation, to: Target) -> anyhow::Result<Value> {
    let mut value = serde_json::to_value(translation)?;
    let only = match to {
        Target::All => return Ok(value),
        Target::Datatap => "datatap",
        Target::Elasticsearch => "elasticsearch",
        Target::Kql => "kql",
        Target::Aqs => "aqs",
        Target::English => "",
    };
    if let Some(targets) = value.get_mut("targets").and_then(Value::as_object_mut) {
        targets.retain(|name, _| name == only);
    }
    Ok(value)
}

fn show(translation: &Translation, text: &str, to: Target) -> anyhow::Result<()> {
    if let Some(canonical) = &translation.canonical {
        row("canonical", canonical)?;
    }
    row("english", &translation.english)?;
    for advice in &translation.advice {
        row("advice", &advice.message)?;
    }
    let Targets { datatap, elasticsearch, kql, aqs } = &translation.targets;
    let wanted = |target| to == Target::All || to == target;
    if wanted(Target::Datatap) {
        let sent = datatap.sent.iter().flat_map(|sent| {
            [("query", &sent.query), ("filter", &sent.filter), ("$orderby", &sent.order_by)]
        });
        let sent = sent.filter_map(|(part, value)| Some((part, value.clone()?)));
        target("datatap", datatap, text, sent.collect())?;
    }
    if wanted(Target::Elasticsearch) {
        let body = elasticsearch.sent.iter().map(|body| ("body", body.to_string()));
        target("elasticsearch", elasticsearch, text, body.collect())?;
    }
    for (name, which, view) in [("kql", Target::Kql, kql), ("aqs", Target::Aqs, aqs)] {
        if wanted(which) {
            let sent = view.sent.iter().map(|sent| ("text", sent.clone()));
            target(name, view, text, sent.collect())?;
        }
    }
    Ok(())
}

/// One target: how faithful it is, what it is sent, and what differs, with the text that caused it.
fn target<T>(
    name: &str,
    view: &TargetView<T>,
    text: &str,
    sent: Vec<(&str, String)>,
) -> anyhow::Result<()> {
    output::line("")?;
    let style = match view.fidelity {
        "exact" => output::GOOD,
        "approximate" => output::MATCH,
        _ => output::BAD,
    };
    styled_row(name, &output::styled(style, view.fidelity))?;
    for (part, value) in sent {
        row(&format!("  {part}"), &value)?;
    }
    for note in &view.notes {
        let place = note.span.as_ref().and_then(|span| text.get(span.start..span.end));
        let place = place.filter(|place| !place.is_empty()).map(|place| format!("`{place}`: "));
        row("  note", &format!("{}{}", place.unwrap_or_default(), note.message))?;
    }
    Ok(())
}

/// A name and a value that came from outside.
fn row(name: &str, value: &str) -> anyhow::Result<()> {
    styled_row(name, &terminal::safe(value))
}

fn styled_row(name: &str, value: &str) -> anyhow::Result<()> {
    output::line(format!("{} {value}", output::styled(output::STRONG, format!("{name:<14}"))))
}
