//! Equal messages in one row.

use postern_archive::search::{Hit, Row};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::bounds::{LISTED, Omitted, said};
use super::links::Links;
use super::{MessageView, PlaceView, time};

/// A message with the Message-ID of the row that matches too.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct CopyView {
    id: String,
    #[schema(value_type = Option<String>)]
    received_date_time: Value,
    #[schema(value_type = Option<String>)]
    sent_date_time: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
    #[schema(value_type = Option<String>)]
    mailbox: Value,
    #[schema(value_type = Option<String>)]
    folder: Value,
    /// Every place that it lies in and that may be seen, the one at which it matched first.
    places: Vec<PlaceView>,
    links: Links,
}

impl From<&Row> for MessageView {
    fn from(row: &Row) -> Self {
        let view = Self::from(&row.hit);
        let omitted = Omitted { copies: row.more, ..view.omitted };
        Self { copies: Some(row.copies.iter().map(CopyView::from).collect()), omitted, ..view }
    }
}

impl From<&Hit> for CopyView {
    fn from(copy: &Hit) -> Self {
        let message = copy.there();
        let text = |text: &Option<String>| said(text.as_deref(), LISTED);
        let places = message.places.iter().take(LISTED.list);
        Self {
            id: message.id.clone(),
            received_date_time: time(message.received),
            sent_date_time: time(message.sent),
            size: message.size,
            mailbox: text(&message.place().mailbox),
            folder: text(&message.place().folder),
            places: places.map(|place| PlaceView::of(place, LISTED)).collect(),
            links: Links::to(&message.id),
        }
    }
}
