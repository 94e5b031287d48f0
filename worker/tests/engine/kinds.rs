//! Jobs to be tried.

use domain::jobs::Job;
use serde::{Deserialize, Serialize};
use std::time::Duration;

macro_rules! job {
    ($name:ident { $($field:ident: $type:ty),* } $($rest:tt)*) => {
        #[derive(Debug, Clone, Default, Serialize, Deserialize)]
        pub struct $name { $(pub $field: $type),* }
        impl Job for $name {
            const KIND: &'static str = stringify!($name);
            const QUEUE: &'static str = "test";
            $($rest)*
        }
    };
}

job!(Plain { n: i64 }
    fn unique_key(&self) -> Option<String> { None });
job!(Twice { n: i64 }
    const MAX_ATTEMPTS: i32 = 2;
    fn unique_key(&self) -> Option<String> { None });
job!(Hasty { n: i64 }
    const TIMEOUT: Duration = Duration::from_millis(50);
    fn unique_key(&self) -> Option<String> { None });
job!(Only { key: String }
    fn unique_key(&self) -> Option<String> { Some(self.key.clone()) });
job!(Recurring { }
    const EVERY: Option<Duration> = Some(Duration::from_secs(600));
    const MAX_ATTEMPTS: i32 = i32::MAX;
    fn unique_key(&self) -> Option<String> { Some("one".into()) });
