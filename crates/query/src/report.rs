//! Draws faults and advice with carets, for a terminal.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::{Advice, Errors};

/// Draws all faults of `text`, one below the other.
///
/// Control characters of the text become pictures, so that typed text cannot steer the terminal.
///
/// ```
/// use postern_query::{parse, report, Context};
///
/// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
/// let errors = parse("from:山田太郎 befor:2024-01-01", &context).unwrap_err();
/// let drawn = report::errors(&errors, "from:山田太郎 befor:2024-01-01", false);
/// assert!(drawn.contains("error[unknown_field]: there is no operator `befor`"));
/// assert!(drawn.contains("              ^^^^^ not an operator"));
/// ```
#[must_use]
pub fn errors(errors: &Errors, text: &str, colour: bool) -> String {
    let drawn = errors.as_slice().iter().map(|error| {
        let source = Snippet::source(text).annotation(
            AnnotationKind::Primary
                .span(error.span.start..error.span.end)
                .label(error.label.as_str()),
        );
        let title = Level::ERROR.primary_title(error.title.as_str()).id(error.code.as_str());
        let group = title.element(source);
        let group = match &error.hint {
            Some(hint) => group.element(Level::HELP.message(hint.as_str())),
            None => group,
        };
        draw(&[group], colour)
    });
    let mut drawn: Vec<_> = drawn.collect();
    if errors.others() > 0 {
        drawn.push(format!("and {} more", errors.others()));
    }
    drawn.join("\n\n")
}

/// Draws one advice under the text that it is about.
#[must_use]
pub fn advice(advice: &Advice, text: &str, colour: bool) -> String {
    let source = Snippet::source(text)
        .annotation(AnnotationKind::Primary.span(advice.span.start..advice.span.end));
    let title = Level::WARNING.primary_title(advice.message.as_str()).id(advice.code.as_str());
    draw(&[title.element(source)], colour)
}

fn draw(report: &[Group<'_>], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    renderer.render(report)
}
