//! The job engine and the event stream under faults: processes are killed and rolled, databases crash, stores fail, disks are full.
//!
//! Real processes, real signals. Each test shows the same at its end: what was acknowledged is there, byte for byte and once; every
//! job has ended; nothing lies in the store that no row names; and the events tell of it in a legal order.

mod cluster;
mod dead;
mod disk;
mod events;
mod fleet;
mod kills;
mod outages;
mod rolling;
mod store;
mod truth;
mod uploads;
