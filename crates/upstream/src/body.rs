//! The body of an answer.

use bytes::{Bytes, BytesMut};
use reqwest::Response;

use crate::Fault;

/// Up to so many bytes room is made for what an answer promises, before it comes.
const BELIEVED: usize = 1 << 20;

/// The whole body, of `limit` bytes at most; one that is shorter than promised is an error.
pub(crate) async fn whole(mut response: Response, limit: usize) -> Result<Bytes, Fault> {
    let promised = usize::try_from(response.content_length().unwrap_or(0)).unwrap_or(0);
    let mut body = BytesMut::with_capacity(promised.min(BELIEVED));
    while let Some(chunk) = response.chunk().await.map_err(|error| Fault::of(&error))? {
        if body.len() + chunk.len() > limit {
            return Err(Fault::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
