//! A plan: what would be done, with which items, where to.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::Verb;

/// Items that a plan may have where nothing is said.
pub const LIMIT: usize = 100;
/// Bytes of a digest that an id shows, as two hexadecimal digits each.
const ID_BYTES: usize = 16;

/// Something that is acted on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// The id at the source of the mailbox or drive that it lies in.
    pub at: String,
    /// Its own id at the source.
    pub id: String,
    /// The address of the mailbox, or the owner of the drive.
    pub owner: String,
    /// The path of the folder that it lies in.
    pub folder: Option<String>,
    /// The subject of a message, the name of a document, for people.
    pub title: String,
    /// The id of the message here, where it is here.
    pub message: Option<String>,
}

/// How many items one request to the source is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    /// One, so that the result of each is known.
    Each,
    /// All that lie in one mailbox or drive.
    Within,
    /// All there are.
    Whole,
}

/// What would be done, to be shown, confirmed by its id, and carried out.
///
/// ```
/// use postern_actions::{Item, Proposal, Steps, Verb};
///
/// let item = Item {
///     at: "mailbox-1".into(),
///     id: "item-1".into(),
///     owner: "ann@contoso.com".into(),
///     folder: Some("Inbox".into()),
///     title: "Overdue invoice".into(),
///     message: None,
/// };
/// let plan = Proposal::new(Verb::Restore, "veeam", "contoso.onmicrosoft.com", Steps::Each, vec![item]);
/// let to_bob = plan.clone().with("mailbox", "bob@contoso.com");
/// assert_ne!(plan.id(), to_bob.id(), "where it goes is part of the plan");
/// assert!(to_bob.confirm(Some(&plan.id().to_string())).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    verb: Verb,
    source: String,
    place: String,
    steps: Steps,
    items: Vec<Item>,
    arguments: BTreeMap<&'static str, String>,
    /// Where the items go, in words.
    pub into: String,
    /// What cannot be taken back, in words.
    pub lasting: String,
    /// What else a person should know before.
    pub notes: Vec<String>,
}

/// The digest of a plan: the verb, where it is done, every item and every argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PlanId([u8; ID_BYTES]);

/// Why a plan is not carried out. Nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The query finds nothing to act on.
    #[error("nothing was found to {0}")]
    Nothing(Verb),
    /// More than the limit.
    #[error(
        "{found} items were found, and the limit is {limit}; make the query narrower, or raise the limit"
    )]
    TooMany {
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
    },
    /// What was confirmed is another plan.
    #[error(
        "the plan is another one now: its id is {now}; the query finds other items than before, or the \
         arguments differ. Look at it again"
    )]
    OtherPlan {
        /// The id of the plan as it is now.
        now: PlanId,
    },
}

impl Proposal {
    /// A plan to act on these items: at the source of that name, in `place`, such as the organization
    /// there. Each item is in it once.
    #[must_use]
    pub fn new(verb: Verb, source: &str, place: &str, steps: Steps, mut items: Vec<Item>) -> Self {
        items.sort();
        items.dedup_by(|one, other| (&one.at, &one.id) == (&other.at, &other.id));
        Self {
            verb,
            source: source.to_owned(),
            place: place.to_owned(),
            steps,
            items,
            arguments: BTreeMap::new(),
            into: String::new(),
            lasting: String::new(),
            notes: Vec::new(),
        }
    }

    /// The same with an argument, which the id covers and the record keeps. Never a secret.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.arguments.insert(name, value.into());
        self
    }

    /// What is done.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        self.verb
    }

    /// The source that does it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Where at the source.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// How many items one request is about.
    #[must_use]
    pub const fn steps(&self) -> Steps {
        self.steps
    }

    /// Every item, by mailbox or drive.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The arguments by their names.
    #[must_use]
    pub const fn arguments(&self) -> &BTreeMap<&'static str, String> {
        &self.arguments
    }

    /// How many items lie in each mailbox or drive, by its address.
    #[must_use]
    pub fn owners(&self) -> BTreeMap<&str, usize> {
        let mut owners = BTreeMap::new();
        for item in &self.items {
            *owners.entry(item.owner.as_str()).or_default() += 1;
        }
        owners
    }

    /// The id of the plan.
    #[must_use]
    pub fn id(&self) -> PlanId {
        let mut digest = self.head();
        for Item { at, id, .. } in &self.items {
            put(&mut digest, at);
            put(&mut digest, id);
        }
        PlanId::of(digest)
    }

    /// The id of what is done to one of its items, which is the same in every plan that does it.
    pub(crate) fn act(&self, item: &Item) -> PlanId {
        let mut digest = self.head();
        put(&mut digest, &item.at);
        put(&mut digest, &item.id);
        PlanId::of(digest)
    }

    /// Each part stands behind its length, so that no two plans read alike.
    fn head(&self) -> Sha256 {
        let mut digest = Sha256::new();
        for part in [self.verb.as_str(), &self.source, &self.place] {
            put(&mut digest, part);
        }
        digest.update(self.arguments.len().to_be_bytes());
        for (name, value) in &self.arguments {
            put(&mut digest, name);
            put(&mut digest, value);
        }
        digest
    }

    /// Whether there is something to do, and no more than `limit` items.
    ///
    /// # Errors
    ///
    /// [`Refused::Nothing`] and [`Refused::TooMany`].
    pub fn within(self, limit: usize) -> Result<Self, Refused> {
        match self.items.len() {
            0 => Err(Refused::Nothing(self.verb)),
            found if found > limit => Err(Refused::TooMany { found, limit }),
            _ => Ok(self),
        }
    }

    /// Whether this is the plan that was confirmed; nothing confirms any.
    ///
    /// # Errors
    ///
    /// [`Refused::OtherPlan`].
    pub fn confirm(&self, plan: Option<&str>) -> Result<(), Refused> {
        let now = self.id();
        match plan {
            Some(confirmed) if confirmed != now.to_string() => Err(Refused::OtherPlan { now }),
            Some(_) | None => Ok(()),
        }
    }
}

fn put(digest: &mut Sha256, text: &str) {
    digest.update(text.len().to_be_bytes());
    digest.update(text);
}

impl PlanId {
    fn of(digest: Sha256) -> Self {
        let whole: [u8; 32] = digest.finalize().into();
        let mut id = [0; ID_BYTES];
        id.iter_mut().zip(whole).for_each(|(place, byte)| *place = byte);
        Self(id)
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
