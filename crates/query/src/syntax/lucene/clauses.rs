//! The clauses of the classic syntax, and how operators mark them.

use super::{Clause, Mode, Node, Occur};

/// The word between two clauses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Conjunction {
    None,
    And,
    Or,
}

/// The mark in front of a clause.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Modifier {
    None,
    Required,
    Prohibited,
}

/// The clauses of one level, while the parser reads them.
pub(super) struct Clauses {
    mode: Mode,
    list: Vec<Clause>,
    /// The first clause has no mark and holds a token.
    first_alone: bool,
}

impl Clauses {
    pub(super) const fn new(mode: Mode) -> Self {
        Self { mode, list: Vec::new(), first_alone: false }
    }

    /// Adds the first clause.
    pub(super) fn start(&mut self, modifier: Modifier, node: Option<Node>) {
        self.first_alone = modifier == Modifier::None && node.is_some();
        self.push(Conjunction::None, modifier, node);
    }

    /// Adds a clause in the way of the classic parser.
    ///
    /// `AND` makes the clauses on both sides required, `OR` marks nothing, `-` and `NOT` prohibit.
    /// If all clauses are required by default, `OR` makes both sides optional. A prohibited clause
    /// stays prohibited. A clause without tokens still marks the one before it.
    pub(super) fn push(
        &mut self,
        conjunction: Conjunction,
        modifier: Modifier,
        node: Option<Node>,
    ) {
        match (conjunction, self.mode) {
            (Conjunction::And, _) => self.mark_last(Occur::Required),
            (Conjunction::Or, Mode::All) => self.mark_last(Occur::Optional),
            (Conjunction::Or | Conjunction::None, _) => {}
        }
        let occur = self.occur(conjunction, modifier);
        self.list.extend(node.map(|node| Clause { occur, node }));
    }

    fn mark_last(&mut self, occur: Occur) {
        if let Some(last) = self.list.last_mut().filter(|last| last.occur != Occur::Prohibited) {
            last.occur = occur;
        }
    }

    fn occur(&self, conjunction: Conjunction, modifier: Modifier) -> Occur {
        let required = match self.mode {
            Mode::Any => modifier == Modifier::Required || conjunction == Conjunction::And,
            // A plus after `OR` is ignored here, as in Lucene.
            Mode::All => conjunction != Conjunction::Or,
        };
        match modifier {
            Modifier::Prohibited => Occur::Prohibited,
            _ if required => Occur::Required,
            _ => Occur::Optional,
        }
    }

    pub(super) fn finish(mut self) -> Option<Node> {
        match self.list.len() {
            0 => None,
            1 if self.first_alone => self.list.pop().map(|clause| clause.node),
            _ => Some(Node::Clauses(self.list)),
        }
    }
}
