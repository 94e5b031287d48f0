//! What a signature covers: the text, every file of the study as it is then, who signed, when, and what was signed before.
//!
//! Each hash is SHA-256 in lower-case hex, of UTF-8. A seal covers the seal before it, so that no text in a chain can be exchanged or
//! left out unnoticed.

use crate::App;
use crate::error::Result;
use chrono::{DateTime, SecondsFormat, SubsecRound, Utc};
use entity::instance::{Column, Entity};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write;

/// The files of a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyContent {
    /// Over a line for each instance, in the order of the bytes of its SOP Instance UID: the UID, a space, SHA-256 of the file, a line feed.
    pub hash: String,
    pub instances: i32,
}

/// A signature about to be given.
pub(super) struct Signing<'a> {
    /// The seal before it; none for a report, which is the beginning of its chain.
    pub previous: Option<&'a str>,
    pub text_hash: &'a str,
    pub study_hash: &'a str,
    pub signer_id: Option<i64>,
    pub at: DateTime<Utc>,
}

impl Signing<'_> {
    /// Over its parts with a NUL between them: previous seal (empty where there is none), hash of the text, hash of the study, the number of the signer,
    /// and the time in RFC 3339 with milliseconds.
    pub(super) fn seal(&self) -> String {
        let signer = self.signer_id.map(|id| id.to_string()).unwrap_or_default();
        let at = self.at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let parts = [
            self.previous.unwrap_or_default(),
            self.text_hash,
            self.study_hash,
            &signer,
            &at,
        ];
        sha256(&parts.join("\0"))
    }
}

/// Now, as exactly as both databases and the seal keep it.
pub(super) fn signing_time() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(3)
}

pub(super) fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a string never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(super) async fn study_content(c: &impl ConnectionTrait, study_id: i64) -> Result<StudyContent> {
    let mut contents = contents(c, &[study_id]).await?;
    Ok(contents.remove(&study_id).unwrap_or_else(|| content(Vec::new())))
}

/// For a DataLoader: what the studies, which the caller has been given already, consist of now.
pub async fn contents_by_study(app: &App, study_ids: &[i64]) -> Result<HashMap<i64, StudyContent>> {
    contents(app.db.reader(), study_ids).await
}

async fn contents(c: &impl ConnectionTrait, study_ids: &[i64]) -> Result<HashMap<i64, StudyContent>> {
    let rows: Vec<(i64, String, String)> = Entity::find()
        .filter(Column::StudyId.is_in(study_ids.iter().copied()))
        .select_only()
        .columns([Column::StudyId, Column::SopInstanceUid, Column::Sha256])
        .into_tuple()
        .all(c)
        .await?;
    let mut files: HashMap<i64, Vec<(String, String)>> = HashMap::new();
    for (study_id, uid, sha256) in rows {
        files.entry(study_id).or_default().push((uid, sha256));
    }
    Ok(files.into_iter().map(|(study_id, files)| (study_id, content(files))).collect())
}

/// The order is made here, because the databases compare text by different rules.
fn content(mut files: Vec<(String, String)>) -> StudyContent {
    files.sort_unstable();
    let mut hash = Sha256::new();
    for (uid, sha256) in &files {
        hash.update(format!("{uid} {sha256}\n"));
    }
    StudyContent {
        hash: hex(&hash.finalize()),
        instances: i32::try_from(files.len()).unwrap_or(i32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_files_does_not_matter_and_their_content_does() {
        let file = |uid: &str, hash: &str| (uid.to_owned(), hash.to_owned());
        let ab = content(vec![file("1.2", "a"), file("1.10", "b")]);
        assert_eq!(ab, content(vec![file("1.10", "b"), file("1.2", "a")]));
        assert_eq!(ab.hash, sha256("1.10 b\n1.2 a\n"));
        assert_ne!(ab.hash, content(vec![file("1.2", "b"), file("1.10", "a")]).hash);
        assert_ne!(ab.hash, content(vec![file("1.2", "a")]).hash);
    }

    #[test]
    fn a_seal_depends_on_every_part() {
        let at = DateTime::from_timestamp_millis(1_700_000_000_123).unwrap();
        let signing = |previous, text_hash, study_hash, signer_id, at| {
            let signing = Signing {
                previous,
                text_hash,
                study_hash,
                signer_id,
                at,
            };
            signing.seal()
        };
        let seal = signing(None, "t", "s", Some(7), at);
        assert_eq!(seal, sha256("\0t\0s\x007\x002023-11-14T22:13:20.123Z"));
        for other in [
            signing(Some("p"), "t", "s", Some(7), at),
            signing(None, "T", "s", Some(7), at),
            signing(None, "t", "S", Some(7), at),
            signing(None, "t", "s", Some(8), at),
            signing(None, "t", "s", Some(7), at + chrono::TimeDelta::milliseconds(1)),
        ] {
            assert_ne!(seal, other);
        }
    }
}
