//! Many queries over one state of the index in the cluster, each counted beside the others, as the local index
//! counts them.
//!
//! What is known of each message that may be seen is read once and kept in memory, so a report is made of a bounded
//! number of messages. Of each query only the ids are read.

mod facts;
mod joined;

use postern_archive::IndexError;
use postern_archive::report::{Look, Tally};
use postern_archive::search::{Asker, Extent, Looked};
use postern_query::{Message, Query};
use serde_json::json;

use super::super::Question;
use super::super::asking::Asking;
use super::super::outcome::Stop;
use super::super::points::Point;
use super::Stored;
use super::scan::Scan;
use crate::stored;
use facts::Facts;

/// What is read of each message that is looked at.
const LOOKED: [&str; 8] = [
    "id",
    "kind",
    "attachments",
    "kept.unread",
    "kept.damage",
    "kept.otherParts",
    "places",
    "isEncrypted",
];

/// What several queries find in the cluster.
pub(super) struct Survey {
    stored: Stored,
    point: Point,
    facts: Facts,
    lines: u32,
}

/// Begins to count queries, all of which find some of what `within` finds. Each message within is looked at once.
pub(super) fn begin(
    stored: &Stored,
    within: &Query,
    asker: &Asker,
    look: &mut Look<'_>,
) -> Result<Survey, IndexError> {
    let all = stored.question(&Query::everything(), None, asker)?;
    let (point, facts) = Stored::wait(asker, read(stored, &all, asker))?;
    let within = stored.question(within, None, asker)?;
    let mut survey = Survey { stored: stored.clone(), point, facts, lines: 0 };
    Stored::wait(asker, survey.note_words(&within))?;
    survey.look_at(&within, asker, look)?;
    Ok(survey)
}

/// What is known of every message that may be seen, and in which state of the index; others connect nothing.
async fn read(stored: &Stored, all: &Question, asker: &Asker) -> Result<(Point, Facts), Stop> {
    let cluster = &stored.0;
    let deadline = cluster.0.client.deadline();
    let point = Asking { cluster, question: all, deadline }.now().await?;
    let mut facts = Facts::default();
    let scan = Scan { cluster, question: all, members: &facts::READ, filter: None };
    let take = |id: &str, source: &_| facts.add(id, &stored::message(source), &asker.scope);
    scan.within(&point, take).await?;
    Ok((point, facts.complete()))
}

impl Survey {
    fn scan<'a>(&'a self, question: &'a Question, members: &'a [&'a str]) -> Scan<'a> {
        Scan { cluster: &self.stored.0, question, members, filter: None }
    }

    /// Notes of those within whether body and attachments have words. A field may be there without one.
    async fn note_words(&mut self, within: &Question) -> Result<(), Stop> {
        for (field, of_attachments) in [("body", false), ("attachmentTexts", true)] {
            let any = json!({"prefix": {field: ""}});
            let mut found = Vec::new();
            let scan = Scan { filter: Some(&any), ..self.scan(within, &[]) };
            let take = |id: &str, _: &_| {
                found.extend(self.facts.number(id));
                Ok(())
            };
            scan.within(&self.point, take).await?;
            self.facts.note_words(of_attachments, &found);
        }
        Ok(())
    }

    /// Hands over each message within, and counts the documents that it is.
    fn look_at(
        &mut self,
        within: &Question,
        asker: &Asker,
        look: &mut Look<'_>,
    ) -> Result<(), IndexError> {
        let (mut stopped, mut families) = (false, Vec::new());
        let looking = self.scan(within, &LOOKED).within(&self.point, |id, source| {
            let message = stored::message(source);
            let Some(number) = self.facts.number(id) else { return Ok(()) };
            families.push((number, documents(&message)));
            let Some(message) = message.seen_at(|place| asker.scope.shows(place)) else {
                return Ok(());
            };
            let [has_words, has_attachment_words] = self.facts.words(number);
            stopped = look(Looked { message, has_words, has_attachment_words }).is_break();
            if stopped { Err(Stop::Unsaid) } else { Ok(()) }
        });
        let looked = Stored::wait(asker, looking);
        if stopped {
            return Err(IndexError::Stopped);
        }
        self.facts.note_families(&families);
        looked
    }
}

impl Tally for Survey {
    fn count(&mut self, query: &Query, asker: &Asker) -> Result<Extent, IndexError> {
        self.lines += 1;
        let question = self.stored.question(query, None, asker)?;
        let mut found = Vec::new();
        let each = self.scan(&question, &[]).within(&self.point, |id, _| {
            found.extend(self.facts.number(id));
            Ok(())
        });
        Stored::wait(asker, each)?;
        self.facts.note_finder(&found, self.lines - 1);
        Ok(self.facts.extent(&found))
    }

    fn finish(mut self: Box<Self>, _: &Asker) -> Result<(Vec<u64>, Extent), IndexError> {
        let (all, unique) = self.facts.found(self.lines);
        Ok((unique, self.facts.extent(&all)))
    }
}

/// How many documents a message is with its attachments. A file is its own first attachment.
fn documents(message: &Message) -> u64 {
    let attachments = message.attachments.len() as u64;
    if message.is_file() { attachments.max(1) } else { attachments + 1 }
}
