//! Why a frame cannot be shown. Messages name attributes, transfer syntaxes and numbers, never patient data.

use super::syntax;

/// Why a frame cannot be decoded or rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PixelError {
    #[error("the data set has no {0}, which an image needs")]
    Missing(&'static str),
    #[error("{attribute} is {value}: {rule}")]
    Invalid {
        attribute: &'static str,
        value: String,
        rule: &'static str,
    },
    #[error("{what} is not supported in transfer syntax {uid} ({name})")]
    Unsupported {
        uid: String,
        name: &'static str,
        what: String,
    },
    #[error("a frame of {columns} x {rows} pixels ({bytes} bytes) is larger than this server decodes")]
    TooLarge { columns: u32, rows: u32, bytes: u64 },
    #[error("{compressed} bytes of {name} claim to hold a frame of {bytes} bytes; refused as a decompression bomb")]
    Bomb {
        name: &'static str,
        compressed: u64,
        bytes: u64,
    },
    #[error("the frame needs {expected} bytes and only {found} are present; the file is truncated")]
    Truncated { expected: u64, found: u64 },
    #[error("the {name} codestream says {attribute} {found}, the data set says {expected}")]
    Mismatch {
        name: &'static str,
        attribute: &'static str,
        found: u64,
        expected: u64,
    },
    #[error("frame {index} does not exist; the image has {count}")]
    NoSuchFrame { index: u32, count: u32 },
    #[error("damaged {name} codestream: {reason}")]
    Damaged { name: &'static str, reason: String },
    #[error("the picture cannot be encoded: {0}")]
    Encode(String),
}

impl PixelError {
    /// Something that `uid` allows and this crate does not decode.
    pub fn unsupported(uid: &str, what: impl Into<String>) -> Self {
        Self::Unsupported {
            uid: uid.to_owned(),
            name: syntax::name(uid),
            what: what.into(),
        }
    }

    /// A codestream of transfer syntax `uid` that cannot be what it claims to be.
    pub fn damaged(uid: &str, reason: impl Into<String>) -> Self {
        Self::Damaged {
            name: syntax::name(uid),
            reason: reason.into(),
        }
    }
}
