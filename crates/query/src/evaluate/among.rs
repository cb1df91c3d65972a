//! What a query means where there is nothing but mail, or nothing but files.

use super::predicate_holds;
use crate::analysis::lower_case;
use crate::query::{Condition, PeopleField, Predicate, Role, StringTest, TextTest};
use crate::schema::{InstantField, StringField, TextField};
use crate::{Attachment, Expr, FILE, Located, Message, Place, Query, Span};

impl Query {
    /// The same for whoever has nothing but mail: it finds the same mail, and conditions that all mail meets, or
    /// none, are gone.
    ///
    /// ```
    /// use postern_query::{Context, Query, parse};
    ///
    /// let context = Context::utc("2026-01-01T00:00:00Z".parse().unwrap());
    /// let read = |text| parse(text, &context).map(|parsed| parsed.query.among_mail());
    /// assert_eq!(read("is:read OR kind:file")?, parse("is:read", &context)?.query);
    /// assert_eq!(read("kind:file")?, Query::nothing());
    /// # Ok::<(), postern_query::Errors>(())
    /// ```
    #[must_use]
    pub fn among_mail(&self) -> Self {
        self.among(&mut of_mail)
    }

    /// The same for whoever has nothing but files: it finds the same files, and conditions that all files meet, or
    /// none, are gone.
    ///
    /// ```
    /// use postern_query::{Context, Query, parse};
    ///
    /// let context = Context::utc("2026-01-01T00:00:00Z".parse().unwrap());
    /// let read = |text| parse(text, &context).map(|parsed| parsed.query.among_files());
    /// assert_eq!(read("size>5 kind:file")?, parse("size>5", &context)?.query);
    /// assert_eq!(read("size>5 is:read")?, Query::nothing());
    /// # Ok::<(), postern_query::Errors>(())
    /// ```
    #[must_use]
    pub fn among_files(&self) -> Self {
        self.among(&mut of_files)
    }

    fn among(&self, settle: &mut impl FnMut(Located<Predicate>) -> Condition) -> Self {
        let condition = self.condition().clone();
        let settled =
            condition.try_map(&mut |leaf| Ok::<_, std::convert::Infallible>(settle(leaf)));
        let condition = settled.unwrap_or_else(|never| match never {});
        Self::of(condition).ordered_by(self.order().to_vec()).simplified().query
    }
}

fn always(holds: bool) -> Condition {
    if holds { Expr::everything() } else { Expr::nothing() }
}

/// Mail has another kind than a file, and no times of one.
fn of_mail(leaf: Located<Predicate>) -> Condition {
    let holds = |predicate: &Predicate| {
        always(predicate_holds(predicate, &Message::default(), &Place::NOWHERE))
    };
    match leaf.value {
        Predicate::String(StringField::Kind, test) => kind_of_mail(test, leaf.span),
        Predicate::String(StringField::Newest, _)
        | Predicate::Instant(InstantField::Created | InstantField::Modified, _) => {
            holds(&leaf.value)
        }
        Predicate::Text(test) => in_fields(test, leaf.span, |field| field != TextField::FileName),
        _ => Expr::Leaf(leaf),
    }
}

fn kind_of_mail(test: StringTest, span: Span) -> Condition {
    let test = match test {
        StringTest::Is(kind) if kind == FILE => return Expr::nothing(),
        StringTest::Same(kind) if lower_case(&kind) == FILE => return Expr::nothing(),
        StringTest::OneOf(mut kinds) => {
            kinds.retain(|kind| kind != FILE);
            if kinds.is_empty() {
                return Expr::nothing();
            }
            StringTest::OneOf(kinds)
        }
        other => other,
    };
    Expr::Leaf(Located::new(Predicate::String(StringField::Kind, test), span))
}

/// A file has a name, a title, an author, times, a size, a place and what it holds; nothing else that is asked of mail.
fn of_files(leaf: Located<Predicate>) -> Condition {
    match leaf.value {
        Predicate::Text(test) => in_fields(in_name(test), leaf.span, is_of_file),
        Predicate::Person { roles, pattern } => {
            let is_known = |role: &Role| match role.field() {
                PeopleField::Sender | PeopleField::Mailbox => true,
                PeopleField::List(_) | PeopleField::Header(_) => false,
            };
            let roles: Vec<_> = roles.into_iter().filter(is_known).collect();
            if roles.is_empty() {
                return Expr::nothing();
            }
            Expr::Leaf(Located::new(Predicate::Person { roles, pattern }, leaf.span))
        }
        _ if is_the_same_of_every_file(&leaf.value) => {
            always(predicate_holds(&leaf.value, &any_file(), &Place::NOWHERE))
        }
        _ => Expr::Leaf(leaf),
    }
}

/// A text without a field looks into the name of a file too.
fn in_name(test: TextTest) -> TextTest {
    TextTest { fields: test.searched().to_vec(), ..test }
}

fn in_fields(test: TextTest, span: Span, has: impl Fn(TextField) -> bool) -> Condition {
    let fields: Vec<_> = test.fields.iter().copied().filter(|field| has(*field)).collect();
    if fields.is_empty() {
        return Expr::nothing();
    }
    Expr::Leaf(Located::new(Predicate::Text(TextTest { fields, ..test }), span))
}

const fn is_of_file(field: TextField) -> bool {
    match field {
        TextField::Subject
        | TextField::FromAddress
        | TextField::FromName
        | TextField::AttachmentName
        | TextField::AttachmentText
        | TextField::FileName => true,
        TextField::Body
        | TextField::New
        | TextField::Quoted
        | TextField::ToName
        | TextField::ToAddress
        | TextField::CcName
        | TextField::CcAddress
        | TextField::BccName
        | TextField::BccAddress => false,
    }
}

fn is_the_same_of_every_file(predicate: &Predicate) -> bool {
    match predicate {
        Predicate::String(field, _) => match field {
            StringField::Kind
            | StringField::InternetMessageId
            | StringField::ConversationId
            | StringField::Importance
            | StringField::ListId => true,
            StringField::Id
            | StringField::Subject
            | StringField::FromAddress
            | StringField::FromName
            | StringField::Mailbox
            | StringField::Folder
            | StringField::Source
            | StringField::ItemId
            | StringField::FragmentId
            | StringField::Newest => false,
        },
        Predicate::Instant(field, _) => *field == InstantField::Sent,
        Predicate::Attachment(test) => test.is_everything(),
        Predicate::Flag(..)
        | Predicate::Recipient(..)
        | Predicate::Category(_)
        | Predicate::Reference(_) => true,
        Predicate::Text(_)
        | Predicate::Number(..)
        | Predicate::Person { .. }
        | Predicate::Set(_) => false,
    }
}

/// What every file has: itself as its attachment, of which mail would not say that it has one.
fn any_file() -> Message {
    Message {
        kind: Some(FILE.to_owned()),
        has_attachments: Some(false),
        attachments: vec![Attachment::default()],
        ..Message::default()
    }
}
