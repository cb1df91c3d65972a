//! Which clauses of a query make a message match.

use std::cell::RefCell;
use std::ops::Range;

use postern_query::{Condition, Expr, Located, Predicate};

/// The query over the numbers of its clauses.
#[derive(Debug)]
pub(super) enum Tree {
    All(Vec<Self>),
    Any(Vec<Self>),
    /// With its number among the NOTs.
    Not(usize, Box<Self>),
    Clause(usize),
}

impl Default for Tree {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Tree {
    /// The tree of a condition, of which each clause is given its number.
    pub(super) fn of<'a>(
        condition: &'a Condition,
        nots: &mut usize,
        number: &mut impl FnMut(&'a Located<Predicate>) -> usize,
    ) -> Self {
        match condition {
            Expr::And(parts) => {
                Self::All(parts.iter().map(|part| Self::of(part, nots, number)).collect())
            }
            Expr::Or(parts) => {
                Self::Any(parts.iter().map(|part| Self::of(part, nots, number)).collect())
            }
            Expr::Not(inner) => {
                *nots += 1;
                Self::Not(*nots - 1, Box::new(Self::of(inner, nots, number)))
            }
            Expr::Leaf(leaf) => Self::Clause(number(leaf)),
        }
    }

    /// Calls `visit` for every clause, with whether it is wanted: it stands under an even number of NOTs.
    pub(super) fn each(&self, is_wanted: bool, visit: &mut impl FnMut(usize, bool)) {
        match self {
            Self::All(parts) | Self::Any(parts) => {
                parts.iter().for_each(|part| part.each(is_wanted, visit));
            }
            Self::Not(_, inner) => inner.each(!is_wanted, visit),
            Self::Clause(number) => visit(*number, is_wanted),
        }
    }

    /// Calls `visit` for every clause without which nothing matches.
    pub(super) fn each_certain(&self, visit: &mut impl FnMut(usize)) {
        match self {
            Self::All(parts) => parts.iter().for_each(|part| part.each_certain(visit)),
            Self::Clause(number) => visit(*number),
            Self::Any(_) | Self::Not(..) => {}
        }
    }

    /// Calls `visit` for every clause that is not wanted and that decides whether one of those that are wanted
    /// counts.
    pub(super) fn each_judge(&self, is_wanted: bool, visit: &mut impl FnMut(usize)) {
        match (self, is_wanted) {
            (Self::Any(_), true) | (Self::All(_), false) => {
                let (mut has_wanted, mut judges) = (false, Vec::new());
                self.each(is_wanted, &mut |number, is_wanted| {
                    has_wanted |= is_wanted;
                    judges.extend((!is_wanted).then_some(number));
                });
                judges.into_iter().filter(|_| has_wanted).for_each(visit);
            }
            (Self::Any(parts) | Self::All(parts), _) => {
                parts.iter().for_each(|part| part.each_judge(is_wanted, visit));
            }
            (Self::Not(_, inner), _) => inner.each_judge(!is_wanted, visit),
            (Self::Clause(_), _) => {}
        }
    }
}

/// Whether something holds, as far as that is known.
pub(super) type Truth = Option<bool>;

/// Decides for one message which clauses make it match. A clause is asked about one of its places, by number.
pub(super) struct Judge<'j> {
    clause: &'j dyn Fn(usize, usize) -> Truth,
    places: Range<usize>,
    /// What is known of each NOT, which is the same at every place.
    nots: RefCell<Vec<Option<Truth>>>,
}

impl<'j> Judge<'j> {
    /// For a message of so many places, and a query of so many NOTs.
    pub(super) fn new(
        places: usize,
        nots: usize,
        clause: &'j dyn Fn(usize, usize) -> Truth,
    ) -> Self {
        Self { clause, places: 0..places, nots: RefCell::new(vec![None; nots]) }
    }

    /// Calls `visit` for every clause that is wanted and makes the tree hold at a place: of alternatives those of
    /// each that holds, or of which nobody knows that it does not.
    pub(super) fn reasons(&self, tree: &Tree, place: usize, visit: &mut dyn FnMut(usize)) {
        self.visit(tree, true, Some(place), visit);
    }

    /// Under a NOT every place counts, which is none.
    fn visit(
        &self,
        tree: &Tree,
        is_wanted: bool,
        place: Option<usize>,
        visit: &mut dyn FnMut(usize),
    ) {
        match tree {
            Tree::All(parts) | Tree::Any(parts) => {
                let is_choice = matches!(tree, Tree::Any(_)) == is_wanted;
                for part in parts {
                    if !is_choice || self.anywhere(part, place) != Some(!is_wanted) {
                        self.visit(part, is_wanted, place, visit);
                    }
                }
            }
            Tree::Not(_, inner) => self.visit(inner, !is_wanted, None, visit),
            Tree::Clause(number) if is_wanted => visit(*number),
            Tree::Clause(_) => {}
        }
    }

