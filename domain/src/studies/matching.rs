//! Whether a filter of the worklist finds one study, without asking the database: for live lists, of which a thousand may listen.
//!
//! Invariant: for a study as it is now the answer is that of a query with the filter; a test compares them.

use super::status::{Seen, StudyStatus, seen};
use super::urgency::Urgency;
use super::words;
use super::worklist::StudyFilter;
use chrono::{DateTime, Utc};
use entity::study::Model;
use std::collections::BTreeSet;

/// A study at some time.
pub(crate) struct Moment<'a> {
    study: &'a Model,
    /// The words by which it is found.
    words: &'a BTreeSet<String>,
    seen: Seen,
    is_open: bool,
    at: DateTime<Utc>,
}

impl<'a> Moment<'a> {
    /// As the row says, with the time that decides whether it is late.
    pub fn present(study: &'a Model, words: &'a BTreeSet<String>, at: DateTime<Utc>) -> Self {
        Self {
            study,
            words,
            seen: seen(study),
            is_open: study.verified_at.is_none(),
            at,
        }
    }

    /// As it was seen earlier.
    pub fn earlier(study: &'a Model, words: &'a BTreeSet<String>, seen: Seen, at: DateTime<Utc>) -> Self {
        Self {
            is_open: seen.status != StudyStatus::Verified.as_str(),
            study,
            words,
            seen,
            at,
        }
    }

    fn is_urgent(&self) -> bool {
        Urgency::parse(&self.seen.urgency).is_some_and(Urgency::is_urgent)
    }

    fn is_overdue(&self) -> bool {
        self.is_open && self.seen.due_at < self.at
    }
}

impl StudyFilter {
    pub(crate) fn matches(&self, moment: &Moment<'_>) -> bool {
        self.matches_what_changes(moment) && self.matches_what_stays(moment.study, moment.words)
    }

    fn matches_what_changes(&self, moment: &Moment<'_>) -> bool {
        let seen = &moment.seen;
        (self.statuses.is_empty() || self.statuses.iter().any(|status| status.as_str() == seen.status))
            && (self.assignee_id.is_none() || self.assignee_id == seen.assignee_id)
            && self.is_urgent.is_none_or(|urgent| urgent == moment.is_urgent())
            && self.is_overdue.is_none_or(|overdue| overdue == moment.is_overdue())
            && self.due_before.is_none_or(|time| seen.due_at < time)
    }

    fn matches_what_stays(&self, study: &Model, words: &BTreeSet<String>) -> bool {
        let (first, last) = self.examined;
        let same = |wanted: &Option<String>, is: Option<&str>| wanted.is_none() || wanted.as_deref() == is;
        (self.modalities.is_empty() || self.modalities.iter().any(|modality| modality.as_str() == study.modality))
            && self.centre_id.is_none_or(|id| id == study.centre_id)
            && first.is_none_or(|day| study.examined_on >= day.to_string())
            && last.is_none_or(|day| study.examined_on <= day.to_string())
            && same(&self.patient_id, study.patient_id.as_deref())
            && same(&self.accession_number, study.accession_number.as_deref())
            && same(&self.study_instance_uid, Some(&study.study_instance_uid))
            && self.text.as_deref().is_none_or(|text| words::has(words, text))
    }
}
