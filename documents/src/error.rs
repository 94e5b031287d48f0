//! Why a document is not made. Texts name the field and the bound, never what the field holds: it may be a patient's.

/// What is wrong with the data of a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("{field} has {length} characters, and at most {limit} are set")]
    TooLong {
        field: &'static str,
        length: usize,
        limit: usize,
    },
    #[error("there are {count} of {field}, and at most {limit} are set")]
    TooMany {
        field: &'static str,
        count: usize,
        limit: usize,
    },
    #[error("{field} is empty")]
    Empty { field: &'static str },
    #[error("the document has more than {limit} pages")]
    TooManyPages { limit: usize },
    #[error("{field} cannot be shown: {reason}")]
    Picture { field: &'static str, reason: String },
    #[error("the amounts of the lines do not add up to the total")]
    Total,
    #[error("the document could not be written: {0}")]
    Write(String),
}
