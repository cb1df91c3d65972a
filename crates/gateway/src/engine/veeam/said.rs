//! What each part of a backup is asked for, and what the answer errs in.

use postern_query::emit::{Compiled, aqs};
use postern_query::{Direction, Expr, Fidelity, Note, Query};

use super::part::Part;
use crate::engine::{Divided, Why};
use crate::language::Versions;
use crate::wire::Sent;

/// What a part is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// All there is: the items are listed.
    Everything,
    /// What a text of item search finds.
    Text(String),
}

/// What both are asked for; nothing where a part can have nothing of it.
#[derive(Clone, Debug)]
pub(super) struct Sayings {
    pub(super) mail: Option<Said>,
    pub(super) files: Option<Said>,
}

const ALL_ITEMS: &str = "Veeam lists all items of the backup, also those that are no messages";
const ALL_DOCUMENTS: &str = "Veeam lists all documents as the backup has them";
const NEWEST: &str = "Veeam finds documents in their newest versions alone";

impl Sayings {
    /// What is said of a query, without what it says of places.
    pub(super) fn of(divided: &Divided, versions: Versions) -> Result<(Self, Vec<Note>), Why> {
        let mail = said(&divided.rest.among_mail(), aqs::compile, ALL_ITEMS);
        let files = said(&divided.rest.among_files(), aqs::compile_documents, ALL_DOCUMENTS);
        let (mail, mut notes) = mail.map_err(|why| cannot_say("", &why))?;
        let (files, of_files) = files.map_err(|why| cannot_say(" of documents", &why))?;
        if mail.is_none() && files.is_none() {
            return Err(cannot_say("", "nothing can be what is asked for"));
        }
        let new: Vec<_> = of_files.into_iter().filter(|note| !notes.contains(note)).collect();
        notes.extend(new);
        if files.is_some() && versions == Versions::All {
            notes.push(note(Direction::Narrower, NEWEST));
        }
        Ok((Self { mail, files }, notes))
    }

    /// The parts that are asked, in their order.
    pub(super) fn each(&self) -> impl Iterator<Item = (Part, &Said)> {
        let mail = self.mail.iter().map(|said| (Part::Mail, said));
        mail.chain(self.files.iter().map(|said| (Part::Files, said)))
    }

    /// The texts that are sent, if any is.
    pub(super) fn sent(&self) -> Option<Sent> {
        let text = |said: &Option<Said>| match said {
            Some(Said::Text(text)) => Some(text.clone()),
            Some(Said::Everything) | None => None,
        };
        let (query, documents) = (text(&self.mail), text(&self.files));
        (query.is_some() || documents.is_some()).then(|| Sent {
            query,
            documents,
            ..Sent::default()
        })
    }
}

type Told = (Option<Said>, Vec<Note>);

fn said(query: &Query, compile: fn(&Query) -> Compiled<String>, all: &str) -> Result<Told, String> {
    match query.condition() {
        Expr::Or(parts) if parts.is_empty() => return Ok((None, Vec::new())),
        all_of_it if all_of_it.is_everything() => {
            return Ok((Some(Said::Everything), vec![note(Direction::Wider, all)]));
        }
        Expr::And(_) | Expr::Or(_) | Expr::Not(_) | Expr::Leaf(_) => {}
    }
    let Compiled { sent, notes } = compile(query);
    match sent {
        Some(text) => Ok((Some(Said::Text(text)), notes)),
        None => {
            let worst = notes.into_iter().max_by_key(|note| note.fidelity);
            Err(worst.map(|note| note.message).unwrap_or_default())
        }
    }
}

fn note(direction: Direction, message: &str) -> Note {
    let (fidelity, direction) = (Fidelity::Approximate, Some(direction));
    Note { fidelity, direction, span: None, message: message.to_owned() }
}

fn cannot_say(of: &str, why: &str) -> Why {
    Why::never("cannot_say", format!("Veeam cannot say this{of}: {why}"))
}
