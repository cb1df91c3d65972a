//! The boolean tree of every stage.

/// And, or, not over leaves of any kind.
///
/// An empty [`Expr::And`] is true and an empty [`Expr::Or`] is false, as in logic.
///
/// ```
/// use postern_query::Expr;
///
/// let expr = Expr::And(vec![Expr::Leaf(2), Expr::negated(Expr::Leaf(3))]);
/// assert!(expr.holds(&mut |number| number % 2 == 0));
/// assert!(Expr::<i32>::everything().holds(&mut |_| false));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Expr<L> {
    /// All of them hold.
    And(Vec<Self>),
    /// At least one of them holds.
    Or(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// A condition, of a type that each stage chooses.
    Leaf(L),
}

impl<L> Expr<L> {
    /// The expression that always holds.
    #[must_use]
    pub const fn everything() -> Self {
        Self::And(Vec::new())
    }

    /// The expression that never holds.
    #[must_use]
    pub const fn nothing() -> Self {
        Self::Or(Vec::new())
    }

    /// The opposite of `expr`. The opposite of an opposite is the thing itself.
    #[must_use]
    pub fn negated(expr: Self) -> Self {
        match expr {
            Self::Not(inner) => *inner,
            other @ (Self::And(_) | Self::Or(_) | Self::Leaf(_)) => Self::Not(Box::new(other)),
        }
    }

    /// One part as it is, or several under `group`.
    #[must_use]
    pub fn group(mut parts: Vec<Self>, group: fn(Vec<Self>) -> Self) -> Self {
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                group(parts)
            }
            None => group(parts),
        }
    }

    /// Whether this is [`Expr::everything`].
    #[must_use]
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::And(parts) if parts.is_empty())
    }

    /// Whether the expression holds, if `leaf` says which leaves hold.
    pub fn holds(&self, leaf: &mut impl FnMut(&L) -> bool) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(leaf)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(leaf)),
            Self::Not(inner) => !inner.holds(leaf),
            Self::Leaf(inner) => leaf(inner),
        }
    }

    /// Whether `test` holds for a leaf that is not under a NOT.
    ///
    /// ```
    /// use postern_query::Expr;
    ///
    /// let expr = Expr::And(vec![Expr::Leaf(2), Expr::negated(Expr::Leaf(3))]);
    /// assert!(expr.has_positive(&|number| *number == 2) && !expr.has_positive(&|number| *number == 3));
    /// ```
    pub fn has_positive(&self, test: &impl Fn(&L) -> bool) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(|part| part.has_positive(test)),
            Self::Not(_) => false,
            Self::Leaf(leaf) => test(leaf),
        }
    }

    /// Calls `visit` for every leaf, left to right.
    pub fn for_each_leaf<'a>(&'a self, visit: &mut impl FnMut(&'a L)) {
        match self {
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.for_each_leaf(visit);
                }
            }
            Self::Not(inner) => inner.for_each_leaf(visit),
            Self::Leaf(leaf) => visit(leaf),
        }
    }

    /// The same, with whether the leaf stands under an odd number of NOTs.
    pub(crate) fn for_each_signed_leaf<'a>(&'a self, visit: &mut impl FnMut(&'a L, bool)) {
        self.each_signed(false, visit);
    }

    fn each_signed<'a>(&'a self, is_negated: bool, visit: &mut impl FnMut(&'a L, bool)) {
        match self {
            Self::And(parts) | Self::Or(parts) => {
                for part in parts {
                    part.each_signed(is_negated, visit);
                }
            }
            Self::Not(inner) => inner.each_signed(!is_negated, visit),
            Self::Leaf(leaf) => visit(leaf, is_negated),
        }
    }

    /// The same tree with every leaf replaced.
    ///
    /// # Errors
    ///
    /// The first error that `map` returns.
    ///
    /// # Examples
    ///
    /// ```
    /// use postern_query::Expr;
    ///
    /// let typed = Expr::Or(vec![Expr::Leaf("1"), Expr::Leaf("2")]);
    /// let numbers = typed.try_map(&mut |text: &str| text.parse::<u8>().map(Expr::Leaf));
    /// assert_eq!(numbers, Ok(Expr::Or(vec![Expr::Leaf(1), Expr::Leaf(2)])));
    /// ```
    pub fn try_map<M, E>(
        self,
        map: &mut impl FnMut(L) -> Result<Expr<M>, E>,
    ) -> Result<Expr<M>, E> {
        Ok(match self {
            Self::And(parts) => Expr::And(
                parts.into_iter().map(|part| part.try_map(map)).collect::<Result<_, _>>()?,
            ),
            Self::Or(parts) => {
                Expr::Or(parts.into_iter().map(|part| part.try_map(map)).collect::<Result<_, _>>()?)
            }
            Self::Not(inner) => Expr::negated(inner.try_map(map)?),
            Self::Leaf(leaf) => map(leaf)?,
        })
    }

    /// The same without a group inside a group of its own kind.
    ///
    /// ```
    /// use postern_query::Expr;
    ///
    /// let nested = Expr::And(vec![Expr::Leaf(1), Expr::And(vec![Expr::Leaf(2), Expr::Leaf(3)])]);
    /// assert_eq!(nested.flattened(), Expr::And(vec![Expr::Leaf(1), Expr::Leaf(2), Expr::Leaf(3)]));
    /// ```
    #[must_use]
    pub fn flattened(self) -> Self {
        match self {
            Self::And(parts) => {
                let mut flat = Vec::with_capacity(parts.len());
                for part in parts.into_iter().map(Self::flattened) {
                    if let Self::And(inner) = part { flat.extend(inner) } else { flat.push(part) }
                }
                Self::group(flat, Self::And)
            }
            Self::Or(parts) => {
                let mut flat = Vec::with_capacity(parts.len());
                for part in parts.into_iter().map(Self::flattened) {
                    if let Self::Or(inner) = part { flat.extend(inner) } else { flat.push(part) }
                }
                Self::group(flat, Self::Or)
            }
            // Two opposites stay: a NOT may speak of every place of a message.
            Self::Not(inner) => Self::Not(Box::new(inner.flattened())),
            leaf @ Self::Leaf(_) => leaf,
        }
    }
}
