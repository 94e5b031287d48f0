//! The orders of lists of studies, and the places of studies in them.
//!
//! Invariant: a cursor names a study by its number and never holds what the list is ordered by, which may be a patient's name.

use super::list::visible;
use crate::App;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::page::{Key, PageRequest, keyset};
use entity::study::{Column, Entity, Model};
use sea_orm::{ColumnTrait, ModelTrait, Order, QueryFilter, Select, Value};
use std::fmt;
use std::str::FromStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StudyOrderField {
    #[default]
    UploadedAt,
    /// Day of the examination.
    ExaminedOn,
    PatientName,
    /// When the report is due.
    DueAt,
}

/// By default the newest upload comes first.
#[derive(Debug, Clone, Copy, Default)]
pub struct StudyOrder {
    pub field: StudyOrderField,
    /// The oldest, or the beginning of the alphabet, first.
    pub rising: bool,
}

/// A study in a list with an order; what clients hand back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StudyKey {
    field: StudyOrderField,
    id: i64,
}

/// Where the study of a key is: what the list is ordered by, then its id.
pub(super) struct Place {
    sort: Option<Value>,
    id: i64,
}

impl Key for Place {
    fn values(&self) -> Vec<Value> {
        self.sort.iter().cloned().chain([self.id.into()]).collect()
    }
}

impl StudyOrderField {
    const NAMED: [(&str, Self); 4] = [
        ("", Self::UploadedAt),
        ("day", Self::ExaminedOn),
        ("name", Self::PatientName),
        ("due", Self::DueAt),
    ];

    fn name(self) -> &'static str {
        Self::NAMED.into_iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }

    fn column(self) -> Option<Column> {
        match self {
            Self::UploadedAt => None,
            Self::ExaminedOn => Some(Column::ExaminedOn),
            Self::PatientName => Some(Column::PatientSort),
            Self::DueAt => Some(Column::DueAt),
        }
    }
}

impl fmt::Display for StudyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.id, self.field.name())
    }
}

impl FromStr for StudyKey {
    type Err = ();

    fn from_str(text: &str) -> std::result::Result<Self, ()> {
        let (id, name) = text.split_once(':').ok_or(())?;
        let (_, field) = StudyOrderField::NAMED.into_iter().find(|(is, _)| *is == name).ok_or(())?;
        Ok(Self {
            field,
            id: id.parse().map_err(drop)?,
        })
    }
}

impl StudyOrder {
    pub fn key(&self, study: &Model) -> StudyKey {
        StudyKey {
            field: self.field,
            id: study.id,
        }
    }

    /// The request with the place of its key; an error for the key of another order, or of a study that the caller may not see.
    pub(super) async fn from(
        &self,
        app: &App,
        ctx: &Context,
        request: &PageRequest<StudyKey>,
    ) -> Result<PageRequest<Place>> {
        let from = match request.from {
            Some(key) => Some(self.place(app, ctx, key).await?),
            None => None,
        };
        Ok(PageRequest {
            limit: request.limit,
            from,
            backward: request.backward,
        })
    }

    async fn place(&self, app: &App, ctx: &Context, key: StudyKey) -> Result<Place> {
        let foreign = || {
            Error::invalid(
                "after",
                "INVALID_CURSOR",
                "The cursor is not one of a list with this order",
            )
        };
        if key.field != self.field {
            return Err(foreign());
        }
        let sort = match self.field.column() {
            None => None,
            Some(column) => {
                let study = visible(ctx)?.filter(Column::Id.eq(key.id)).one(app.db.reader()).await?;
                Some(study.ok_or_else(foreign)?.get(column))
            }
        };
        Ok(Place { sort, id: key.id })
    }

    pub(super) fn page(&self, query: Select<Entity>, request: &PageRequest<Place>) -> Select<Entity> {
        let columns = self.field.column().into_iter().chain([Column::Id]);
        keyset(
            query,
            columns,
            if self.rising { Order::Asc } else { Order::Desc },
            request,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_the_way_out_and_back_and_holds_no_name() {
        for (_, field) in StudyOrderField::NAMED {
            let key = StudyKey { field, id: 7 };
            assert_eq!(key.to_string().parse(), Ok(key));
        }
        for wrong in ["", "7", "7:muller", "x:day", ":"] {
            assert_eq!(wrong.parse::<StudyKey>(), Err(()), "{wrong}");
        }
    }
}
