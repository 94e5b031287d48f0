//! The patients of an archive: names as common or rare as in life, some seen often.

use chrono::{Days, NaiveDate};
use tests::seed::Chance;

const FAMILY: &str = include_str!("family_names.txt");
const GIVEN: &str = include_str!("given_names.txt");
/// Of a thousand patients, how many have two family names.
const DOUBLE: u64 = 30;

pub struct Names {
    family: Vec<&'static str>,
    given: Vec<&'static str>,
}

/// Small, because there are hundreds of thousands.
pub struct Patient {
    family: u16,
    second_family: Option<u16>,
    given: u16,
    pub birth: NaiveDate,
    pub is_female: bool,
    /// A number from 0: patients belong to one centre.
    pub centre: usize,
}

/// The most frequent first.
pub fn family_names() -> std::str::Lines<'static> {
    FAMILY.lines()
}

impl Names {
    pub fn new() -> Self {
        Self {
            family: family_names().collect(),
            given: GIVEN.lines().collect(),
        }
    }

    /// As people type it, and in DICOM's form.
    pub fn of(&self, patient: &Patient) -> (String, String) {
        let mut family = self.family[usize::from(patient.family)].to_owned();
        if let Some(second) = patient.second_family {
            family = format!("{family}-{}", self.family[usize::from(second)]);
        }
        let given = self.given[usize::from(patient.given)];
        (format!("{given} {family}"), format!("{family}^{given}"))
    }

    pub fn patient(&self, chance: &mut Chance, centre: usize) -> Patient {
        let birth = NaiveDate::default() - Days::new(50 * 365) + Days::new(chance.within(0..100 * 365));
        Patient {
            family: skewed(chance, self.family.len()),
            second_family: (chance.within(0..1000) < DOUBLE).then(|| skewed(chance, self.family.len())),
            given: skewed(chance, self.given.len()),
            birth,
            is_female: chance.one_in(2),
            centre,
        }
    }
}

/// A place in a list, the first ones far more often: of 472 family names the first is borne by one in eleven, the last by one in a
/// thousand.
fn skewed(chance: &mut Chance, length: usize) -> u16 {
    const FINE: u64 = 1 << 32;
    let even = chance.within(0..FINE) as f64 / FINE as f64;
    (length as f64 * even.powf(2.5)) as u16
}
