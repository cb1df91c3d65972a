//! Regular expressions over one token, in the syntax of Lucene.
//!
//! The premium service gives them to Lucene, so this module reads Lucene's grammar and nothing else. It
//! refuses the parts that our finite automaton cannot say: complement, intersection, number ranges.

mod grammar;

#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

use crate::analysis::lower_case;

pub use grammar::RegexFault;

/// The most bytes of an expression's states before they are compiled.
const NFA_SIZE: usize = 256 << 10;
/// The most bytes of a compiled expression.
const DFA_SIZE: usize = 512 << 10;
/// The most bytes of memory while it is compiled. This bounds the time too: each state is made once, in
/// time that grows with its memory.
const MADE_SIZE: usize = 256 << 10;

/// A regular expression over a whole token, in lower case.
///
/// `.` any character, `?` `*` `+` `{2,3}` repetition, `[a-z]` and `[^a-z]` classes, `|` either,
/// `( )` groups, `@` anything, `"…"` text as it stands, `\` the next character as it stands: as in
/// Lucene 8, `\d` is the letter `d`.
///
/// Reading takes time linear in the text. The first match compiles the expression, and all copies share the
/// result. [`Budget::compile`](crate::Budget::compile) bounds the expressions that a request may compile.
///
/// ```
/// use postern_query::pattern::Regex;
///
/// let regex = Regex::parse("inv(oice)?s?").unwrap();
/// assert!(regex.matches("invoices") && regex.matches("inv"));
/// assert!(!regex.matches("my-inv"), "the whole token has to match");
/// assert_eq!(Regex::parse("a(b").unwrap_err().at, 3);
/// ```
#[derive(Clone)]
pub struct Regex {
    text: String,
    compiled: Arc<OnceLock<Compiled>>,
}

/// The automaton of an expression; `None` if it would be too large.
type Compiled = Option<Arc<Automaton>>;

struct Automaton {
    dfa: dense::DFA<Vec<u32>>,
    start: StateID,
    /// Bytes, with those of the states before they were compiled.
    size: usize,
}

/// The state after some bytes of a token, for walking a sorted dictionary byte by byte.
///
/// ```
/// use postern_query::pattern::Regex;
///
/// let regex = Regex::parse("inv.*")?;
/// let after = |text: &str| text.bytes().fold(regex.start(), |state, byte| regex.next(state, byte));
/// assert!(regex.is_match(after("invoice")));
/// assert!(regex.is_dead(after("b")), "no word that begins so has to be looked at");
/// # Ok::<(), postern_query::pattern::RegexFault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegexState(StateID);

impl Regex {
    /// Reads an expression without its slashes and puts it in lower case.
    ///
    /// # Errors
    ///
    /// When the text does not follow the grammar, or only Lucene can answer it.
    pub fn parse(text: &str) -> Result<Self, RegexFault> {
        let lower = lower_case(text);
        grammar::parse(&lower)
            .map_err(|fault| RegexFault { at: typed_at(text, fault.at), ..fault })?;
        Ok(Self { text: lower, compiled: Arc::default() })
    }

    /// Bytes of the compiled expression; `None` if it is too large to compile. Such an
    /// expression matches no token, so an engine must ask for this first.
    ///
    /// ```
    /// use postern_query::pattern::Regex;
    ///
    /// assert!(Regex::parse("inv.*").unwrap().size().unwrap() < 10_000);
    /// assert_eq!(Regex::parse(".*a.{100}").unwrap().size(), None);
    /// ```
    #[must_use]
    pub fn size(&self) -> Option<usize> {
        self.automaton().map(|automaton| automaton.size)
    }

    fn automaton(&self) -> Option<&Automaton> {
        self.compiled.get_or_init(|| compile(&self.text).map(Arc::new)).as_deref()
    }

    /// Bytes in use now.
    #[cfg(test)]
    pub(crate) fn size_so_far(&self) -> Option<usize> {
        self.compiled.get()?.as_ref().map(|automaton| automaton.size)
    }

    /// Takes the automaton of an equal expression.
    pub(crate) fn share(&self, equal: &Self) {
        if let Some(compiled) = equal.compiled.get() {
            self.compiled.get_or_init(|| compiled.clone());
        }
    }

    /// The expression in lower case, without slashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `token` matches. The time is linear in its length.
    #[must_use]
    pub fn matches(&self, token: &str) -> bool {
        self.is_match(token.bytes().fold(self.start(), |state, byte| self.next(state, byte)))
    }

    /// The state before the first byte of a token.
    #[must_use]
    pub fn start(&self) -> RegexState {
        RegexState(self.automaton().map_or(StateID::ZERO, |automaton| automaton.start))
    }

    /// The state after one more byte.
    #[must_use]
    pub fn next(&self, state: RegexState, byte: u8) -> RegexState {
        let next = |automaton: &Automaton| automaton.dfa.next_state(state.0, byte);
        RegexState(self.automaton().map_or(StateID::ZERO, next))
    }

    /// Whether a token that ends here matches.
    #[must_use]
    pub fn is_match(&self, state: RegexState) -> bool {
        let ends = |dfa: &dense::DFA<_>| dfa.is_match_state(dfa.next_eoi_state(state.0));
        self.automaton().is_some_and(|automaton| ends(&automaton.dfa))
    }

    /// Whether no token that goes on from here matches.
    #[must_use]
    pub fn is_dead(&self, state: RegexState) -> bool {
        self.automaton().is_none_or(|automaton| automaton.dfa.is_dead_state(state.0))
    }
}

/// The byte of `typed` that stands at byte `at` in lower case, where some letters have another length.
fn typed_at(typed: &str, at: usize) -> usize {
    let mut before = 0;
    let mut letters = typed.char_indices();
    let found = letters.find(|(_, letter)| {
        let reached = before >= at;
        before += lower_case(letter.encode_utf8(&mut [0; 4])).len();
        reached
    });
    found.map_or(typed.len(), |(place, _)| place)
}

/// The automaton of an expression; `None` if it is too large.
fn compile(text: &str) -> Option<Automaton> {
    let tree = grammar::parse(text).ok()?;
    let nfa = thompson::NFA::compiler()
        .configure(thompson::Config::new().nfa_size_limit(Some(NFA_SIZE)))
        .build_from_hir(&tree)
        .ok()?;
    let config = dense::Config::new()
        .match_kind(MatchKind::All)
        .start_kind(StartKind::Anchored)
        .dfa_size_limit(Some(DFA_SIZE))
        .determinize_size_limit(Some(MADE_SIZE));
    let dfa = dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()?;
    let start = dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
    let size = nfa.memory_usage() + dfa.memory_usage();
    Some(Automaton { dfa, start, size })
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Regex {}

impl Hash for Regex {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.text)
    }
}
