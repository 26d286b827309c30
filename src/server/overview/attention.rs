//! Which fleets and pools need attention, and why.
//!
//! The numbers are the thresholds of `deploy/prometheus/rules/recording.yaml`.

use std::cmp::Reverse;
use std::time::Duration;

use serde::Serialize;

use super::FleetOrPool;
use crate::server::time::Timestamp;

/// From which share of its capacity in use a fleet or pool is busy, in percent.
const BUSY_PERCENT: i64 = 90;
/// Data that is older than so many refresh intervals is stale.
pub(super) const STALE_INTERVALS: u32 = 2;

/// The urgency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::server) enum Urgency {
    /// Users cannot start sessions, or AWS reports an error.
    Critical,
    /// That may come soon, or the data is old.
    Warning,
    /// All is well.
    Ok,
    /// It is stopped.
    Stopped,
}

/// Fills in urgency and reasons.
pub(super) fn judge(entry: &mut FleetOrPool, now: Timestamp, stale_after: Duration) {
    let mut reasons = errors(entry);
    reasons.extend(capacity(entry));
    if let Some(read_at) = entry.read_at
        && read_at.age(now) > stale_after
    {
        let reason = "Old data: AWS could not be read".to_owned();
        reasons.push((Urgency::Warning, reason));
    }
    if entry.has_sessions_read && entry.sessions.is_none() {
        let reason = "Sessions are unknown".to_owned();
        reasons.push((Urgency::Warning, reason));
    }
    let is_stopped = entry.state.as_deref() == Some("STOPPED");
    let calm = if is_stopped {
        Urgency::Stopped
    } else {
        Urgency::Ok
    };
    entry.urgency = reasons
        .iter()
        .map(|(urgency, _)| *urgency)
        .min()
        .unwrap_or(calm);
    entry.attention = reasons.into_iter().map(|(_, reason)| reason).collect();
}

fn errors(entry: &FleetOrPool) -> Vec<(Urgency, String)> {
    let codes = entry.errors.keys();
    codes
        .map(|code| (Urgency::Critical, error_in_words(code)))
        .collect()
}

/// Whether sessions cannot start now, or soon.
fn capacity(entry: &FleetOrPool) -> Vec<(Urgency, String)> {
    let mut reasons = Vec::new();
    let capacity = &entry.capacity;
    let waiting = entry
        .sessions
        .as_ref()
        .map_or(0, |sessions| sessions.waiting);
    let is_running = entry.state.as_deref() == Some("RUNNING");
    if let (true, Some(in_use), Some(total)) = (is_running, capacity.in_use, capacity.total) {
        let unit = capacity.unit.as_str();
        let share = |percent: i64| i64::from(in_use) * 100 >= i64::from(total) * percent;
        if total == 0 {
            if capacity.pending.is_some_and(|pending| pending > 0) {
                reasons.push((Urgency::Critical, format!("No {unit} yet")));
            }
        } else if share(100) {
            reasons.push((
                Urgency::Critical,
                format!("Full: {in_use} of {total} {unit} in use"),
            ));
        } else if share(BUSY_PERCENT) {
            reasons.push((
                Urgency::Warning,
                format!("Busy: {in_use} of {total} {unit} in use"),
            ));
        }
        let wanted = total.saturating_add(capacity.pending.unwrap_or(0));
        if let Some(maximum) = entry.maximum()
            && wanted >= maximum
            && share(BUSY_PERCENT)
        {
            let reason = format!("Cannot grow: at the scaling maximum of {maximum}");
            reasons.push((Urgency::Warning, reason));
        }
    }
    if waiting > 0 {
        let sessions = if waiting == 1 { "session" } else { "sessions" };
        reasons.push((Urgency::Warning, format!("{waiting} {sessions} waiting")));
    }
    reasons
}

/// An error code of AWS as a phrase: `SUBNET_NOT_FOUND` is "Subnet not found".
pub(in crate::server) fn error_in_words(code: &str) -> String {
    const ACRONYMS: [&str; 10] = [
        "AD", "AMI", "DNS", "ENI", "IAM", "IP", "S3", "STS", "VPC", "ARN",
    ];
    let words = code.split('_').filter(|word| !word.is_empty());
    let words = words.enumerate().map(|(number, word)| {
        if ACRONYMS.contains(&word) {
            return word.to_owned();
        }
        let word = word.to_lowercase();
        let mut letters = word.chars();
        match (number, letters.next()) {
            (0, Some(first)) => first.to_uppercase().chain(letters).collect(),
            _ => word,
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Sorts by urgency, then by the share in use, then by name.
pub(super) fn order(entry: &FleetOrPool) -> (Urgency, Reverse<i64>, String, String) {
    let capacity = &entry.capacity;
    let used = capacity.in_use.zip(capacity.total);
    let share = used.map_or(-1, |(in_use, total)| {
        i64::from(in_use) * 1_000 / i64::from(total.max(1))
    });
    (
        entry.urgency,
        Reverse(share),
        entry.name.clone(),
        entry.key().to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_are_phrases() {
        for (code, phrase) in [
            ("SUBNET_NOT_FOUND", "Subnet not found"),
            (
                "IAM_SERVICE_ROLE_MISSING_ENI_DESCRIBE_ACTION",
                "IAM service role missing ENI describe action",
            ),
            ("Odd", "Odd"),
            ("", ""),
        ] {
            assert_eq!(error_in_words(code), phrase);
        }
    }
}
