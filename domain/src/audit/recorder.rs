//! Writing what requests were given: they hand their trails over by a bounded channel, and one task of the process writes what came
//! within a short while together.
//!
//! Nothing is dropped: when the channel is full requests wait, and when the trail cannot be written for long they are refused, so that
//! nothing is given out that is not recorded. A process that is killed loses the records of reads of the last `GATHER`; those of changes are
//! in their transactions.

use super::chain::{self, Keys, Linked};
use super::kinds::AuditKind;
use super::rows::{self, About, insert};
use super::trail::{Note, Trail, Who};
use crate::context::Context;
use crate::db::Db;
use crate::error::{Error, Result};
use chrono::Utc;
use entity::audit_event::Model;
use sea_orm::ConnectionTrait;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep, timeout_at};

/// Trails that wait to be written, and the most of one transaction.
const CAPACITY: usize = 1024;
const BATCH: usize = 512;
/// How long trails are gathered before they are written.
const GATHER: Duration = Duration::from_millis(50);
/// How often the records of changes are looked for, to be linked.
const LINK: Duration = Duration::from_secs(1);
/// How long a request waits for a place in the channel before it is refused.
const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// After so many failures, when nobody is left who would wait, the rest is given up.
const LAST_TRIES: u32 = 10;

/// Where requests hand their trails to; cheap to clone.
#[derive(Clone)]
pub struct Audit {
    keys: Keys,
    outbox: mpsc::Sender<Message>,
}

enum Message {
    Notes(Vec<Note>),
    /// To be told when everything before is written.
    Written(oneshot::Sender<()>),
}

/// The other end of the channel.
pub struct Inbox {
    keys: Keys,
    inbox: mpsc::Receiver<Message>,
}

impl Audit {
    /// Somebody must `keep` the inbox.
    pub fn channel(keys: Keys) -> (Self, Inbox) {
        let (outbox, inbox) = mpsc::channel(CAPACITY);
        let audit = Self {
            keys: keys.clone(),
            outbox,
        };
        (audit, Inbox { keys, inbox })
    }

    /// Hands over what a request was given, before it is answered. `Unavailable` when the trail cannot be written.
    pub async fn hand_over(&self, trail: &Trail) -> Result<()> {
        let notes = trail.take();
        if notes.is_empty() {
            return Ok(());
        }
        let sent = self.outbox.send_timeout(Message::Notes(notes), PATIENCE).await;
        sent.map_err(|_| Error::Unavailable("The audit trail cannot be written; try again shortly".into()))
    }

    /// Waits until everything that was handed over is written.
    pub async fn written(&self) {
        let (told, hear) = oneshot::channel();
        if self.outbox.send(Message::Written(told)).await.is_ok() {
            // An error means that there is nobody left to write.
            let _ = hear.await;
        }
    }

    /// Records a change in its transaction.
    pub(crate) async fn record(
        &self,
        tx: &impl ConnectionTrait,
        ctx: &Context,
        kind: AuditKind,
        about: About,
    ) -> Result<()> {
        self.record_of(tx, &Who::of(ctx), kind, about).await
    }

    /// The same, of somebody who is not who the request came as: signing in makes a user of nobody.
    pub(crate) async fn record_of(
        &self,
        tx: &impl ConnectionTrait,
        who: &Who,
        kind: AuditKind,
        about: About,
    ) -> Result<()> {
        let mut row = rows::row(who, kind, Utc::now(), about);
        self.keys.sign(&mut row)?;
        Ok(insert(tx, &[row]).await?)
    }
}

impl Inbox {
    /// Writes what comes, and links what waits, until nobody is left who could send.
    pub async fn keep(mut self, db: Db) {
        let mut foreign = 0;
        loop {
            let mut batch = Vec::new();
            let open = tokio::select! {
                received = self.inbox.recv_many(&mut batch, BATCH) => received > 0,
                () = sleep(LINK) => true,
            };
            if !open {
                return;
            }
            self.gather(&mut batch).await;
            let mut notes = Vec::new();
            let mut waiting = Vec::new();
            for message in batch {
                match message {
                    Message::Notes(more) => notes.extend(more),
                    Message::Written(told) => waiting.push(told),
                }
            }
            foreign = self.write(&db, &notes, foreign).await;
            for told in waiting {
                // Whoever asked may have gone.
                let _ = told.send(());
            }
        }
    }

    /// Takes everything that comes without writing it: for measuring what the writing costs.
    pub async fn discard(mut self) {
        while self.inbox.recv().await.is_some() {}
    }

    /// Waits a while for more, unless somebody waits already.
    async fn gather(&mut self, batch: &mut Vec<Message>) {
        let end = Instant::now() + GATHER;
        while !batch.is_empty()
            && batch.len() < BATCH
            && !batch.iter().any(|message| matches!(message, Message::Written(_)))
        {
            let left = BATCH - batch.len();
            if !matches!(timeout_at(end, self.inbox.recv_many(batch, left)).await, Ok(1..)) {
                return;
            }
        }
    }

    /// Tries until it is done; answers how many rows there are that the server did not write.
    async fn write(&self, db: &Db, notes: &[Note], known: usize) -> usize {
        let mut rows = None;
        let mut tries = 0;
        loop {
            match self.attempt(db, notes, &mut rows, tries > 0).await {
                Ok(linked) if linked.more => rows = Some(Vec::new()),
                Ok(linked) => {
                    if linked.foreign > known {
                        tracing::error!(
                            rows = linked.foreign,
                            "somebody else writes to the audit trail; see gantry audit verify"
                        );
                    }
                    return linked.foreign;
                }
                Err(error) => {
                    tries += 1;
                    tracing::error!(%error, tries, "the audit trail cannot be written; requests wait for it");
                    if self.inbox.is_closed() && tries >= LAST_TRIES {
                        tracing::error!(records = notes.len(), "records of the audit trail are lost");
                        return known;
                    }
                    sleep((PAUSE * 2u32.saturating_pow(tries.min(6))).min(LONGEST_PAUSE)).await;
                }
            }
        }
    }

    /// Rows are made once, so that an attempt whose commit was not answered is recognised.
    async fn attempt(&self, db: &Db, notes: &[Note], rows: &mut Option<Vec<Model>>, again: bool) -> Result<Linked> {
        let mut made = match rows.take() {
            Some(made) => made,
            None => rows::of_notes(db, notes).await?,
        };
        let linked = chain::append(db, &self.keys, &mut made, again).await;
        if linked.is_err() {
            *rows = Some(made);
        }
        linked
    }
}
