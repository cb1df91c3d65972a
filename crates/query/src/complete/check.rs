//! Whether a proposal would add a fault to the text.

use crate::{Code, Context, Errors, Span, SyntaxTree};

/// The faults of a text, and the part of it that a proposal replaces.
#[derive(Debug)]
pub(super) struct Check<'t> {
    text: &'t str,
    span: Span,
    context: &'t Context,
    /// The faults that it has already.
    before: Vec<(Code, Span)>,
}

impl<'t> Check<'t> {
    pub(super) fn new(text: &'t str, span: Span, context: &'t Context) -> Self {
        let mut before = faults(text, context);
        // A fault of the text that goes away excuses nothing.
        before.retain(|(_, fault)| *fault != span || span.start == span.end);
        Self { text, span, context, before }
    }

    /// The text with `proposal` in place of the span.
    pub(super) fn applied(&self, proposal: &str) -> String {
        let mut text = self.text.to_owned();
        text.replace_range(self.span.start..self.span.end, proposal);
        text
    }

    /// Whether the proposal and the `sample` of a value behind it add no fault.
    pub(super) fn fits(&self, proposal: &str, sample: &str) -> bool {
        let text = self.applied(&format!("{proposal}{sample}"));
        let end = self.span.start + proposal.len() + sample.len();
        let old = |fault: &(Code, Span)| {
            let span = self.was(fault.1.start, end).zip(self.was(fault.1.end, end));
            span.is_some_and(|(start, end)| self.before.contains(&(fault.0, Span::new(start, end))))
        };
        faults(&text, self.context).iter().all(old)
    }

    /// Whether something that an operator could take as its value touches the span.
    pub(super) fn touches(&self) -> bool {
        let rest = self.text.get(self.span.end..).and_then(|rest| rest.chars().next());
        rest.is_some_and(|c| !c.is_whitespace() && !matches!(c, ')' | '}' | '|'))
    }

    /// Where a byte of the new text was, if it is none of the proposal, which ends at `end`.
    fn was(&self, place: usize, end: usize) -> Option<usize> {
        if place <= self.span.start {
            return Some(place);
        }
        (place >= end).then(|| place - end + self.span.end)
    }
}

fn faults(text: &str, context: &Context) -> Vec<(Code, Span)> {
    let read = SyntaxTree::parse(text, context.limits).and_then(|tree| tree.resolve(context));
    let errors = read.err();
    let each = errors.iter().flat_map(Errors::as_slice);
    each.map(|error| (error.code, error.span)).collect()
}
