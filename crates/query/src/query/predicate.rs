//! The conditions on a message.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

use jiff::Timestamp;

use super::{Role, SetTest};
use crate::Expr;
use crate::analysis::LowerCase;
use crate::pattern::{Fuzzy, Near, Regex, Sloppy, Wildcard};
use crate::schema::{FlagField, InstantField, NumberField, RecipientList, StringField, TextField};

/// One condition on a message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Predicate {
    /// Full text.
    Text(TextTest),
    /// A string field.
    String(StringField, StringTest),
    /// A yes-or-no field. A missing value is neither.
    Flag(FlagField, FlagTest),
    /// A number field.
    Number(NumberField, NumberTest),
    /// A moment.
    Instant(InstantField, InstantTest),
    /// One person of the list. All tests must hold for that person.
    Recipient(RecipientList, Expr<RecipientTest>),
    /// One attachment. All tests must hold for it.
    Attachment(Expr<AttachmentTest>),
    /// One category. All tests must hold for it.
    Category(Expr<StringTest>),
    /// A message to which it replies or refers, by its Message-ID with angle brackets.
    Reference(String),
    /// A message of a frozen set.
    Set(SetTest),
    /// One person in one of these roles. Case never matters.
    Person {
        /// The roles that the person may have, in the order of [`Role`].
        roles: Vec<Role>,
        /// The person.
        pattern: PersonPattern,
    },
}

impl Predicate {
    /// The number of terms that it looks up in an index, each counted once for every field. An index looks up
    /// a list of values together, so 64 values count as one term.
    ///
    /// ```
    /// use postern_query::{Context, parse};
    ///
    /// let context = Context::utc("2024-05-22T12:00:00Z".parse().unwrap());
    /// let terms = |text: &str| {
    ///     let mut terms = 0;
    ///     let query = parse(text, &context).unwrap().query;
    ///     query.condition().for_each_leaf(&mut |leaf| terms += leaf.value.terms());
    ///     terms
    /// };
    /// assert_eq!(terms("invoice"), 2, "in subject or body");
    /// assert_eq!(terms("subject:\"overdue invoice\""), 2);
    /// assert_eq!(terms("recipients:ann,bob is:read"), 2 * 3 + 1);
    /// ```
    #[must_use]
    pub fn terms(&self) -> usize {
        match self {
            Self::Text(test) => test.fields.len() * test.pattern.words(),
            Self::String(_, test) => test.terms(),
            Self::Recipient(_, test) => sum(test, &|leaf| match leaf {
                RecipientTest::Name(test) | RecipientTest::Address(test) => test.terms(),
            }),
            Self::Attachment(test) => sum(test, &AttachmentTest::terms),
            Self::Category(test) => sum(test, &StringTest::terms),
            Self::Person { roles, .. } => roles.len(),
            Self::Flag(..)
            | Self::Number(..)
            | Self::Instant(..)
            | Self::Reference(_)
            | Self::Set(_) => 1,
        }
    }
}

impl Predicate {
    /// Whether it asks about a place of the message. Each place may have another answer.
    ///
    /// ```
    /// use postern_query::odata;
    ///
    /// let is_of_place = |filter: &str| {
    ///     let mut all = true;
    ///     let query = odata::parse_filter(filter).unwrap();
    ///     query.condition().for_each_leaf(&mut |leaf| all &= leaf.value.is_of_place());
    ///     all
    /// };
    /// assert!(is_of_place("isRead and mailbox eq 'ann@x.com'"));
    /// assert!(!is_of_place("hasAttachments"));
    /// ```
    #[must_use]
    pub fn is_of_place(&self) -> bool {
        match self {
            Self::String(field, _) => field.is_of_place(),
            Self::Flag(field, _) => field.is_of_place(),
            Self::Person { roles, .. } => roles.contains(&Role::Owner),
            Self::Text(_)
            | Self::Number(..)
            | Self::Instant(..)
            | Self::Recipient(..)
            | Self::Attachment(_)
            | Self::Category(_)
            | Self::Reference(_)
            | Self::Set(_) => false,
        }
    }
}

