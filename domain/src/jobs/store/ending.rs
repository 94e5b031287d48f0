//! The assignments that end an attempt, with the rule for jobs that were asked for again meanwhile.

/// SQL expressions over the old row. `verdict` is the state that the attempt leads to.
///
/// A job that was enqueued again while it ran (`rerun`) does not end, however the attempt did: it starts over, because whoever
/// enqueued it relies on a run that begins after that.
pub struct Ending {
    pub verdict: &'static str,
    pub attempt: &'static str,
    pub lost_leases: &'static str,
    pub run_at: &'static str,
    pub last_error: &'static str,
    pub progress: &'static str,
    pub deferrals: &'static str,
}

impl Ending {
    pub const UNCHANGED: Ending = Ending {
        verdict: "'PENDING'",
        attempt: "attempt",
        lost_leases: "lost_leases",
        run_at: "run_at",
        last_error: "last_error",
        progress: "progress",
        deferrals: "deferrals",
    };

    pub fn assignments(&self) -> String {
        let Self {
            verdict,
            attempt,
            lost_leases,
            run_at,
            last_error,
            progress,
            deferrals,
        } = self;
        format!(
            "state = CASE WHEN rerun THEN 'PENDING' ELSE {verdict} END,
             finished_at = CASE WHEN NOT rerun AND {verdict} <> 'PENDING' THEN {{now}} END,
             attempt = CASE WHEN rerun THEN 0 ELSE {attempt} END,
             lost_leases = CASE WHEN rerun THEN 0 ELSE {lost_leases} END,
             run_at = CASE WHEN rerun THEN {{now}} ELSE {run_at} END,
             cancel_requested = (cancel_requested AND NOT rerun),
             deferrals = CASE WHEN rerun THEN 0 ELSE {deferrals} END,
             last_error = {last_error}, progress = {progress}, lease_until = NULL, updated_at = {{now}}"
        )
    }
}
