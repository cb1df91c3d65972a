//! The roles of people in a message.

use crate::schema::{DELIVERED_TO, RecipientList};

/// The role of a person in a message.
///
/// A new role is a variant here, with its row in [`Role::ALL`] and in the table below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The author.
    From,
    /// A recipient in `To`.
    To,
    /// A recipient in `Cc`.
    Cc,
    /// A recipient in `Bcc`.
    Bcc,
    /// A person to whom it was delivered.
    DeliveredTo,
    /// The owner of a mailbox in which it lies.
    Owner,
}

/// The field that holds the people of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeopleField {
    /// One person, with a field for the name and a field for the address.
    Sender,
    /// A list of recipients, each with a name and an address.
    List(RecipientList),
    /// A list of addresses by its path. Only a local index has it.
    Header(&'static str),
    /// The mailbox of a place.
    Mailbox,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] =
        [Self::From, Self::To, Self::Cc, Self::Bcc, Self::DeliveredTo, Self::Owner];
    /// To, cc and bcc.
    pub const RECIPIENTS: [Self; 3] = [Self::To, Self::Cc, Self::Bcc];
    /// Sender and every recipient.
    pub const PARTICIPANTS: [Self; 4] = [Self::From, Self::To, Self::Cc, Self::Bcc];

    /// Its name in query languages and in JSON, the words of a sentence, and the field with the people.
    const fn row(self) -> (&'static str, &'static str, PeopleField) {
        match self {
            Self::From => ("from", "from", PeopleField::Sender),
            Self::To => ("to", "to", PeopleField::List(RecipientList::To)),
            Self::Cc => ("cc", "cc", PeopleField::List(RecipientList::Cc)),
            Self::Bcc => ("bcc", "bcc", PeopleField::List(RecipientList::Bcc)),
            Self::DeliveredTo => ("deliveredTo", "delivered to", PeopleField::Header(DELIVERED_TO)),
            Self::Owner => ("owner", "in the mailbox of", PeopleField::Mailbox),
        }
    }

    /// Its name in query languages and in JSON.
    ///
    /// ```
    /// use postern_query::Role;
    ///
    /// assert_eq!(Role::DeliveredTo.name(), "deliveredTo");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The words before the person in an English sentence.
    pub(crate) const fn english(self) -> &'static str {
        self.row().1
    }

    /// The field that holds its people.
    ///
    /// ```
    /// use postern_query::{PeopleField, Role, schema::RecipientList};
    ///
    /// assert_eq!(Role::To.field(), PeopleField::List(RecipientList::To));
    /// ```
    #[must_use]
    pub const fn field(self) -> PeopleField {
        self.row().2
    }
}
