//! The schema, in steps that are the same on SQLite and PostgreSQL.

mod dialect;
mod m0001_base;
mod m0002_job;
mod m0003_job_control;
mod m0004_worker_token;
mod m0005_worklist;
mod m0006_reading;
mod m0007_reporting;
mod m0008_billing;
mod m0009_audit;
mod m0010_assignment;
mod m0011_rate_limit;
mod m0012_imaging_machine;
mod m0013_analysis;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::{MigrationTrait, async_trait};

pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_base::Migration),
            Box::new(m0002_job::Migration),
            Box::new(m0003_job_control::Migration),
            Box::new(m0004_worker_token::Migration),
            Box::new(m0005_worklist::Migration),
            Box::new(m0006_reading::Migration),
            Box::new(m0007_reporting::Migration),
            Box::new(m0008_billing::Migration),
            Box::new(m0009_audit::Migration),
            Box::new(m0010_assignment::Migration),
            Box::new(m0011_rate_limit::Migration),
            Box::new(m0012_imaging_machine::Migration),
            Box::new(m0013_analysis::Migration),
        ]
    }
}
