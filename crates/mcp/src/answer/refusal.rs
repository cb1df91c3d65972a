//! What goes wrong, so that a program can do better: the fault drawn below the query, and the query mended.

use postern_query::{Code, Error, Errors, Span, report};
use serde_json::Value;

use super::Answer;
use crate::api::Refused;

/// Bytes of a query on each side of a fault that are drawn.
const AROUND: usize = 300;

/// A refusal as text. `query` is what the assistant wrote.
pub(crate) fn refusal(refused: &Refused, query: &str) -> String {
    let Refused(problem) = refused;
    let mut answer = Answer::of_ours();
    let fixed = problem["fixed"].as_str().unwrap_or_default();
    match drawn(problem, query) {
        Some(drawn) => {
            let most = answer.room().saturating_sub("fixed: \n\n".len() + fixed.len());
            answer.paragraph_within(&drawn, most);
        }
        None => plain(&mut answer, problem),
    }
    if !fixed.is_empty() {
        // The query that is right, whole and alone on its line.
        answer.line("fixed", fixed);
    }
    answer.finish()
}

fn plain(answer: &mut Answer, problem: &Value) {
    for name in ["code", "title", "detail", "hint"] {
        if let Some(text) = problem[name].as_str() {
            let name = if name == "title" { "error" } else { name };
            answer.line(name, text);
        }
    }
}

/// The faults of a query, as the compiler told them to the gateway, each below its place.
fn drawn(problem: &Value, query: &str) -> Option<String> {
    let told = problem["errors"].as_array()?;
    let errors = told.iter().filter_map(|fault| error(fault, query));
    let drawn: Vec<_> = errors.filter_map(|error| near(error, query)).collect();
    (!drawn.is_empty()).then(|| drawn.join("\n\n"))
}

/// A fault drawn below the piece of the query around it.
fn near(error: Error, query: &str) -> Option<String> {
    let Span { start, end } = error.span;
    let from = query.floor_char_boundary(start.saturating_sub(AROUND));
    let to = query.ceil_char_boundary(start.saturating_add(AROUND).min(query.len()));
    let span = Span::new(start - from, end.min(to) - from);
    let errors = Errors::collect(vec![Error { span, ..error }])?;
    Some(report::errors(&errors, query.get(from..to)?, false))
}

fn error(fault: &Value, query: &str) -> Option<Error> {
    let text = |name: &str| fault[name].as_str();
    let code = Code::ALL.iter().find(|code| Some(code.as_str()) == text("code"))?;
    let place = |name: &str| usize::try_from(fault.pointer(name)?.as_u64()?).ok();
    let span = Span::new(place("/span/start")?, place("/span/end")?);
    let fits = query.get(span.start..span.end).is_some();
    let span = if fits { span } else { Span::new(0, query.len()) };
    let error = Error::new(*code, span, text("title")?, text("label").unwrap_or_default());
    Some(match text("hint") {
        Some(hint) => error.hint(hint),
        None => error,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fault_is_drawn_below_the_query_and_mended() {
        let fault = json!({"code": "unknown_field", "title": "there is no operator `form`",
            "span": {"start": 0, "end": 4}, "label": "not an operator", "hint": "did you mean from:?"});
        let problem = json!({"code": "unknown_field", "errors": [fault], "fixed": "from:alice"});
        let told = refusal(&Refused(problem), "form:alice");
        for part in [
            "error[unknown_field]: there is no operator `form`",
            "form:alice\n",
            "^^^^ not an operator",
            "help: did you mean from:?",
            "\nfixed: from:alice\n",
        ] {
            assert!(told.contains(part), "{part} is not in\n{told}");
        }
    }

    #[test]
    fn of_a_long_query_the_place_is_drawn_and_all_of_it_mended() {
        let before = "é".repeat(7_900);
        let query = format!("{before} form:alice");
        let at = before.len() + 1;
        let fault = json!({"code": "unknown_field", "title": "there is no operator `form`",
            "span": {"start": at, "end": at + 4}, "label": "not an operator", "hint": "did you mean from:?"});
        let fixed = format!("{before} from:alice");
        let faults = vec![fault; 20];
        let problem = json!({"code": "unknown_field", "errors": faults, "fixed": fixed});
        let told = refusal(&Refused(problem), &query);
        assert!(told.len() <= crate::answer::LONGEST, "{}", told.len());
        assert!(told.contains("form:alice\n") && told.contains("^^^^ not an operator"), "{told}");
        assert!(told.contains(&format!("\nfixed: {fixed}\n")), "{told}");
    }

    #[test]
    fn other_refusals_are_told_line_by_line() {
        let problem =
            json!({"code": "too_often", "title": "this key asks too often", "hint": "wait"});
        let told = refusal(&Refused(problem), "a");
        assert_eq!(told, "code: too_often\nerror: this key asks too often\nhint: wait\n");
    }
}
