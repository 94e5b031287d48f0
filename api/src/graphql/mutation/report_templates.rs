//! Templates and macros of reports.

use crate::graphql::errors::{UserError, outcome};
use crate::graphql::ids;
use crate::graphql::types::{Modality, ReportMacro, ReportTemplate, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::reports::{self, MacroChange, NewMacro, NewTemplate, TemplateChange};
use domain::rows;

#[derive(Default)]
pub struct ReportTemplateMutation;

/// A new template.
#[derive(InputObject)]
pub struct ReportTemplateCreateInput {
    /// What it is called.
    name: String,
    /// For studies of this kind; left out: for any.
    modality: Option<Modality>,
    /// For this body part, as Body Part Examined (0018,0015) has it; left out: for any.
    body_part: Option<String>,
    /// What kind of report it makes.
    report_type: Option<String>,
    /// What is seen; at most 64 KiB.
    #[graphql(default)]
    findings: String,
    /// What is concluded; at most 64 KiB.
    #[graphql(default)]
    impression: String,
    /// Only for studies of this centre. For administrators.
    centre: Option<ID>,
}

/// Changes of a template; what is left out stays.
#[derive(InputObject)]
pub struct ReportTemplateUpdateInput {
    /// Which template.
    id: ID,
    /// What it is called.
    name: Option<String>,
    /// For studies of this kind.
    modality: Option<Modality>,
    /// For this body part; empty for any.
    body_part: Option<String>,
    /// What kind of report it makes; empty for none.
    report_type: Option<String>,
    /// What is seen; at most 64 KiB.
    findings: Option<String>,
    /// What is concluded; at most 64 KiB.
    impression: Option<String>,
    /// Whether it is offered.
    is_active: Option<bool>,
}

/// Which template.
#[derive(InputObject)]
pub struct ReportTemplateDeleteInput {
    /// Which template.
    id: ID,
}

/// The template, or what to mend.
#[derive(SimpleObject)]
pub struct ReportTemplatePayload {
    /// The template as it is now, or as it was when it was deleted.
    template: Option<ReportTemplate>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

/// A new macro.
#[derive(InputObject)]
pub struct ReportMacroCreateInput {
    /// 1 to 40 of `a-z`, `0-9` and `-`.
    name: String,
    /// What it stands for; at most 64 KiB. It may hold placeholders and other macros.
    text: String,
}

/// Changes of a macro; what is left out stays.
#[derive(InputObject)]
pub struct ReportMacroUpdateInput {
    /// Which macro.
    id: ID,
    /// 1 to 40 of `a-z`, `0-9` and `-`.
    name: Option<String>,
    /// What it stands for; at most 64 KiB.
    text: Option<String>,
}

/// Which macro.
#[derive(InputObject)]
pub struct ReportMacroDeleteInput {
    /// Which macro.
    id: ID,
}

/// The macro, or what to mend.
#[derive(SimpleObject)]
pub struct ReportMacroPayload {
    /// The macro as it is now, or as it was when it was deleted.
    #[graphql(name = "macro")]
    of_macro: Option<ReportMacro>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[Object]
impl ReportTemplateMutation {
    /// Makes a template: a radiologist for themselves, an administrator for all or for one centre.
    async fn report_template_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A new template.")] input: ReportTemplateCreateInput,
    ) -> Result<ReportTemplatePayload> {
        let made = async {
            let new = NewTemplate {
                name: input.name,
                modality: input.modality.map(Into::into),
                body_part: input.body_part,
                report_type: input.report_type,
                findings: input.findings,
                impression: input.impression,
                centre_id: input.centre.as_ref().map(ids::centre).transpose()?,
            };
            reports::report_template_create(app(ctx)?, acting(ctx)?, new).await
        };
        template(made.await)
    }

    /// Changes a template: a radiologist their own, an administrator the others.
    async fn report_template_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Changes of a template; what is left out stays.")] input: ReportTemplateUpdateInput,
    ) -> Result<ReportTemplatePayload> {
        let change = TemplateChange {
            name: input.name,
            modality: input.modality.map(Into::into),
            body_part: input.body_part,
            report_type: input.report_type,
            findings: input.findings,
            impression: input.impression,
            is_active: input.is_active,
        };
        let changed = async {
            let id = ids::report_template(&input.id)?;
            reports::report_template_update(app(ctx)?, acting(ctx)?, id, change).await
        };
        template(changed.await)
    }

    /// Removes a template; reports that began with it keep their texts.
    async fn report_template_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which template.")] input: ReportTemplateDeleteInput,
    ) -> Result<ReportTemplatePayload> {
        let removed = async {
            let id = ids::report_template(&input.id)?;
            reports::report_template_delete(app(ctx)?, acting(ctx)?, id).await
        };
        template(removed.await)
    }

    /// Makes a macro: a radiologist for themselves, an administrator for all.
    async fn report_macro_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A new macro.")] input: ReportMacroCreateInput,
    ) -> Result<ReportMacroPayload> {
        let new = NewMacro {
            name: input.name,
            text: input.text,
        };
        let made = async { reports::report_macro_create(app(ctx)?, acting(ctx)?, new).await };
        of_macro(made.await)
    }

    /// Changes a macro: a radiologist their own, an administrator those for all.
    async fn report_macro_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Changes of a macro; what is left out stays.")] input: ReportMacroUpdateInput,
    ) -> Result<ReportMacroPayload> {
        let change = MacroChange {
            name: input.name,
            text: input.text,
        };
        let changed = async {
            let id = ids::report_macro(&input.id)?;
            reports::report_macro_update(app(ctx)?, acting(ctx)?, id, change).await
        };
        of_macro(changed.await)
    }

    /// Removes a macro; texts that it was filled into keep what they have.
    async fn report_macro_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which macro.")] input: ReportMacroDeleteInput,
    ) -> Result<ReportMacroPayload> {
        let removed = async {
            let id = ids::report_macro(&input.id)?;
            reports::report_macro_delete(app(ctx)?, acting(ctx)?, id).await
        };
        of_macro(removed.await)
    }
}

fn template(row: domain::Result<rows::ReportTemplate>) -> Result<ReportTemplatePayload> {
    let (row, user_errors) = outcome(row)?;
    Ok(ReportTemplatePayload {
        template: row.map(ReportTemplate),
        user_errors,
    })
}

fn of_macro(row: domain::Result<rows::ReportMacro>) -> Result<ReportMacroPayload> {
    let (row, user_errors) = outcome(row)?;
    Ok(ReportMacroPayload {
        of_macro: row.map(ReportMacro),
        user_errors,
    })
}
