//! Repair: from the fixes of faults to a text without faults.
//!
//! A fix may uncover another fault, so the text is read again until it has none. What later rounds change
//! joins the first fixes, so that all of them apply to the text as it was typed.

use std::cmp::Reverse;

use crate::{Error, Errors, Fix, Span};

/// Bytes of a text that is repaired.
const MOST_BYTES: usize = 16 << 10;
/// How often a text is read again.
const ROUNDS: usize = 20;

/// The faults of `text` with the fixes that lead to a text without faults, and that text. Where none leads so
/// far, with those fixes that leave no fault behind where they stand.
pub(crate) fn repaired(
    text: &str,
    errors: Errors,
    tells: Tells,
    read: impl Fn(&str) -> Result<(), Errors>,
) -> Errors {
    if text.len() > MOST_BYTES || errors.others() > 0 {
        return errors.without_fixes();
    }
    let mut repair = Repair { text, tells, round: 0, edits: Vec::new(), told: Vec::new() };
    repair.tell(&errors);
    let mut found = errors;
    for _ in 0..ROUNDS {
        if !repair.apply(&found) {
            break;
        }
        match read(&repair.now()) {
            Ok(()) if repair.now().trim().is_empty() => break,
            Ok(()) => return repair.done(true),
            Err(errors) => found = errors,
        }
        repair.tell(&found);
        if repair.told.len() > Errors::MOST {
            break;
        }
    }
    repair.leave(&found);
    repair.done(false)
}

/// A change of the typed text.
struct Edit {
    /// The typed bytes that it replaces.
    span: Span,
    replacement: String,
}

/// How a reader tells of faults.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tells {
    /// All at once, so that a later one is a fault of a fix.
    All,
    /// The first one alone.
    First,
}

struct Repair<'t> {
    text: &'t str,
    tells: Tells,
    /// How often the fixes of all faults were made.
    round: usize,
    /// In the order of the text. They do not touch.
    edits: Vec<Edit>,
    /// The faults, with their places in the typed text.
    told: Vec<Error>,
}

