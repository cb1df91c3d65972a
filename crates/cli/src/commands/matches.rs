//! Where the clauses of a query match in a message, on one line.

use postern_archive::search::Hit;
use postern_query::Attachment;
use serde_json::Value;

use crate::terminal;

/// Clauses that are told at most.
const MOST: usize = 20;
/// Characters of a clause or a name at most.
const MOST_CHARACTERS: usize = 100;

/// One match: the clause, where, and the attachment that it is in.
type Told = (String, String, Option<String>);

/// Where the clauses match in a hit of the local index.
pub(crate) fn of_hit(hit: &Hit) -> Option<String> {
    let matches = &hit.snippet.as_ref()?.matches;
    let told = matches.all.iter().map(|one| {
        let file = one.file.and_then(|number| hit.message.files().nth(number));
        let name = file.map(Attachment::shown_name).map(str::to_owned);
        (one.clause.to_string(), one.place.name().to_owned(), name)
    });
    let line = line(told.collect())?;
    Some(if matches.has_more { format!("{line} (and maybe more)") } else { line })
}

/// The same of a hit as `/v1/search` has it.
pub(crate) fn of_json(hit: &Value) -> Option<String> {
    let text = |one: &Value, name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
    let told = hit.get("matches")?.as_array()?.iter().filter_map(|one| {
        Some((text(one, "clause")?, text(one, "where")?, text(one, "attachment")))
    });
    line(told.collect())
}

/// `invoice in subject, new text; contents:plan in attachment plan.pdf`.
fn line(told: Vec<Told>) -> Option<String> {
    let mut clauses: Vec<(String, Vec<String>)> = Vec::new();
    for (clause, place, attachment) in told {
        let place = words(&place, attachment.as_deref());
        match clauses.iter_mut().find(|(known, _)| *known == clause) {
            Some((_, places)) if places.contains(&place) => {}
            Some((_, places)) => places.push(place),
            None => clauses.push((clause, vec![place])),
        }
    }
    let more = match clauses.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!("; {more} more"),
    };
    let each = clauses.iter().take(MOST);
    let each = each.map(|(clause, places)| format!("{} in {}", short(clause), places.join(", ")));
    let line = each.collect::<Vec<_>>().join("; ");
    (!line.is_empty()).then(|| line + &more)
}

/// What people call a place.
fn words(place: &str, attachment: Option<&str>) -> String {
    let place = match place {
        "new" => "new text",
        "quoted" => "quoted text",
        "filename" => "file name",
        "type" => "type of",
        "deliveredTo" => "delivery address",
        "id" => "message id",
        other => other,
    };
    let attachment = attachment.map(|name| format!(" {}", short(name)));
    format!("{place}{}", attachment.unwrap_or_default())
}

fn short(text: &str) -> String {
    let end = text.char_indices().nth(MOST_CHARACTERS).map(|(end, _)| end);
    let short = end.and_then(|end| text.get(..end)).map(|start| format!("{start}…"));
    terminal::safe(&short.unwrap_or_else(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_and_their_places_on_a_line() {
        let hit = serde_json::json!({"matches": [
            {"clause": "invoice", "where": "subject", "attachment": null},
            {"clause": "invoice", "where": "new", "attachment": null},
            {"clause": "from:ann", "where": "sender", "attachment": null},
            {"clause": "from:ann", "where": "sender", "attachment": null},
            {"clause": "ext:pdf", "where": "filename", "attachment": "a\u{1b}[2J.pdf"},
        ]});
        let line = "invoice in subject, new text; from:ann in sender; ext:pdf in file name a\\u{1b}[2J.pdf";
        assert_eq!(of_json(&hit).as_deref(), Some(line));
        assert_eq!(of_json(&serde_json::json!({"matches": []})), None);
        let many: Vec<_> = (0..25).map(|n| (format!("w{n}"), "new".to_owned(), None)).collect();
        assert!(super::line(many).unwrap().ends_with("w19 in new text; 5 more"));
    }
}
