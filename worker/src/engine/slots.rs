//! The slots of one queue in this process: how many of its jobs run at the same time.
//!
//! The number can change while jobs run; what is too many then ends by itself. Beside the slots stands the pace of the queue: jobs
//! that end in no time are taken ahead, so that a worker does not wait for the database between them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Jobs taken ahead would wait no longer than this.
const AHEAD: Duration = Duration::from_millis(20);
/// Before anything is known a job is taken to last so long.
const UNKNOWN: Duration = Duration::from_secs(1);
/// A new duration moves the mean by one part in so many.
const WEIGHT: u64 = 8;

pub struct Slots {
    limit: AtomicUsize,
    taken: Mutex<usize>,
    freed: Notify,
    /// Mean duration of an attempt, in microseconds.
    pace: AtomicU64,
}

/// A slot that is taken; free when it is dropped.
pub struct Slot {
    slots: Arc<Slots>,
    begun: Option<Instant>,
}

impl Slots {
    pub fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            limit: AtomicUsize::new(limit.max(1)),
            taken: Mutex::new(0),
            freed: Notify::new(),
            pace: AtomicU64::new(micros(UNKNOWN)),
        })
    }

    /// Waits for a free slot. One taker at a time: the queue's pump.
    pub async fn take(self: &Arc<Self>) -> Slot {
        loop {
            match self.try_take() {
                Some(slot) => return slot,
                None => self.freed.notified().await,
            }
        }
    }

    pub fn try_take(self: &Arc<Self>) -> Option<Slot> {
        let mut taken = self.taken();
        (*taken < self.limit.load(Ordering::Relaxed)).then(|| {
            *taken += 1;
            Slot {
                slots: self.clone(),
                begun: None,
            }
        })
    }

    pub fn resize(&self, limit: usize) {
        self.limit.store(limit.max(1), Ordering::Relaxed);
        self.freed.notify_one();
    }

    /// How many jobs beyond the free slots are worth taking, at most `most`.
    pub fn ahead(&self, most: usize) -> usize {
        let each = self.pace.load(Ordering::Relaxed).max(1);
        let slots = self.limit.load(Ordering::Relaxed);
        usize::try_from(micros(AHEAD) / each).unwrap_or(most).saturating_mul(slots).min(most)
    }

    fn free(&self) {
        *self.taken() -= 1;
        self.freed.notify_one();
    }

    fn held(&self, held: Duration) {
        let mean = self.pace.load(Ordering::Relaxed);
        self.pace.store((mean * (WEIGHT - 1) + micros(held)) / WEIGHT, Ordering::Relaxed);
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, usize> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// There is a job for it; how long that takes counts for the pace.
    pub fn begin(&mut self) {
        self.begun = Some(Instant::now());
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(begun) = self.begun {
            self.slots.held(begun.elapsed());
        }
        self.slots.free();
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX / WEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn slots_are_bounded_and_can_change_while_they_are_taken() {
        let slots = Slots::new(2);
        let (one, two) = (slots.take().await, slots.take().await);
        assert!(slots.try_take().is_none());
        slots.resize(1);
        drop(one);
        assert!(slots.try_take().is_none(), "one is taken, and one is allowed");
        drop(two);
        let _again = slots.take().await;
        slots.resize(3);
        assert!(slots.try_take().is_some());
    }

    #[tokio::test]
    async fn only_jobs_that_end_in_no_time_are_taken_ahead() {
        let slots = Slots::new(1);
        assert_eq!(slots.ahead(32), 0, "nothing is known yet");
        for _ in 0..200 {
            slots.take().await.begin();
        }
        assert_eq!(slots.ahead(32), 32);
        slots.held(Duration::from_secs(1));
        assert_eq!(slots.ahead(32), 0);
        drop(slots.take().await);
        assert_eq!(slots.ahead(32), 0, "a slot that found no job says nothing");
    }
}
