//! The words by which a study is found: of its patient's name in every writing, its identifiers and its description, without case
//! and accents, so that "muller" finds "Müller" and "Łukasz" is found by "lukasz".

use crate::db::{Db, sql};
use crate::error::{Error, Result};
use entity::{study, study_word};
use imaging::person_name::PersonName;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, Value,
};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Raised when the rules of this module change: older studies get new words at the next start.
pub(super) const VERSION: i32 = 1;
/// Of one study.
const WORDS: usize = 100;
/// Characters of a word, and of what names are ordered by.
const LENGTH: usize = 64;
/// Words of one search.
const WANTED: usize = 8;
/// Characters of one search.
const TEXT: usize = 256;
/// Words that occur less often are looked up first.
const RARE: i64 = 4_000;
/// Studies of one transaction.
const AT_ONCE: u64 = 500;

/// Without case, accents and compatibility forms (NFKD without marks; letters that do not decompose by their usual writing).
fn folded(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ß' => plain.push_str("ss"),
            'æ' => plain.push_str("ae"),
            'œ' => plain.push_str("oe"),
            'þ' => plain.push_str("th"),
            'ø' => plain.push('o'),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'ħ' => plain.push('h'),
            'ı' => plain.push('i'),
            other => plain.push(other),
        }
    }
    plain
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let words: Vec<String> = folded(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| word.chars().take(LENGTH).collect())
        .collect();
    words.into_iter()
}

/// What the patient's name is ordered by: family name first where the name has DICOM's form.
pub(super) fn sort_key(name: &str) -> String {
    let first = PersonName::parse(name);
    words(first.any()).collect::<Vec<_>>().join(" ").chars().take(LENGTH).collect()
}

pub(crate) fn of_study(study: &study::Model) -> BTreeSet<String> {
    let texts = [
        Some(&study.patient_name),
        study.dicom_patient_name.as_ref(),
        study.patient_id.as_ref(),
        study.accession_number.as_ref(),
        Some(&study.study_code),
        study.study_description.as_ref(),
        study.study_type.as_ref(),
    ];
    texts.into_iter().flatten().flat_map(|text| words(text)).take(WORDS).collect()
}

/// Sets what a study is ordered and found by, and answers its words: for those who make rows without an upload.
pub fn words_fill(study: &mut study::Model) -> Vec<study_word::ActiveModel> {
    study.patient_sort = sort_key(&study.patient_name);
    study.words_version = VERSION;
    rows(study)
}

fn rows(study: &study::Model) -> Vec<study_word::ActiveModel> {
    let row = |word| study_word::ActiveModel {
        word: Set(word),
        study_id: Set(study.id),
    };
    of_study(study).into_iter().map(row).collect()
}

/// Keeps the words of a study that has none yet.
pub(crate) async fn words_write(tx: &impl ConnectionTrait, study: &study::Model) -> Result<()> {
    let rows = rows(study);
    if !rows.is_empty() {
        study_word::Entity::insert_many(rows).exec_without_returning(tx).await?;
    }
    Ok(())
}

/// Gives words to studies that have none, or words by older rules. Safe to be ended at any time, and to run twice.
pub async fn words_renew(db: &Db) -> Result<()> {
    loop {
        let tx = db.begin().await?;
        let studies = study::Entity::find()
            .filter(study::Column::WordsVersion.lt(VERSION))
            .order_by_asc(study::Column::Id)
            .limit(AT_ONCE)
            .lock_exclusive()
            .all(&tx)
            .await?;
        if studies.is_empty() {
            return Ok(());
        }
        let old = study_word::Column::StudyId.is_in(studies.iter().map(|study| study.id));
        study_word::Entity::delete_many().filter(old).exec(&tx).await?;
        for study in studies {
            words_write(&tx, &study).await?;
            let patient_sort = sort_key(&study.patient_name);
            let mut row = study.into_active_model();
            row.patient_sort = Set(patient_sort);
            row.words_version = Set(VERSION);
            row.update(&tx).await?;
        }
        tx.commit().await?;
    }
}

/// What a person typed, as beginnings of words that must all be found.
pub(super) fn wanted(text: &str) -> Result<Vec<String>> {
    let refused = |message: &str| Error::invalid("filter.text", "INVALID_TEXT", message);
    if text.chars().count() > TEXT {
        return Err(refused("text has at most 256 characters"));
    }
    let mut wanted: Vec<String> = words(text).collect();
    wanted.dedup();
    match wanted.len() {
        0 => Err(refused("text needs a letter or a digit")),
        count if count > WANTED => Err(refused("text has at most 8 words")),
        _ => Ok(wanted),
    }
}

