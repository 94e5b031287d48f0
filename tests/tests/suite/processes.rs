//! The real binary, killed and stopped.
