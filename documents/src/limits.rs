//! How much a document may hold: whoever sends a report of a million words gets an error, not a worker without memory.

use crate::Error;

/// Characters of a name, an address line, a cell of a table.
pub const SHORT: usize = 300;
/// Characters of one paragraph.
pub const PARAGRAPH: usize = 50_000;
/// Characters of a whole document.
pub const DOCUMENT: usize = 400_000;
pub const PARAGRAPHS: usize = 5_000;
pub const PICTURES: usize = 60;
pub const ROWS: usize = 20_000;
pub const PAGES: usize = 500;

/// Refuses a text that is too long.
pub fn text(field: &'static str, text: &str, limit: usize) -> Result<(), Error> {
    // Bytes are at least as many as characters, and cost nothing to count.
    let length = if text.len() > limit { text.chars().count() } else { 0 };
    match length > limit {
        true => Err(Error::TooLong { field, length, limit }),
        false => Ok(()),
    }
}

/// Refuses a list that is too long.
pub fn count(field: &'static str, count: usize, limit: usize) -> Result<(), Error> {
    match count > limit {
        true => Err(Error::TooMany { field, count, limit }),
        false => Ok(()),
    }
}

/// Refuses what must be there and is not.
pub fn filled(field: &'static str, text: &str) -> Result<(), Error> {
    match text.trim().is_empty() {
        true => Err(Error::Empty { field }),
        false => Ok(()),
    }
}
