//! The plan of an export: what it is of, written down before its first byte, so that it can be written again after a
//! kill.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Lines, Seek as _, Write};

use postern_local_index::search::Asker;
use postern_query::Query;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::walk::each;
use super::{Broken, Format, Shelf};

/// What an export is, beside its messages.
#[derive(Clone, Debug)]
pub struct Planned {
    /// How it is written.
    pub format: Format,
    /// Whether of messages with the same Message-ID only the first is written.
    pub once: bool,
    /// What its manifest says of what was asked, when, and by whom.
    pub about: Map<String, Value>,
    /// The data folder that it is of: the messages of another one are others.
    pub data: String,
}

impl Planned {
    /// Writes the plan of an export of everything that the query finds now, one message a line.
    ///
    /// # Errors
    ///
    /// When something cannot be read or written.
    pub fn write(
        &self,
        shelf: &(impl Shelf + ?Sized),
        query: &Query,
        asker: &Asker,
        out: &mut impl Write,
    ) -> Result<(), Broken> {
        let Self { format, once, about, data } = self;
        let head = json!({"format": format.name(), "once": once, "about": about, "data": data});
        writeln!(out, "{head}")?;
        let mut messages = 0_u64;
        each(shelf, query, asker, self.format, &mut |hit| {
            messages += 1;
            Ok(writeln!(out, "{}", json!([hit.message.id, hit.place]))?)
        })?;
        Ok(writeln!(out, "{}", json!({"messages": messages}))?)
    }
}

/// A plan that was written.
#[derive(Debug)]
pub struct Plan {
    /// What the export is.
    pub planned: Planned,
    pub(super) messages: Messages,
}

/// The messages of a plan: their ids, and the place at which each was found. They are read as they are asked for.
#[derive(Debug)]
pub(super) struct Messages {
    lines: Lines<BufReader<File>>,
    left: u64,
}

#[derive(Deserialize)]
struct Head {
    format: String,
    once: bool,
    about: Map<String, Value>,
    data: String,
}

#[derive(Deserialize)]
struct Tail {
    messages: u64,
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or is not a whole plan.
    pub fn read(mut file: File) -> io::Result<Self> {
        let (mut count, mut last) = (0_u64, String::new());
        for line in BufReader::new(&file).lines() {
            (count, last) = (count + 1, line?);
        }
        let tail: Tail = read(&last)?;
        if count != tail.messages + 2 {
            return Err(not_whole());
        }
        file.rewind()?;
        let mut lines = BufReader::new(file).lines();
        let head: Head = read(&lines.next().ok_or_else(not_whole)??)?;
        let format = Format::named(&head.format).ok_or_else(not_whole)?;
        let Head { once, about, data, .. } = head;
        let planned = Planned { format, once, about, data };
        Ok(Self { planned, messages: Messages { lines, left: tail.messages } })
    }
}

impl Iterator for Messages {
    type Item = io::Result<(String, usize)>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(self.lines.next()?.and_then(|line| read(&line)))
    }
}

fn read<T: DeserializeOwned>(line: &str) -> io::Result<T> {
    serde_json::from_str(line).map_err(|_| not_whole())
}

fn not_whole() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is no whole plan of an export")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(text: &str) -> io::Result<Vec<(String, usize)>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file.rewind().unwrap();
        Plan::read(file)?.messages.collect()
    }

    #[test]
    fn only_a_whole_plan_is_read() {
        let whole = "{\"format\":\"dat\",\"once\":true,\"about\":{\"query\":\"x\"},\"data\":\"/d\"}\n[\"a\",0]\n[\"b\",2]\n{\"messages\":2}\n";
        assert_eq!(plan(whole).unwrap(), [("a".to_owned(), 0), ("b".to_owned(), 2)]);
        for end in 0..whole.len() - 1 {
            assert!(plan(whole.get(..end).unwrap()).is_err(), "{end}");
        }
        for (what, by) in
            [("dat", "doc"), ("[\"a\",0]\n", ""), ("[\"a\",0]", "[0]"), ("messages", "message")]
        {
            assert!(plan(&whole.replace(what, by)).is_err(), "{what}");
        }
    }
}