/// Values of a list that count as one term.
const VALUES: usize = 64;

/// The terms of all tests of one element.
fn sum<L>(test: &Expr<L>, terms: &impl Fn(&L) -> usize) -> usize {
    let mut total = 0;
    test.for_each_leaf(&mut |leaf| total += terms(leaf));
    total
}

impl TextPattern {
    /// The number of words and patterns in it.
    fn words(&self) -> usize {
        match self {
            Self::Phrase(tokens) => tokens.len(),
            Self::Sloppy(sloppy) => sloppy.tokens.len(),
            Self::Near(near) => near.parts.iter().map(Vec::len).sum(),
            Self::Wildcard(_) | Self::Regex(_) | Self::Fuzzy(_) => 1,
        }
    }
}

impl StringTest {
    const fn terms(&self) -> usize {
        match self {
            Self::OneOf(texts) => 1 + texts.len() / VALUES,
            Self::Is(_) | Self::Same(_) | Self::Shaped(_) | Self::PathEnd(_) | Self::Missing => 1,
        }
    }
}

impl AttachmentTest {
    const fn terms(&self) -> usize {
        match self {
            Self::Name(test) | Self::ContentType(test) => test.terms(),
            Self::Words(words) => words.len(),
            Self::Size(_) | Self::Named(_) | Self::Extension(_) | Self::Shaped(_) => 1,
        }
    }
}

/// Words in analysed text. It matches if one of the fields matches.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TextTest {
    /// The fields to search.
    pub fields: Vec<TextField>,
    /// The words to search.
    pub pattern: TextPattern,
    /// Whether a match counts for relevance.
    pub scored: bool,
}

impl TextTest {
    /// The fields in which it looks. Words without a field name also find a file by its name, and mail has no
    /// such field.
    ///
    /// ```
    /// use postern_query::{TextPattern, TextTest, schema::TextField};
    ///
    /// let pattern = TextPattern::Phrase(vec!["plan".into()]);
    /// let mut test = TextTest { fields: TextField::DEFAULT.to_vec(), pattern, scored: true };
    /// assert!(test.searched().contains(&TextField::FileName));
    /// test.fields = vec![TextField::Body];
    /// assert_eq!(test.searched(), [TextField::Body]);
    /// ```
    #[must_use]
    pub fn searched(&self) -> &[TextField] {
        const WITHOUT_NAME: &[TextField] =
            &[TextField::Subject, TextField::Body, TextField::FileName];
        if self.fields == TextField::DEFAULT { WITHOUT_NAME } else { &self.fields }
    }
}

/// A pattern over the tokens of a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TextPattern {
    /// These tokens next to each other in this order. One token is a word. Without tokens it matches
    /// nothing.
    Phrase(Vec<String>),
    /// One token of this shape, in lower case.
    Wildcard(Wildcard),
    /// One token that matches the expression as a whole.
    Regex(Regex),
    /// One token that differs by a few edits.
    Fuzzy(Fuzzy),
    /// Tokens near their places in a phrase, as Lucene counts.
    Sloppy(Sloppy),
    /// Words and phrases within a number of words of each other, as people count.
    Near(Near),
}

/// A test of one string as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StringTest {
    /// Exactly this.
    Is(String),
    /// Exactly one of these. An empty list matches nothing.
    OneOf(Vec<String>),
    /// This, in any case. The text is as typed.
    Same(String),
    /// A text of this shape, in any case. The pattern is in lower case.
    Shaped(Wildcard),
    /// A path that ends with these parts, in any case. The text is as typed, with `/` between parts.
    PathEnd(String),
    /// There is no value.
    Missing,
}

/// A test of a yes-or-no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlagTest {
    /// Exactly this.
    Is(bool),
    /// There is no value.
    Missing,
}

/// A test of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NumberTest {
    /// The value compares like this with the number. A missing value never does.
    Compare(Comparison, Number),
    /// There is no value.
    Missing,
}

/// A test of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InstantTest {
    /// The value compares like this with the moment. A missing value never does.
    Compare(Comparison, Timestamp),
    /// There is no value.
    Missing,
}

