//! Messages in threads, written one after the other.

use std::io::{self, Write};

use fastrand::Rng;
use jiff::{Timestamp, Unit};

use super::drawn::{SENDERS, WORDS, add_word, length};

/// When the first message was sent.
const START: i64 = 1_000_000_000;
/// Seconds from the first to the last: twenty years, however many there are.
const SPAN: u64 = 20 * 365 * 86_400;
/// How many threads can still be answered.
const OPEN: usize = 5_000;
/// Threads beyond this depth end.
const DEEPEST: usize = 12;
/// Of a hundred messages, how many answer another one.
const ANSWERS: u32 = 59;
/// Of a hundred lines of an answer, how many repeat the other one.
const QUOTED: u32 = 55;
/// One in so many has a file.
const WITH_FILE: u64 = 40;

/// A thread that can be answered.
#[derive(Debug)]
struct Thread {
    subject: String,
    ids: Vec<u64>,
    lines: Vec<String>,
}

/// What was written so far, as far as it can be answered.
#[derive(Debug)]
pub(crate) struct Writer {
    random: Rng,
    threads: Vec<Thread>,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self { random: Rng::with_seed(20), threads: Vec::new() }
    }

    /// Writes message `number` of `count`.
    pub(crate) fn write(
        &mut self,
        number: u64,
        count: u64,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let answers = !self.threads.is_empty() && self.random.u32(0..100) < ANSWERS;
        let place = if answers { self.random.usize(0..self.threads.len()) } else { self.begin() };
        let Self { random, threads } = self;
        let Some(thread) = threads.get_mut(place) else { return Ok(()) };
        write_head(random, thread, number, count, out)?;
        let lines = body(random, thread);
        write_body(random, &lines, number, out)?;
        thread.ids.push(number);
        thread.lines = lines;
        if thread.ids.len() > DEEPEST {
            threads.swap_remove(place);
        }
        Ok(())
    }

    /// A new thread, in the place of another one where there are many.
    fn begin(&mut self) -> usize {
        let words = self.random.usize(2..8);
        let subject = line(&mut self.random, words);
        let thread = Thread { subject, ids: Vec::new(), lines: Vec::new() };
        if self.threads.len() < OPEN {
            self.threads.push(thread);
            return self.threads.len() - 1;
        }
        let place = self.random.usize(0..OPEN);
        if let Some(old) = self.threads.get_mut(place) {
            *old = thread;
        }
        place
    }
}

fn write_head(
    random: &mut Rng,
    thread: &Thread,
    number: u64,
    count: u64,
    out: &mut impl Write,
) -> io::Result<()> {
    let after = SPAN / count.max(1) * number;
    let sent = Timestamp::from_second(START + i64::try_from(after).unwrap_or_default());
    let sent = sent.unwrap_or_default().round(Unit::Second).unwrap_or_default();
    let sent = sent.strftime("%a, %d %b %Y %H:%M:%S +0000");
    let (from, to) = (person(random), person(random));
    let answer = if thread.ids.is_empty() { "" } else { "Re: " };
    writeln!(out, "From mail Thu Jan  1 00:00:00 1970")?;
    writeln!(out, "Message-ID: {}\nDate: {sent}\nFrom: {from}\nTo: {to}", id(number))?;
    writeln!(out, "Subject: {answer}{}\nMIME-Version: 1.0", thread.subject)?;
    if let Some(last) = thread.ids.last() {
        let ids: Vec<_> = thread.ids.iter().map(|number| id(*number)).collect();
        writeln!(out, "In-Reply-To: {}\nReferences: {}", id(*last), ids.join("\n "))?;
    }
    Ok(())
}

fn write_body(
    random: &mut Rng,
    lines: &[String],
    number: u64,
    out: &mut impl Write,
) -> io::Result<()> {
    let plain = "Content-Type: text/plain; charset=utf-8";
    if !number.is_multiple_of(WITH_FILE) {
        return writeln!(out, "{plain}\n\n{}\n", lines.join("\n"));
    }
    let words = length(random);
    writeln!(
        out,
        "Content-Type: multipart/mixed; boundary=part\n\n--part\n{plain}\n\n{}\n",
        lines.join("\n")
    )?;
    writeln!(
        out,
        "--part\n{plain}; name={0}.txt\nContent-Disposition: attachment; filename={0}.txt\n",
        word(random)
    )?;
    writeln!(out, "{}\n--part--\n", line(random, words))
}

/// New lines and, in an answer, lines of the one that it answers.
fn body(random: &mut Rng, thread: &Thread) -> Vec<String> {
    let (mut left, mut lines) = (length(random), Vec::new());
    let mut quoted = thread.lines.iter();
    while left > 0 {
        let words = random.usize(6..14).min(left);
        left -= words;
        let again = quoted.next().filter(|_| random.u32(0..100) < QUOTED);
        lines.push(again.map_or_else(|| line(random, words), |again| format!("> {again}")));
    }
    lines
}

fn line(random: &mut Rng, words: usize) -> String {
    let mut line = String::new();
    for number in 0..words {
        if number > 0 {
            line.push(' ');
        }
        add_word(WORDS.draw(random), &mut line);
    }
    line
}

fn word(random: &mut Rng) -> String {
    line(random, 1)
}

/// Somebody with a name and an address; many share a domain.
fn person(random: &mut Rng) -> String {
    let number = SENDERS.draw(random);
    let mut name = String::new();
    add_word(number + 400, &mut name);
    let mut domain = String::new();
    add_word(number % 900 + 80, &mut domain);
    format!("{name} <{name}.{number}@{domain}.example>")
}

fn id(number: u64) -> String {
    format!("<{:016x}.{number}@mail.example>", number.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
