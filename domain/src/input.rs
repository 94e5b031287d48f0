//! Checks of what people type, shared by the services; each answers the field that is wrong.

use crate::error::{Error, FieldError, Result};

/// Collects what is wrong, so that a form gets all its errors at once.
#[derive(Default)]
pub struct Checks(Vec<FieldError>);

impl Checks {
    pub fn add(&mut self, wrong: Option<FieldError>) -> &mut Self {
        self.0.extend(wrong);
        self
    }

    pub fn done(&mut self) -> Result<()> {
        match std::mem::take(&mut self.0) {
            wrong if wrong.is_empty() => Ok(()),
            wrong => Err(Error::Invalid(wrong)),
        }
    }
}

/// Text of 1 to `max` characters without control characters.
pub fn line(field: &'static str, text: &str, max: usize) -> Option<FieldError> {
    let length = text.trim().chars().count();
    let fits = (1..=max).contains(&length) && !text.chars().any(char::is_control);
    (!fits).then(|| FieldError {
        field,
        code: "INVALID_TEXT",
        message: format!("{field} has 1 to {max} characters, on one line"),
    })
}

/// A name to sign in with; without `@`, so that it is never somebody's e-mail address.
pub fn username(field: &'static str, text: &str) -> Option<FieldError> {
    let at = text.contains('@').then(|| FieldError {
        field,
        code: "INVALID_USERNAME",
        message: "A user name has no @".into(),
    });
    line(field, text, 150).or(at)
}

/// As `line`, but may be empty or left out.
pub fn optional_line(field: &'static str, text: Option<&str>, max: usize) -> Option<FieldError> {
    text.filter(|text| !text.is_empty()).and_then(|text| line(field, text, max))
}

/// An address that mail can be sent to: one `@`, a dot in the domain, no spaces.
pub fn email(field: &'static str, text: &str) -> Option<FieldError> {
    let fits = text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && domain.contains('.')
                && !domain.contains('@')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
        });
    (!fits).then(|| FieldError {
        field,
        code: "INVALID_EMAIL",
        message: "value is not a valid email address".into(),
    })
}
