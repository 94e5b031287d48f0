//! Multipart bodies of this family, part by part; bounded in headers, number of parts and time between chunks.

use crate::graphql::transport::{Allowance, Incoming};
use domain::{Error, Result};
use futures::Stream;
use multer::{Field, Multipart};
use poem::{Body, Request};
use std::io;
use std::time::Duration;

const PART_HEADERS: usize = 64 << 10;
/// Bytes of one text field.
const TEXT: usize = 64 << 10;
/// Text fields of one form; the documented ones are eight.
const TEXTS: usize = 32;
const STALL: Duration = Duration::from_secs(30);

pub struct Parts {
    multipart: Multipart<'static>,
    allowance: Allowance,
    texts: usize,
}

fn unreadable<E>(_: E) -> Error {
    Error::invalid("body", "UNREADABLE", "the form could not be read")
}

impl Parts {
    pub fn new(request: &Request, body: Body) -> Result<Self> {
        let boundary = multer::parse_boundary(request.content_type().unwrap_or_default())
            .map_err(|_| Error::invalid("body", "NOT_MULTIPART", "the body must be multipart/form-data"))?;
        let incoming = Incoming::new(body, STALL);
        Ok(Self {
            allowance: incoming.allowance(),
            multipart: Multipart::new(incoming, boundary),
            texts: 0,
        })
    }

    pub async fn next(&mut self) -> Result<Option<Field<'static>>> {
        self.allowance.set(PART_HEADERS);
        let field = self.multipart.next_field().await.map_err(unreadable)?;
        self.allowance.set(usize::MAX);
        Ok(field)
    }

    /// A part's text.
    pub async fn text(&mut self, mut field: Field<'static>) -> Result<String> {
        self.texts += 1;
        if self.texts > TEXTS {
            return Err(Error::TooLarge(format!("The form has more than {TEXTS} text fields")));
        }
        let mut text = Vec::new();
        while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
            if text.len() + chunk.len() > TEXT {
                return Err(Error::TooLarge(format!("A text field is larger than {TEXT} bytes")));
            }
            text.extend_from_slice(&chunk);
        }
        String::from_utf8(text).map_err(unreadable)
    }
}

/// A part's bytes as they arrive.
pub fn bytes(field: Field<'static>) -> impl Stream<Item = io::Result<bytes::Bytes>> + Unpin {
    let broken = |error: multer::Error| io::Error::new(io::ErrorKind::ConnectionAborted, error);
    futures::TryStreamExt::map_err(field, broken)
}
