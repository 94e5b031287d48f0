//! `ReportTemplate` and `ReportMacro`: texts to begin with and to insert.

use super::{Centre, Modality, User, load, loaders};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{CentreId, UserId};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};
use domain::{reports, rows, studies};

pub struct ReportTemplate(pub rows::ReportTemplate);

/// Texts that reports begin with. They may hold placeholders such as `{{patient.name}}`, and macros as `{{.name}}`.
#[Object]
impl ReportTemplate {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::ReportTemplate(self.0.id).into()
    }

    /// What it is called.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// For studies of this kind; null for any.
    async fn modality(&self) -> Option<Modality> {
        self.0.modality.as_deref().and_then(studies::Modality::parse).map(Modality::from)
    }

    /// For this body part, as Body Part Examined (0018,0015) has it; null for any.
    async fn body_part(&self) -> Option<&str> {
        self.0.body_part.as_deref()
    }

    /// What kind of report it makes.
    async fn report_type(&self) -> Option<&str> {
        self.0.report_type.as_deref()
    }

    /// What is seen.
    async fn findings(&self) -> &str {
        &self.0.findings
    }

    /// What is concluded.
    async fn impression(&self) -> &str {
        &self.0.impression
    }

    /// Only for studies of this centre; null for all.
    async fn centre(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Centre>> {
        match self.0.centre_id {
            None => Ok(None),
            Some(id) => Ok(load(&loaders(ctx)?.centres, CentreId(id)).await?.map(Centre)),
        }
    }

    /// The radiologist who keeps it; null for those that all have.
    async fn owner(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        match self.0.owner_id {
            None => Ok(None),
            Some(id) => Ok(load(&loaders(ctx)?.users, UserId(id)).await?.map(User)),
        }
    }

    /// Whether it is offered.
    async fn is_active(&self) -> bool {
        self.0.is_active
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

pub struct ReportMacro(pub rows::ReportMacro);

/// A text that radiologists use often, by a short name: `{{.name}}` in a template or in another macro.
#[Object]
impl ReportMacro {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::ReportMacro(self.0.id).into()
    }

    /// What it is called: `a-z`, `0-9` and `-`.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// What it stands for.
    async fn text(&self) -> &str {
        &self.0.text
    }

    /// The radiologist who keeps it; null for those that all have.
    async fn owner(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        match self.0.owner_id {
            None => Ok(None),
            Some(id) => Ok(load(&loaders(ctx)?.users, UserId(id)).await?.map(User)),
        }
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.updated_at
    }
}

/// A text with its placeholders and macros filled in.
#[derive(SimpleObject)]
pub struct ExpandedText {
    /// The text; what could not be filled in stands in it as it was.
    text: String,
    /// What could not be filled in.
    warnings: Vec<TextWarning>,
}

/// A placeholder that could not be filled in and stays visible.
#[derive(SimpleObject)]
pub struct TextWarning {
    /// What stands between the braces.
    placeholder: String,
    /// Why, in English.
    message: String,
}

impl From<reports::Warning> for TextWarning {
    fn from(warning: reports::Warning) -> Self {
        Self {
            placeholder: warning.placeholder,
            message: warning.message,
        }
    }
}

impl From<reports::Expanded> for ExpandedText {
    fn from(expanded: reports::Expanded) -> Self {
        Self {
            text: expanded.text,
            warnings: expanded.warnings.into_iter().map(TextWarning::from).collect(),
        }
    }
}