/// Whether a study with these words is found by a text. One that `wanted` refuses finds nothing.
pub(super) fn has(words: &BTreeSet<String>, text: &str) -> bool {
    let begins =
        |beginning: &String| words.range(beginning.clone()..).next().is_some_and(|word| word.starts_with(beginning));
    wanted(text).is_ok_and(|wanted| wanted.iter().all(begins))
}

/// What a search is for: it decides how frequent words are looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// One page, read in its order until it is full.
    Page,
    /// All that there are.
    Count,
}

/// Conditions on studies: each has a word with each wanted beginning.
///
/// The rarest word gives the studies and the others are looked up for each of these. Where even the rarest is frequent, a page is found
/// sooner by looking up all words for study after study, in the order of the page. Only one word ever gives a list of studies: SQLite
/// would try all pairs of two.
pub(super) async fn found(c: &impl ConnectionTrait, text: &str, purpose: Purpose) -> Result<Vec<Expr>> {
    let mut wanted = wanted(text)?;
    let frequencies = frequencies(c, &wanted).await?;
    let rarest = (0..wanted.len()).min_by_key(|place| frequencies[*place]);
    let mut conditions = Vec::new();
    if let Some(place) = rarest
        && (purpose == Purpose::Count || frequencies[place] <= RARE)
    {
        let mut ids = Query::select();
        ids.column(study_word::Column::StudyId)
            .from(study_word::Entity)
            .cond_where(begins(&wanted.swap_remove(place)));
        conditions.push(study::Column::Id.in_subquery(ids));
    }
    conditions.extend(wanted.iter().map(|beginning| {
        let mut word = Query::select();
        let of_study = (study_word::Entity, study_word::Column::StudyId);
        word.expr(Expr::val(1)).from(study_word::Entity).and_where(Expr::col(of_study).equals(study_id()));
        // OFFSET keeps PostgreSQL from reading all studies with the word first.
        word.cond_where(begins(beginning)).limit(1).offset(0);
        Expr::exists(word)
    }));
    Ok(conditions)
}

fn study_id() -> (study::Entity, study::Column) {
    (study::Entity, study::Column::Id)
}

fn begins(beginning: &str) -> Condition {
    let word = || Expr::col((study_word::Entity, study_word::Column::Word));
    Condition::all().add(word().gte(beginning)).add(word().lt(format!("{beginning}{}", char::MAX)))
}

/// How often words with these beginnings occur, counted to a little above `RARE`.
async fn frequencies(c: &impl ConnectionTrait, wanted: &[String]) -> Result<Vec<i64>> {
    let mut values: Vec<Value> = Vec::new();
    let mut counts = Vec::new();
    for beginning in wanted {
        values.extend::<[Value; 2]>([beginning.clone().into(), format!("{beginning}{}", char::MAX).into()]);
        let (from, to) = (values.len() - 1, values.len());
        counts.push(format!(
            "(SELECT count(*) FROM (SELECT 1 FROM study_word WHERE word >= ${from} AND word < ${to} LIMIT {}) AS found)",
            RARE + 1
        ));
    }
    let rows = sql::query(c, &format!("SELECT {}", counts.join(", ")), values).await?;
    let row = rows.first().ok_or_else(|| Error::internal(anyhow::anyhow!("no counts of words")))?;
    (0..wanted.len()).map(|column| Ok(row.try_get_by_index(column)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_no_case_accents_or_compatibility_forms() {
        let cases = [
            ("MÜLLER-Lüdenscheidt^Jürgen", "muller ludenscheidt jurgen"),
            ("Łukasz Ødegård", "lukasz odegard"),
            ("Straße Æsir", "strasse aesir"),
            ("ﬁsh ＡＢＣ", "fish abc"),
            ("İstanbul ısı", "istanbul isi"),
            ("山田^太郎", "山田 太郎"),
        ];
        for (text, plain) in cases {
            assert_eq!(words(text).collect::<Vec<_>>().join(" "), plain, "{text}");
        }
    }

    #[test]
    fn decomposed_and_composed_writing_are_the_same_word() {
        let (composed, decomposed) = ("김민준 é", "\u{1100}\u{1175}\u{11b7}민준 e\u{301}");
        assert_eq!(
            words(composed).collect::<Vec<_>>(),
            words(decomposed).collect::<Vec<_>>()
        );
    }

    #[test]
    fn names_are_ordered_by_the_family_name() {
        assert_eq!(sort_key("Doe^Jane^^Dr=山田"), "doe jane dr");
        assert_eq!(sort_key("=山田^太郎"), "山田 太郎");
        assert_eq!(sort_key("a".repeat(500).as_str()).len(), 64);
    }

    #[test]
    fn a_search_without_words_or_with_too_many_is_refused() {
        assert_eq!(wanted("Doe, JANE").unwrap(), ["doe", "jane"]);
        for text in ["", "***", "a b c d e f g h i", &"x".repeat(257)] {
            assert!(wanted(text).is_err(), "{text}");
        }
    }
}
