//! The words of the upload form, beside what the files say; where they disagree about the patient the study says so.

use crate::error::Result;
use crate::input::{self, Checks};
use crate::studies::{Modality, Urgency};
use imaging::index::StudyAttributes;
use imaging::person_name::PersonName;
use std::collections::BTreeSet;

/// Everything may be left out: the files are asked then.
#[derive(Debug, Clone, Default)]
pub struct UploadForm {
    /// Administrators alone may name one.
    pub centre_id: Option<i64>,
    pub patient_name: Option<String>,
    /// Years.
    pub patient_age: Option<i32>,
    pub patient_gender: Option<String>,
    pub modality: Option<Modality>,
    pub study_type: Option<String>,
    pub study_description: Option<String>,
    pub is_urgent: bool,
    /// Says more than `is_urgent`.
    pub urgency: Option<Urgency>,
}

impl UploadForm {
    pub fn check(&self) -> Result<()> {
        let age = self.patient_age.filter(|age| !(0..=150).contains(age));
        Checks::default()
            .add(self.patient_name.as_deref().and_then(|name| input::line("patientName", name, 300)))
            .add(input::optional_line(
                "patientGender",
                self.patient_gender.as_deref(),
                16,
            ))
            .add(input::optional_line("studyType", self.study_type.as_deref(), 200))
            .add(age.map(|_| crate::error::FieldError {
                field: "patientAge",
                code: "INVALID_AGE",
                message: "patientAge is from 0 to 150 years".into(),
            }))
            .add(
                self.study_description
                    .as_deref()
                    .filter(|text| text.len() > 10_000 || text.contains('\0'))
                    .map(|_| crate::error::FieldError {
                        field: "studyDescription",
                        code: "INVALID_TEXT",
                        message: "studyDescription has at most 10000 bytes and no NUL".into(),
                    }),
            )
            .done()
    }

    /// The form's name, else the files', else a word that says that there is none.
    pub(crate) fn name(&self, file: &StudyAttributes) -> String {
        let from_file = || file.patient_name.as_deref().map(shown).filter(|name| !name.is_empty());
        self.patient_name.clone().or_else(from_file).unwrap_or_else(|| "Unknown".into())
    }

    pub(crate) fn age(&self, file: &StudyAttributes) -> Option<i32> {
        self.patient_age.or_else(|| years(file.patient_age.as_deref()?))
    }

    /// The form's, and `is_urgent` as urgent; what the file asks for may raise what nobody said by name.
    pub(crate) fn urgency(&self, file: &StudyAttributes) -> Urgency {
        let asked = if self.is_urgent {
            Urgency::Urgent
        } else {
            Urgency::Routine
        };
        let of_file = file.requested_procedure_priority.as_deref().map_or(asked, Urgency::from_dicom);
        self.urgency.unwrap_or_else(|| asked.min(of_file))
    }

    pub(crate) fn gender(&self, file: &StudyAttributes) -> Option<String> {
        self.patient_gender.clone().or_else(|| file.patient_sex.clone())
    }
}

/// What a person must look at before reading: two names that are not the same person's.
pub(crate) fn name_warning(one: &str, name: &str, other: &str, differs: &str) -> Option<String> {
    if same_person(name, differs) || same_person(differs, name) {
        return None;
    }
    let (name, differs) = (shown(name), shown(differs));
    Some(format!(
        "The patient's name differs: the {one} says \"{name}\", the {other} \"{differs}\""
    ))
}

fn shown(name: &str) -> String {
    PersonName::parse(name).display()
}

/// Whether a typed name has the words of one of the stored writings, in whatever order, case or punctuation.
fn same_person(typed: &str, stored: &str) -> bool {
    let name = PersonName::parse(stored);
    let words = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect()
    };
    let typed = words(typed);
    let writings = [&name.alphabetic, &name.ideographic, &name.phonetic];
    writings.into_iter().any(|writing| !writing.is_empty() && words(writing) == typed)
}

/// An AS value (`045Y`, `018M`) in whole years (PS3.5 6.2).
fn years(age: &str) -> Option<i32> {
    let (number, unit) = age.trim().split_at_checked(3)?;
    let number: i32 = number.parse().ok()?;
    match unit {
        "Y" => Some(number),
        "M" => Some(number / 12),
        "W" => Some(number / 52),
        "D" => Some(number / 365),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{StudyAttributes, UploadForm, same_person, years};
    use crate::studies::Urgency;

    #[test]
    fn what_the_file_asks_for_raises_the_urgency_and_never_lowers_it() {
        let of = |priority: Option<&str>, is_urgent: bool, urgency: Option<Urgency>| {
            let file = StudyAttributes {
                requested_procedure_priority: priority.map(String::from),
                ..Default::default()
            };
            let form = UploadForm {
                is_urgent,
                urgency,
                ..Default::default()
            };
            form.urgency(&file)
        };
        assert_eq!(of(None, false, None), Urgency::Routine);
        assert_eq!(of(None, true, None), Urgency::Urgent);
        assert_eq!(of(Some("STAT"), false, None), Urgency::Emergency);
        assert_eq!(of(Some("MEDIUM"), true, None), Urgency::Urgent);
        assert_eq!(of(Some("rubbish"), false, None), Urgency::Routine);
        assert_eq!(
            of(Some("STAT"), false, Some(Urgency::Priority)),
            Urgency::Priority,
            "a person said so"
        );
    }

    #[test]
    fn names_are_compared_by_their_words() {
        for typed in ["James Helvey", "HELVEY, James", "helvey^james"] {
            assert!(same_person(typed, "Helvey^James"), "{typed}");
        }
        assert!(same_person("山田 太郎", "Yamada^Tarou=山田^太郎=やまだ^たろう"));
        assert!(!same_person("Jane Helvey", "Helvey^James"));
    }

    #[test]
    fn an_age_string_becomes_whole_years() {
        let ages = ["045Y", "018M", "104W", "364D", "Y", "", "04éY"].map(years);
        assert_eq!(ages, [Some(45), Some(1), Some(2), Some(0), None, None, None]);
    }
}