/// How a value compares with a constant. "Not equal" is the negation of [`Comparison::Equal`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Equal.
    Equal,
    /// Less than the constant.
    Less,
    /// Less than or equal.
    AtMost,
    /// Greater.
    Greater,
    /// Greater than or equal.
    AtLeast,
}

impl Comparison {
    /// Whether a value with this ordering to the constant passes.
    ///
    /// ```
    /// use postern_query::Comparison;
    ///
    /// assert!(Comparison::AtMost.accepts(4.cmp(&5)) && !Comparison::Greater.accepts(4.cmp(&5)));
    /// ```
    #[must_use]
    pub const fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
        }
    }
}

/// A number constant. Whole numbers and fractions compare by value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// A whole number of 64 bits.
    Integer(i64),
    /// A fraction, never NaN or infinite.
    Float(f64),
}

/// Where a number lies among the whole numbers of 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Among {
    /// Below all of them.
    Below,
    /// Between these two, which are equal for a whole number.
    Between(i64, i64),
    /// Above all of them.
    Above,
}

impl Number {
    /// Where it lies among the whole numbers, without the rounding of a cast; `None` for NaN.
    ///
    /// ```
    /// use postern_query::{Among, Number};
    ///
    /// assert_eq!(Number::Float(-2.5).among(), Some(Among::Between(-3, -2)));
    /// assert_eq!(Number::Float(1e300).among(), Some(Among::Above));
    /// ```
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the fraction is within the range of i64")]
    pub fn among(self) -> Option<Among> {
        const LIMIT: f64 = 9_223_372_036_854_775_808.0;
        match self {
            Self::Integer(number) => Some(Among::Between(number, number)),
            Self::Float(number) if number.is_nan() => None,
            Self::Float(number) if number >= LIMIT => Some(Among::Above),
            Self::Float(number) if number < -LIMIT => Some(Among::Below),
            Self::Float(number) => {
                Some(Among::Between(number.floor() as i64, number.ceil() as i64))
            }
        }
    }

    /// How a whole number compares with this one.
    pub(crate) fn compare(self, value: i64) -> Option<Ordering> {
        Some(match self.among()? {
            Among::Between(floor, ceiling) if floor == ceiling => value.cmp(&floor),
            Among::Between(floor, _) if value <= floor => Ordering::Less,
            Among::Above => Ordering::Less,
            Among::Below | Among::Between(..) => Ordering::Greater,
        })
    }
}

/// A fraction is never NaN, so every number is equal to itself.
impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Integer(number) => number.hash(state),
            // The two zeros are equal. Adding the positive one makes both positive.
            Self::Float(number) => (number + 0.0).to_bits().hash(state),
        }
    }
}

/// A test of one recipient.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RecipientTest {
    /// On the display name.
    Name(StringTest),
    /// On the address.
    Address(StringTest),
}

/// A test of one attachment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum AttachmentTest {
    /// On the name as it is.
    Name(StringTest),
    /// On the media type.
    ContentType(StringTest),
    /// On the size in bytes.
    Size(NumberTest),
    /// The whole name, in any case. The text is as typed.
    Named(String),
    /// The name ends in a dot and this, in any case.
    Extension(LowerCase),
    /// These words of the name next to each other; see [`name_words`](crate::analysis::name_words).
    Words(Vec<String>),
    /// The whole name or one of its words has this shape. The pattern is in lower case.
    Shaped(Wildcard),
}

/// A pattern over people. Case never matters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PersonPattern {
    /// The whole address.
    Address(LowerCase),
    /// Everyone at exactly this domain.
    Domain(LowerCase),
    /// Everyone at a domain below this one.
    SubDomains(LowerCase),
    /// The domain, or the whole part before the `@`.
    DomainOrLocal(LowerCase),
    /// These words next to each other in the part before the `@` or in the display name.
    Words(LowerCase),
    /// These words next to each other in the display name.
    NamePhrase(LowerCase),
    /// The part before the `@`, a word of it or a word of the display name has this shape.
    Shaped(Wildcard),
    /// The whole address has this shape.
    AddressShaped(Wildcard),
}
