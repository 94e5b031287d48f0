//! What jobs leave behind, over real rows, objects and DICOM bytes.

#![allow(clippy::unwrap_used, reason = "a test that meets one has failed")]

mod dicom;
mod fixture;
mod indexing;
mod rendering;
mod transcoding;
