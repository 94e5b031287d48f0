//! Documents that are named instead of sent: automatic persisted queries, or, when the operator registered operations, only those.
//!
//! Automatic persisted queries are Apollo's protocol: a client sends the SHA-256 of a document; when it is not known
//! (`PERSISTED_QUERY_NOT_FOUND`) it sends hash and document together, once. What is kept passed the limits and was parsed. It is bounded in
//! number and bytes; what was not asked for longest makes room, so keeping a document costs at most the removal of others that were paid
//! for in the same way. Whoever fills the store makes others send their documents again, and no more. Each process has a store of its own.

use std::{
    fmt::Write,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
};

use lru::LruCache;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{code::Code, refusal::Refusal, registered::Registered};

/// How many documents, and how many bytes of them, are kept for those who name them.
const KEPT: NonZeroUsize = NonZeroUsize::new(2_000).expect("not zero");
const KEPT_BYTES: usize = 8 * 1024 * 1024;

/// Which documents run.
pub enum Documents {
    /// Any; those that come with their hash are kept.
    Any(Automatic),
    /// None but these.
    Registered(Registered),
}

/// How a client names a document.
#[derive(Debug, PartialEq, Eq)]
pub enum Reference {
    /// By the SHA-256 of its text, as 64 hexadecimal digits.
    Sha256(String),
    /// By an id that its build tools gave it.
    Id(String),
}

/// The text to run.
pub struct Found {
    /// The document.
    pub text: Arc<str>,
    /// The hash under which it wants to be kept.
    pub keep: Option<String>,
}

impl Default for Documents {
    fn default() -> Self {
        Self::Any(Automatic::default())
    }
}

impl Documents {
    /// The document that was sent, or that is named. Nothing is parsed here.
    pub fn find(&self, sent: Option<String>, reference: Option<Reference>) -> Result<Found, Refusal> {
        let missing =
            || Refusal::bad_request("`query` is missing: send a document, or its hash in `extensions.persistedQuery`.");
        match (self, sent, reference) {
            (Self::Registered(known), Some(sent), _) => known.text(&sent).ok_or_else(not_registered),
            (Self::Registered(known), None, Some(Reference::Sha256(name) | Reference::Id(name))) => {
                known.named(&name).ok_or_else(not_registered)
            }
            (Self::Any(_), Some(sent), Some(Reference::Sha256(hash))) => {
                return Ok(Found {
                    text: sent.into(),
                    keep: Some(hash),
                });
            }
            (Self::Any(_), Some(sent), _) => Ok(sent.into()),
            (Self::Any(kept), None, Some(Reference::Sha256(hash))) => kept.get(&hash).ok_or_else(not_found),
            (Self::Any(_), None, Some(Reference::Id(_))) => Err(not_found()),
            (_, None, None) => Err(missing()),
        }
        .map(|text| Found { text, keep: None })
    }

    /// Keeps a document that passed the limits and was parsed. Refuses one that has another hash than the client says.
    pub fn keep(&self, found: Found) -> Result<(), Refusal> {
        let (Self::Any(kept), Some(hash)) = (self, found.keep) else {
            return Ok(());
        };
        if sha256(&found.text) != hash {
            return Err(Refusal::bad_request(
                "The SHA-256 of `query` is not the one in the request.",
            ));
        }
        kept.put(hash, found.text);
        Ok(())
    }
}

fn not_found() -> Refusal {
    // Apollo's clients look for these words.
    Refusal::new(Code::PersistedQueryNotFound, "PersistedQueryNotFound")
}

fn not_registered() -> Refusal {
    Refusal::new(
        Code::OperationNotRegistered,
        "This server runs registered operations only, and this is none of them.",
    )
}

/// SHA-256 as lower-case hexadecimal digits.
pub fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().fold(String::with_capacity(64), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

impl Reference {
    /// The reference within a request: Apollo's `extensions.persistedQuery`, or `documentId` of GraphQL over HTTP's appendix on
    /// persisted documents, which is `sha256:` and digits, or an id without a colon.
    pub fn of(extensions: Option<&Map<String, Value>>, document_id: Option<String>) -> Result<Option<Self>, Refusal> {
        if let Some(persisted) = extensions.and_then(|extensions| extensions.get("persistedQuery")) {
            let version = persisted.get("version").and_then(Value::as_u64);
            let hash = persisted.get("sha256Hash").and_then(Value::as_str);
            return match (version, hash) {
                (Some(1), Some(hash)) => Ok(Some(Self::Sha256(hash.to_ascii_lowercase()))),
                _ => Err(Refusal::bad_request(
                    "`extensions.persistedQuery` is {\"version\": 1, \"sha256Hash\": \"…\"}.",
                )),
            };
        }
        Ok(document_id.map(|id| match id.strip_prefix("sha256:") {
            Some(hash) => Self::Sha256(hash.to_ascii_lowercase()),
            None => Self::Id(id),
        }))
    }
}

/// The documents that clients sent with their hashes.
pub struct Automatic(Mutex<Store>);

struct Store {
    documents: LruCache<String, Arc<str>>,
    bytes: usize,
}

impl Default for Automatic {
    fn default() -> Self {
        Self(Mutex::new(Store {
            documents: LruCache::new(KEPT),
            bytes: 0,
        }))
    }
}

impl Automatic {
    fn get(&self, hash: &str) -> Option<Arc<str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).documents.get(hash).cloned()
    }

    fn put(&self, hash: String, text: Arc<str>) {
        let mut store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        store.bytes += text.len();
        if let Some((_, old)) = store.documents.push(hash, text) {
            store.bytes -= old.len();
        }
        while store.bytes > KEPT_BYTES {
            let Some((_, old)) = store.documents.pop_lru() else {
                break;
            };
            store.bytes -= old.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(kept: &Automatic, text: &str) -> String {
        let hash = sha256(text);
        kept.put(hash.clone(), text.into());
        hash
    }

    #[test]
    fn the_store_is_bounded_in_number_and_what_was_used_last_stays() {
        let kept = Automatic::default();
        let used = put(&kept, "{ used }");
        let unused = put(&kept, "{ unused }");
        for n in 0..KEPT.get() - 1 {
            put(&kept, &format!("{{ a{n} }}"));
            assert!(kept.get(&used).is_some());
        }
        assert!(kept.get(&unused).is_none());
        assert_eq!(kept.0.lock().unwrap().documents.len(), KEPT.get());
    }

    #[test]
    fn the_store_is_bounded_in_bytes_and_counts_a_document_once() {
        let kept = Automatic::default();
        let long = "x".repeat(64 * 1024);
        for _ in 0..3 {
            put(&kept, &long);
        }
        assert_eq!(kept.0.lock().unwrap().bytes, long.len());
        for n in 0..200 {
            put(&kept, &format!("{n}{long}"));
            assert!(kept.0.lock().unwrap().bytes <= KEPT_BYTES);
        }
        assert!(kept.get(&sha256(&long)).is_none());
    }
}
