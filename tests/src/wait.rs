//! Waiting for what other processes do: looked for again and again, with a deadline; and turns, so that heavy tests do not starve each other.

use std::fmt::Display;
use std::io::Write;
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, MutexGuard};

const LOOK_AGAIN: Duration = Duration::from_millis(20);

static TURN: Mutex<()> = Mutex::const_new(());

/// Held by a test that keeps all processors busy with processes of its own, while it runs.
pub async fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().await
}

/// Asks until there is an answer.
///
/// # Panics
/// When there is none in time; `what` says what was waited for.
pub async fn until<T>(what: &str, limit: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    until_ok(what, limit, async || ask().await.ok_or("")).await
}

/// The same, told why there is no answer yet.
///
/// # Panics
/// When there is none in time, with the last reason.
pub async fn until_ok<T, E: Display>(what: &str, limit: Duration, mut ask: impl AsyncFnMut() -> Result<T, E>) -> T {
    let began = Instant::now();
    loop {
        match ask().await {
            Ok(answer) => return answer,
            Err(why) => assert!(began.elapsed() < limit, "{what}: not within {limit:?} {why}"),
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Says on the terminal, past the capture of test output, that a test did not run, or did something worth knowing.
pub fn say(text: &str) {
    // Nobody may be there to read it.
    let _ = writeln!(std::io::stderr(), "==> {text}");
}

/// A test cannot run here: told loudly, and a failure where everything must be there.
///
/// # Panics
/// In the CI.
pub fn skip(test: &str, why: &str) {
    say(&format!("!!! {test} did NOT run: {why} !!!"));
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{test}: {why}");
}
