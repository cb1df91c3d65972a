//! Regular expressions over one token, in the syntax of Lucene.
//!
//! The premium service hands them to Lucene, so Lucene's grammar is read here and nothing else; what
//! it can say and a finite automaton of ours cannot (complement, intersection, number ranges) is
//! refused.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use regex_automata::{Anchored, MatchKind};

use crate::analysis::lower_case;
use crate::syntax::regex;

/// Bytes that a compiled expression may take.
const SIZE: usize = 4 << 20;

/// A regular expression over a whole token, in lower case.
///
/// `.` any character, `?` `*` `+` `{2,3}` repetition, `[a-z]` and `[^a-z]` classes, `|` either,
/// `( )` groups, `@` anything, `"…"` text as it stands, `\` the next character as it stands: as in
/// Lucene 8, `\d` is the letter `d`.
///
/// ```
/// use postern_query::Regex;
///
/// let regex = Regex::parse("inv(oice)?s?").unwrap();
/// assert!(regex.matches("invoices") && regex.matches("inv"));
/// assert!(!regex.matches("my-inv"), "the whole token has to match");
/// assert_eq!(Regex::parse("a(b").unwrap_err().at, 3);
/// ```
#[derive(Clone)]
pub struct Regex {
    text: String,
    automaton: Arc<dense::DFA<Vec<u32>>>,
    start: StateID,
}

/// Why a text is no regular expression.
///
/// ```
/// let fault = postern_query::Regex::parse("a(b").unwrap_err();
/// assert_eq!(fault.to_string(), "expected `)` (at byte 3)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegexFault {
    /// Byte of the expression at which reading stopped.
    pub at: usize,
    /// What is wrong there.
    pub message: String,
    /// It is an expression to the premium service, but one that cannot be answered here.
    pub beyond: bool,
}

impl fmt::Display for RegexFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.at)
    }
}

impl std::error::Error for RegexFault {}

/// How far a token has been read, so that a sorted dictionary can be walked byte by byte.
///
/// ```
/// use postern_query::Regex;
///
/// let regex = Regex::parse("inv.*")?;
/// let after = |text: &str| text.bytes().fold(regex.start(), |state, byte| regex.next(state, byte));
/// assert!(regex.is_match(after("invoice")));
/// assert!(regex.is_dead(after("b")), "no word that begins so has to be looked at");
/// # Ok::<(), postern_query::RegexFault>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegexState(StateID);

impl Regex {
    /// Reads an expression without its slashes and puts it in lower case.
    ///
    /// # Errors
    ///
    /// Where the text does not follow the grammar, says what only Lucene can answer, or needs an
    /// automaton of more than a few megabytes.
    pub fn parse(text: &str) -> Result<Self, RegexFault> {
        let text = lower_case(text);
        let tree = regex::parse(&text)?;
        let nfa = thompson::NFA::compiler()
            .configure(thompson::Config::new().nfa_size_limit(Some(SIZE)))
            .build_from_hir(&tree);
        let config = dense::Config::new()
            .match_kind(MatchKind::All)
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(SIZE))
            .determinize_size_limit(Some(SIZE));
        let built = nfa.ok().and_then(|nfa| {
            let automaton = dense::Builder::new().configure(config).build_from_nfa(&nfa).ok()?;
            let start = start::Config::new().anchored(Anchored::Yes);
            Some((automaton.start_state(&start).ok()?, Arc::new(automaton)))
        });
        let (start, automaton) = built.ok_or_else(|| RegexFault {
            at: 0,
            message: "this expression is too large".to_owned(),
            beyond: true,
        })?;
        Ok(Self { text, automaton, start })
    }

    /// The expression in lower case, without slashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the whole of `token` matches; linear in its length.
    #[must_use]
    pub fn matches(&self, token: &str) -> bool {
        self.is_match(token.bytes().fold(self.start(), |state, byte| self.next(state, byte)))
    }

    /// Before the first byte of a token.
    #[must_use]
    pub const fn start(&self) -> RegexState {
        RegexState(self.start)
    }

    /// After one byte more.
    #[must_use]
    pub fn next(&self, state: RegexState, byte: u8) -> RegexState {
        RegexState(self.automaton.next_state(state.0, byte))
    }

    /// Whether a token that ends here matches.
    #[must_use]
    pub fn is_match(&self, state: RegexState) -> bool {
        self.automaton.is_match_state(self.automaton.next_eoi_state(state.0))
    }

    /// Whether no token that goes on from here matches.
    #[must_use]
    pub fn is_dead(&self, state: RegexState) -> bool {
        self.automaton.is_dead_state(state.0)
    }
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
