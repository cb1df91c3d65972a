//! Each hit says of each clause where it matches, as the evaluator says it of the clause alone.

use std::collections::BTreeSet;

use postern_query::analysis::{lower_case, terms};
use postern_query::emit::clause;
use postern_query::evaluate::{evaluate_at, recipients};
use postern_query::schema::TextField;
use postern_query::{
    Attachment, Condition, Expr, Message, Place, Predicate, TextPattern, TextTest, evaluate,
};
use proptest::prelude::*;

use crate::search::{Hit, Match, Shown, Where};

/// Matches of a message that are told at most.
const MOST: usize = 100;

/// Checks the matches of a hit of a message that is told in its places.
pub(super) fn check(
    condition: &Condition,
    hit: &Hit,
    message: &Message,
) -> Result<(), TestCaseError> {
    let message = Message { places: hit.message.places.clone(), ..message.clone() };
    let matches = &hit.snippet.as_ref().unwrap().matches;
    let mut reasons = Vec::new();
    visit(condition, true, Some(hit.place()), &message, &mut reasons);
    let of = |one: &Match| reasons.iter().filter(|leaf| clause(leaf) == *one.clause).count();
    for one in &matches.all {
        prop_assert!(of(one) > 0, "{:?} is no reason", one);
        let holds = |leaf: &&&Predicate| holds_alone(leaf, hit.place(), &message);
        let leaves = leaves(condition);
        let same = leaves.iter().filter(|leaf| clause(leaf) == *one.clause);
        prop_assert!(same.filter(holds).count() > 0, "{:?} does not match alone", one);
        check_ranges(one, hit, &leaves)?;
        check_file(one, &message, &leaves)?;
    }
    if matches.all.len() < MOST {
        let told: BTreeSet<&str> = matches.all.iter().map(|one| &*one.clause).collect();
        for leaf in reasons.iter().filter(|leaf| matches!(leaf, Predicate::Text(_))) {
            let clause = clause(leaf);
            prop_assert!(told.contains(clause.as_str()), "{:?} matches nowhere", leaf);
            for file in files_alone(leaf, &message).into_iter().take(20) {
                let is_it = |one: &&Match| *one.clause == *clause && one.file == Some(file);
                let told = matches.all.iter().filter(is_it);
                prop_assert!(told.count() > 0, "{:?} is in file {}", leaf, file);
            }
        }
    }
    Ok(())
}

/// Which of the first files have what a clause looks for inside of files, if they are all that there is.
fn files_alone(leaf: &Predicate, message: &Message) -> Vec<usize> {
    let Predicate::Text(test) = leaf else { return Vec::new() };
    if !test.fields.contains(&TextField::AttachmentText) {
        return Vec::new();
    }
    let fields = vec![TextField::AttachmentText];
    let inside = Condition::from(Predicate::Text(TextTest { fields, ..test.clone() }));
    let alone = |file: &Attachment| Message {
        attachments: vec![Attachment { text: file.text.clone(), ..Attachment::default() }],
        ..Message::default()
    };
    let files = message.files().enumerate();
    files.filter(|(_, file)| evaluate(&inside, &alone(file))).map(|(file, _)| file).collect()
}

/// A match inside of a file tells which, and that has it alone, unless words run on from one file to the next.
fn check_file(one: &Match, message: &Message, leaves: &[&Predicate]) -> Result<(), TestCaseError> {
    if one.place != Where::Attachment {
        return Ok(());
    }
    let is_it = |leaf: &&&Predicate| {
        let runs_on = |test: &TextTest| match &test.pattern {
            TextPattern::Phrase(words) => words.len() > 1,
            TextPattern::Sloppy(_) | TextPattern::Near(_) => true,
            TextPattern::Wildcard(_) | TextPattern::Regex(_) | TextPattern::Fuzzy(_) => false,
        };
        let has_it = one.file.is_some_and(|file| files_alone(leaf, message).contains(&file));
        has_it || matches!(leaf, Predicate::Text(test) if runs_on(test) && one.file.is_some())
    };
    let same = leaves.iter().filter(|leaf| clause(leaf) == *one.clause);
    prop_assert!(same.filter(is_it).count() > 0, "{:?} is not in its file", one);
    Ok(())
}

fn holds_alone(leaf: &Predicate, place: &Place, message: &Message) -> bool {
    evaluate_at(&Condition::from(leaf.clone()), message, place)
}