    fn anywhere(&self, tree: &Tree, place: Option<usize>) -> Truth {
        match place {
            Some(place) => self.at(tree, place),
            None => any(self.places.clone().map(|place| self.at(tree, place))),
        }
    }

    /// As [`evaluate_at`](postern_query::evaluate::evaluate_at) decides, where all is known.
    fn at(&self, tree: &Tree, place: usize) -> Truth {
        match tree {
            Tree::All(parts) => {
                any(parts.iter().map(|part| self.at(part, place).map(|holds| !holds)))
                    .map(|fails| !fails)
            }
            Tree::Any(parts) => any(parts.iter().map(|part| self.at(part, place))),
            Tree::Not(number, inner) => self.not(*number, inner),
            Tree::Clause(number) => (self.clause)(*number, place),
        }
    }

    fn not(&self, number: usize, inner: &Tree) -> Truth {
        let known = self.nots.borrow().get(number).copied().flatten();
        known.unwrap_or_else(|| {
            let truth = self.anywhere(inner, None).map(|holds| !holds);
            self.nots
                .borrow_mut()
                .iter_mut()
                .skip(number)
                .take(1)
                .for_each(|not| *not = Some(truth));
            truth
        })
    }
}

/// Whether one of them holds.
fn any(mut parts: impl Iterator<Item = Truth>) -> Truth {
    let mut is_known = true;
    let holds = parts.any(|part| {
        is_known &= part.is_some();
        part == Some(true)
    });
    if holds { Some(true) } else { is_known.then_some(false) }
}

#[cfg(test)]
mod tests {
    use postern_query::{Context, parse};

    use super::*;

    /// The words of a query that make a message match which has the words of `has`, at its second place those of
    /// `there` too; of `?` nobody knows.
    fn reasons(typed: &str, has: &str, there: &str) -> String {
        let query = parse(typed, &Context::utc(jiff::Timestamp::UNIX_EPOCH)).unwrap().query;
        let (mut words, mut nots) = (Vec::new(), 0);
        let tree = Tree::of(query.condition(), &mut nots, &mut |leaf| {
            words.push(leaf.span.slice(typed).to_owned());
            words.len() - 1
        });
        let clause = |number: usize, place: usize| {
            let word = words[number].as_str();
            let holds = has.contains(word) || (place == 1 && there.contains(word));
            (word != "unknown").then_some(holds)
        };
        let mut found = String::new();
        Judge::new(2, nots, &clause).reasons(&tree, 0, &mut |number| found += &words[number]);
        found
    }

    #[test]
    fn what_makes_a_message_match() {
        for (typed, has, there, expected) in [
            ("a b", "ab", "", "ab"),
            ("a -b", "a", "", "a"),
            ("-(-a)", "a", "", "a"),
            ("a OR b", "b", "", "b"),
            ("(a b) OR c", "ac", "", "c"),
            ("(a b) OR c", "abc", "", "abc"),
            ("(a -b) OR c", "abc", "", "c"),
            ("(a -b) OR c", "ac", "", "ac"),
            ("(a -b) OR c", "ac", "b", "c"),
            ("-(b -a)", "ab", "", "a"),
            ("-(b -a)", "a", "", "a"),
            ("-(b -(a c))", "abc", "", "ac"),
            ("a XOR b", "a", "", "a"),
            ("a OR (-a b)", "ab", "", "a"),
            ("(a unknown) OR c", "ac", "", "aunknownc"),
            ("(a -unknown) OR c", "c", "", "c"),
        ] {
            assert_eq!(reasons(typed, has, there), expected, "{typed} in {has}");
        }
    }

    #[test]
    fn whom_a_choice_depends_on() {
        for (typed, expected) in [
            ("a -b", ""),
            ("a OR -b", "b"),
            ("(a -b) OR c", "b"),
            ("-b OR -c", ""),
            ("-(b -a)", "b"),
        ] {
            let query = parse(typed, &Context::utc(jiff::Timestamp::UNIX_EPOCH)).unwrap().query;
            let (mut words, mut judges) = (Vec::new(), String::new());
            let tree = Tree::of(query.condition(), &mut 0, &mut |leaf| {
                words.push(leaf.span.slice(typed));
                words.len() - 1
            });
            tree.each_judge(true, &mut |number| judges += words[number]);
            assert_eq!(judges, expected, "{typed}");
        }
    }
}
