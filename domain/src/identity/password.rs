//! Passwords: argon2id with its own defaults (OWASP's second choice: 19 MiB, 2 passes), off the async threads.

use crate::error::{Error, FieldError, Result};
use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;

/// Each hash takes 19 MiB; more at once than this wait.
static AT_ONCE: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    Arc::new(Semaphore::new(
        std::thread::available_parallelism().map_or(2, usize::from).max(2),
    ))
});
pub const MAX_LENGTH: usize = 1_024;

pub fn check_length(field: &'static str, password: &str) -> Option<FieldError> {
    (password.is_empty() || password.len() > MAX_LENGTH).then(|| FieldError {
        field,
        code: "INVALID_PASSWORD",
        message: format!("A password has 1 to {MAX_LENGTH} bytes"),
    })
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let slot = AT_ONCE.clone().acquire_owned().await.map_err(Error::internal)?;
    // The slot goes with the work: a caller that leaves must not let another hash begin beside it.
    let work = move || {
        let done = work();
        drop(slot);
        done
    };
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

/// The PHC string of a password with a fresh salt.
pub async fn hash(password: String) -> Result<String> {
    off_thread(move || {
        let hash = Argon2::default()
            .hash_password(password.as_bytes())
            .map_err(|error| Error::internal(anyhow::anyhow!("password hash: {error}")))?;
        Ok(hash.to_string())
    })
    .await
}

/// Compares in the same time whether there is a hash or not, so that answers do not tell which users exist.
pub async fn verify(password: String, phc: Option<String>) -> Result<bool> {
    static NOBODY: LazyLock<Option<String>> =
        LazyLock::new(|| Argon2::default().hash_password(b"nobody").ok().map(|hash| hash.to_string()));
    off_thread(move || {
        let known = phc.is_some();
        let Some(text) = phc.or_else(|| NOBODY.clone()) else {
            return Ok(false);
        };
        let hash = PasswordHash::new(&text)
            .map_err(|error| Error::internal(anyhow::anyhow!("stored password hash: {error}")))?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && known)
    })
    .await
}
