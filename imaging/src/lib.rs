//! Pure functions from bytes to bytes: the DICOM guard, attributes, character sets, DICOM JSON, pixels, rendering, transcoding, analysis and derived
//! objects.
//!
//! No database, no network, no async. Bytes from outside pass `walk` (with the limits of `guard`) before any other parser sees them.

pub mod analysis;
pub mod charset;
pub mod dataset;
pub mod derived;
pub mod file;
pub mod guard;
pub mod index;
pub mod json;
pub mod keyword;
pub mod person_name;
pub mod phantom;
pub mod pixels;
pub mod render;
pub mod transcode;
pub mod walk;
