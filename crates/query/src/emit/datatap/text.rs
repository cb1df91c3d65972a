//! Words, in the query text or inside the filter.

use super::Emitter;
use crate::emit::lucene as text;
use crate::emit::odata::{self as filter, Filter};
use crate::query::TextTest;
use crate::syntax::lucene::Syntax;
use crate::{Expr, Span};

impl Emitter<'_> {
    /// The text for `query`; negations alone go to the filter where functions pass.
    pub(super) fn query_text(
        &mut self,
        texts: Vec<Expr<TextTest>>,
    ) -> Option<(Option<String>, Option<Filter>)> {
        if texts.is_empty() {
            return Some((None, None));
        }
        let all = Expr::group(texts, Expr::And);
        match text::emit(&by_reference(&all), self.capabilities.syntax) {
            Ok(text) => Some((Some(text), None)),
            Err(text::Unsayable::OnlyNegations) if self.capabilities.search_functions => {
                self.text_in_filter(&all, Span::default()).map(|filter| (None, Some(filter)))
            }
            Err(reason) => self.notes.unsupported(None, unsayable(reason)),
        }
    }

    /// Words inside a filter.
    pub(super) fn text_in_filter(&mut self, text: &Expr<TextTest>, span: Span) -> Option<Filter> {
        if !self.capabilities.search_functions {
            return self.notes.unsupported(
                Some(span),
                "words beside conditions on fields under OR or NOT need search.ismatch, which this endpoint is not known to pass",
            );
        }
        let mut scored = true;
        text.for_each_leaf(&mut |test| scored &= test.scored);
        match text::emit(&by_reference(text), Syntax::Full) {
            Ok(text) => Some(filter::is_match(&text, "subject,body", scored)),
            Err(text::Unsayable::OnlyNegations) => self.negations_in_filter(text, span),
            Err(reason) => self.notes.unsupported(Some(span), unsayable(reason)),
        }
    }

    /// Words whose negations full text cannot say. These go into the filter itself.
    fn negations_in_filter(&mut self, text: &Expr<TextTest>, span: Span) -> Option<Filter> {
        match text {
            Expr::Not(inner) => self.text_in_filter(inner, span).map(Filter::negated),
            Expr::And(parts) => self.negations_beside(parts, Expr::And, span).map(Filter::all),
            Expr::Or(parts) => self.negations_beside(parts, Expr::Or, span).map(Filter::any),
            Expr::Leaf(_) => None,
        }
    }

    /// Each negated part, and all the others as one text at the place of the first of them.
    fn negations_beside(
        &mut self,
        parts: &[Expr<TextTest>],
        join: fn(Vec<Expr<TextTest>>) -> Expr<TextTest>,
        span: Span,
    ) -> Option<Vec<Filter>> {
        let can_be_said =
            |part: &&Expr<TextTest>| text::emit(&by_reference(part), Syntax::Full).is_ok();
        let before = parts.iter().take_while(|part| !can_be_said(part)).count();
        let (texts, negations): (Vec<_>, Vec<_>) = parts.iter().partition(can_be_said);
        let filters = negations.into_iter().map(|part| self.text_in_filter(part, span));
        let mut filters: Vec<_> = filters.collect::<Option<_>>()?;
        if !texts.is_empty() {
            let texts = Expr::group(texts.into_iter().cloned().collect(), join);
            filters.insert(before, self.text_in_filter(&texts, span)?);
        }
        Some(filters)
    }
}

fn by_reference(expr: &Expr<TextTest>) -> Expr<&TextTest> {
    match expr {
        Expr::And(parts) => Expr::And(parts.iter().map(by_reference).collect()),
        Expr::Or(parts) => Expr::Or(parts.iter().map(by_reference).collect()),
        Expr::Not(inner) => Expr::negated(by_reference(inner)),
        Expr::Leaf(test) => Expr::Leaf(test),
    }
}

const fn unsayable(reason: text::Unsayable) -> &'static str {
    match reason {
        text::Unsayable::OnlyNegations => {
            "the premium service refuses words that are all negated: add a word that must be there"
        }
        text::Unsayable::NotSimple => {
            "this endpoint reads simple query text, which has no field names, no distances, no wildcards inside a word, no regular expressions and no words spelt nearly so"
        }
        text::Unsayable::OnlyUnorderedWords => {
            "query text has distances for two or three single words in any order only"
        }
        text::Unsayable::Empty => "there is no word to look for",
    }
}