fn leaves(condition: &Condition) -> Vec<&Predicate> {
    let mut leaves = Vec::new();
    condition.for_each_leaf(&mut |leaf| leaves.push(&leaf.value));
    leaves
}

/// The clauses that make a message match, by the meaning of each part of the condition.
fn visit<'a>(
    condition: &'a Condition,
    is_wanted: bool,
    place: Option<&Place>,
    message: &Message,
    found: &mut Vec<&'a Predicate>,
) {
    let holds = |part: &&Condition| match place {
        Some(place) => evaluate_at(part, message, place) == is_wanted,
        None => evaluate(part, message) == is_wanted,
    };
    match condition {
        Expr::And(parts) | Expr::Or(parts) => {
            parts
                .iter()
                .filter(holds)
                .for_each(|part| visit(part, is_wanted, place, message, found));
        }
        Expr::Not(inner) => visit(inner, !is_wanted, None, message, found),
        Expr::Leaf(leaf) if is_wanted => found.push(&leaf.value),
        Expr::Leaf(_) => {}
    }
}

/// Every range is a piece of what is shown, and in running text it is what was looked for.
fn check_ranges(one: &Match, hit: &Hit, leaves: &[&Predicate]) -> Result<(), TestCaseError> {
    let text = text(one, hit);
    for range in &one.ranges {
        let piece = text.get(range.clone());
        prop_assert!(piece.is_some_and(|piece| !piece.is_empty()), "{:?} of {:?}", one, text);
        let piece = piece.unwrap_or_default();
        // The line of the snippet may end within a match.
        let is_whole = range.end < text.len() || one.shown == Shown::Subject;
        let is_running = matches!(one.place, Where::Subject | Where::New | Where::Quoted);
        let patterns = leaves.iter().filter(|leaf| clause(leaf) == *one.clause);
        let met = patterns.filter(|leaf| match leaf {
            Predicate::Text(test) => meets(&test.pattern, piece),
            _ => lower_case(piece) == lower_case(text),
        });
        prop_assert!(!is_whole || !is_running || met.count() > 0, "{:?} is {:?}", one, piece);
    }
    Ok(())
}

fn meets(pattern: &TextPattern, piece: &str) -> bool {
    let words = terms(piece);
    match (pattern, words.as_slice()) {
        (TextPattern::Phrase(phrase), words) => {
            // Adjoining matches are shown as one.
            words.windows(phrase.len().max(1)).any(|here| here == phrase)
        }
        (TextPattern::Wildcard(shape), [word]) => shape.matches(word),
        (TextPattern::Regex(regex), [word]) => regex.matches(word),
        (TextPattern::Fuzzy(fuzzy), [word]) => fuzzy.matches(word),
        (TextPattern::Sloppy(sloppy), [word]) => sloppy.tokens.contains(word),
        (TextPattern::Near(near), words) => {
            near.parts.iter().any(|part| words.iter().all(|word| part.contains(word)))
        }
        (
            TextPattern::Wildcard(_)
            | TextPattern::Regex(_)
            | TextPattern::Fuzzy(_)
            | TextPattern::Sloppy(_),
            _,
        ) => false,
    }
}

fn text<'a>(one: &'a Match, hit: &'a Hit) -> &'a str {
    let (message, place) = (&hit.message, hit.place());
    let text = match &one.shown {
        Shown::Subject => message.subject.as_deref(),
        Shown::Snippet => hit.snippet.as_ref().map(|snippet| snippet.text.as_str()),
        Shown::SenderName => message.from_name.as_deref(),
        Shown::SenderAddress => message.from_address.as_deref(),
        Shown::RecipientName(list, number) => recipients(*list, message)[*number].name.as_deref(),
        Shown::RecipientAddress(list, number) => {
            recipients(*list, message)[*number].address.as_deref()
        }
        Shown::FileName(number) => message.attachments[*number].name.as_deref(),
        Shown::FileType(number) => message.attachments[*number].content_type.as_deref(),
        Shown::Mailbox => place.mailbox.as_deref(),
        Shown::Folder => place.folder.as_deref(),
        Shown::Source => place.source.as_deref(),
        Shown::Id => Some(message.id.as_str()),
        Shown::Thread => message.conversation_id.as_deref(),
        Shown::Piece(text) => Some(text.as_str()),
        Shown::Nothing => None,
    };
    text.unwrap_or_default()
}
