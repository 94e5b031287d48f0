//! How a centre's studies are read: until when, and who gives them to radiologists.

use super::find;
use crate::App;
use crate::context::Context;
use crate::error::{FieldError, Result};
use crate::input::Checks;
use crate::policy::{Action, require_in};
use chrono::Utc;
use entity::centre::Model;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};

/// Minutes from upload to verification, for each urgency; none: the server's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TargetMinutes {
    pub emergency: Option<i32>,
    pub urgent: Option<i32>,
    pub priority: Option<i32>,
    pub routine: Option<i32>,
}

/// What is left out stays; targets are changed together.
#[derive(Debug, Clone, Copy, Default)]
pub struct CentreReading {
    pub targets: Option<TargetMinutes>,
    pub auto_assign: Option<bool>,
}

/// A month.
const LONGEST: i32 = 31 * 24 * 60;

impl TargetMinutes {
    fn check(self) -> Result<()> {
        let named = [
            ("emergency", self.emergency),
            ("urgent", self.urgent),
            ("priority", self.priority),
            ("routine", self.routine),
        ];
        let mut checks = Checks::default();
        for (field, minutes) in named {
            checks.add(
                minutes.filter(|minutes| !(1..=LONGEST).contains(minutes)).map(|_| FieldError {
                    field,
                    code: "OUT_OF_RANGE",
                    message: format!("{field} is from 1 to {LONGEST} minutes"),
                }),
            );
        }
        checks.done()
    }
}

/// Changes how a centre's studies are read. Studies that are there keep the time until when they are due.
pub async fn centre_reading_set(app: &App, ctx: &Context, id: i64, reading: CentreReading) -> Result<Model> {
    require_in(ctx, Action::CentreWrite, Some(id), "Centre")?;
    reading.targets.map_or(Ok(()), TargetMinutes::check)?;
    let mut row = find(app.db.reader(), id).await?.into_active_model();
    if let Some(targets) = reading.targets {
        row.target_emergency = Set(targets.emergency);
        row.target_urgent = Set(targets.urgent);
        row.target_priority = Set(targets.priority);
        row.target_routine = Set(targets.routine);
    }
    if let Some(auto_assign) = reading.auto_assign {
        row.auto_assign = Set(auto_assign);
    }
    row.updated_at = Set(Utc::now());
    Ok(row.update(app.db.writer()).await?)
}
