//! The analysis on phantoms, in both directions: lesions that are there are found, and where there are none nothing is.

mod ct;
mod hostile;
mod phantoms;
mod projections;
mod series;
mod texts;
