//! The documented REST APIs, one folder a family, each with its own error shape.

pub mod dental;
pub mod family;
pub mod openapi;
pub mod pacs;
pub mod workers;

pub use pacs::PacsError;
