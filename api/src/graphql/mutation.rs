//! Mutations, object first: each takes one input and answers a payload with the changed object and `userErrors`.

mod assignment;
mod billing;
mod centres;
mod critical_findings;
mod imaging_machines;
mod jobs;
mod prices;
mod queues;
mod radiologists;
mod report_templates;
mod report_work;
mod reports;
mod sessions;
mod studies;
mod users;
mod worker_tokens;

use async_graphql::MergedObject;

/// What can be changed.
#[derive(Default, MergedObject)]
pub struct Mutation(
    sessions::SessionMutation,
    users::UserMutation,
    centres::CentreMutation,
    imaging_machines::ImagingMachineMutation,
    studies::StudyMutation,
    assignment::AssignmentMutation,
    radiologists::RadiologistMutation,
    reports::ReportMutation,
    report_work::ReportWorkMutation,
    report_templates::ReportTemplateMutation,
    critical_findings::CriticalFindingMutation,
    prices::PriceMutation,
    billing::BillingMutation,
    jobs::JobMutation,
    queues::QueueMutation,
    worker_tokens::WorkerTokenMutation,
);