impl Repair<'_> {
    /// The text with all edits.
    fn now(&self) -> String {
        let (mut now, mut at) = (String::with_capacity(self.text.len()), 0);
        for edit in &self.edits {
            now.push_str(Span::new(at, edit.span.start).slice(self.text));
            now.push_str(&edit.replacement);
            at = edit.span.end;
        }
        now + self.text.get(at..).unwrap_or_default()
    }

    /// The bytes of each edit in the changed text.
    fn places(&self) -> Vec<Span> {
        let (mut added, mut removed) = (0, 0);
        let place = |edit: &Edit| {
            let start = edit.span.start + added - removed;
            added += edit.replacement.len();
            removed += edit.span.end - edit.span.start;
            Span::new(start, start + edit.replacement.len())
        };
        self.edits.iter().map(place).collect()
    }

    /// The typed place of a byte of the changed text: the nearest edge of an edit for one inside of it.
    fn typed(&self, place: usize, is_end: bool) -> usize {
        let places = self.places();
        let inside = places.iter().position(|edit| edit.start < place && place < edit.end);
        if let Some(edit) = inside.and_then(|inside| self.edits.get(inside)) {
            return if is_end { edit.span.end } else { edit.span.start };
        }
        let before = places.iter().zip(&self.edits).rev().find(|(now, _)| now.end <= place);
        before.map_or(place, |(now, edit)| place - now.end + edit.span.end)
    }

    fn typed_span(&self, span: Span) -> Span {
        let start = self.typed(span.start, false);
        Span::new(start, self.typed(span.end, true).max(start))
    }

    /// The place up to the nearest edit, whose fault a later one is.
    fn nearest(&self, span: Span) -> Span {
        let distance =
            |edit: &Span| edit.start.saturating_sub(span.end) + span.start.saturating_sub(edit.end);
        let places = self.places();
        let nearest = places.iter().min_by_key(|edit| distance(edit));
        nearest.map_or(span, |edit| span.to(*edit))
    }

    /// Takes note of faults that stand apart from what was changed.
    fn tell(&mut self, errors: &Errors) {
        if self.tells == Tells::All && self.round > 0 {
            return;
        }
        let places = self.places();
        for error in errors.as_slice() {
            let touches = |span| places.iter().any(|edit| touch(*edit, span));
            // It is a fault of the fix, whose own fix joins it.
            if touches(error.span) && error.fix.as_ref().is_none_or(|fix| touches(fix.span)) {
                continue;
            }
            let span = self.typed_span(error.span);
            let fix = error
                .fix
                .as_deref()
                .map(|fix| Fix { span: self.typed_span(fix.span), ..fix.clone() });
            if !self.told.iter().any(|one| one.span == span && one.code == error.code) {
                self.told.push(Error { span, fix: fix.map(Box::new), ..error.clone() });
            }
        }
    }

    /// Makes the fixes of these faults, the last first. It tells whether there are any.
    ///
    /// Of two that meet the last one is made, because an inner bracket closes first.
    fn apply(&mut self, errors: &Errors) -> bool {
        let each = errors.as_slice().iter().rev();
        let mut fixes: Vec<_> = each.filter_map(|error| error.fix.as_deref()).collect();
        fixes.sort_by_key(|fix| Reverse(fix.span));
        let mut made: Option<usize> = None;
        for fix in fixes {
            let is_free = made.is_none_or(|start| {
                fix.span.end < start || fix.span.end == start && fix.span.start < start
            });
            if is_free {
                made = Some(fix.span.start);
                self.join(fix);
            }
        }
        self.round += 1;
        made.is_some()
    }

    /// Makes one fix of the changed text. The edits that it touches and the fix become one.
    fn join(&mut self, fix: &Fix) {
        let now = self.now();
        let places = self.places();
        let (mut whole, mut span) = (fix.span, self.typed_span(fix.span));
        let is_later = self.tells == Tells::All && self.round > 0;
        let reach = if is_later { self.nearest(fix.span) } else { fix.span };
        let is_touched: Vec<_> = places.iter().map(|place| touch(*place, reach)).collect();
        for ((place, edit), _) in
            places.iter().zip(&self.edits).zip(&is_touched).filter(|(_, is_touched)| **is_touched)
        {
            (whole, span) = (whole.to(*place), span.to(edit.span));
        }
        let replacement = [
            Span::new(whole.start, fix.span.start).slice(&now),
            &fix.replacement,
            Span::new(fix.span.end, whole.end).slice(&now),
        ]
        .concat();
        let mut is_touched = is_touched.into_iter();
        self.edits.retain(|_| is_touched.next() == Some(false));
        let place = self.edits.partition_point(|edit| edit.span.end <= span.start);
        self.edits.insert(place, Edit { span, replacement });
    }

    /// Takes back the edits in which there are still faults, and all if there are none but the text is blank.
    fn leave(&mut self, errors: &Errors) {
        let places = self.places();
        let is_blank = self.now().trim().is_empty();
        let faulty = |edit: &Span| errors.as_slice().iter().any(|error| meet(*edit, error.span));
        let mut kept = places.iter().map(|edit| !is_blank && !faulty(edit));
        self.edits.retain(|_| kept.next().unwrap_or(false));
    }

    /// The faults, each with the edit that mends it.
    fn done(mut self, is_whole: bool) -> Errors {
        let mut fixed = is_whole.then(|| self.now());
        self.told.sort_by_key(|error| error.span);
        let mut made: Vec<_> = self.told.iter_mut().map(|error| error.fix.take()).collect();
        for edit in self.edits {
            if edit.span.slice(self.text) == edit.replacement {
                continue;
            }
            let makes =
                |fix: &Option<Box<Fix>>| fix.as_ref().is_some_and(|fix| touch(fix.span, edit.span));
            let maker = made.iter_mut().zip(&mut self.told).find(|(fix, _)| makes(fix));
            let Some((fix, error)) = maker else {
                fixed = None;
                continue;
            };
            *fix = None;
            error.fix = Some(Box::new(Fix { span: edit.span, replacement: edit.replacement }));
        }
        Errors::repaired(self.told, fixed)
    }
}

/// Whether two places share a byte, or one of them lies inside of the other.
const fn meet(one: Span, other: Span) -> bool {
    one.start < other.end && other.start < one.end
}

/// Whether two places meet or stand side by side.
const fn touch(one: Span, other: Span) -> bool {
    one.start <= other.end && other.start <= one.end
}
