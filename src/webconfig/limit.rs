//! The rate limit: a token bucket with one token per request.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// `rate_limit`: one request per interval, and a number of them at once.
#[derive(Debug)]
pub struct RateLimit {
    burst: f64,
    interval: Duration,
    bucket: Mutex<(f64, Instant)>,
}

impl RateLimit {
    /// A limit that begins with as many requests as may come at once; with 0 of
    /// them, none may come at all, as in the toolkit.
    #[must_use]
    pub fn new(burst: u32, interval: Duration) -> Self {
        let burst = f64::from(burst);
        Self {
            burst,
            interval,
            bucket: Mutex::new((burst, Instant::now())),
        }
    }

    /// Whether another request may come now; if so, it has come.
    pub fn admits(&self) -> bool {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let (tokens, since) = *bucket;
        let now = Instant::now();
        let gained = now.duration_since(since).as_secs_f64() / self.interval.as_secs_f64();
        let tokens = (tokens + gained).min(self.burst);
        let admits = tokens >= 1.0;
        *bucket = (if admits { tokens - 1.0 } else { tokens }, now);
        admits
    }
}

/// A duration as Go writes it: `1s`, `1m30s`, `1.5h`, `0`.
pub(super) fn go_duration(text: &str) -> Option<Duration> {
    let mut left = text.strip_prefix('+').unwrap_or(text);
    if left == "0" {
        return Some(Duration::ZERO);
    }
    if left.is_empty() {
        return None;
    }
    let mut seconds = 0.0;
    while !left.is_empty() {
        let digits = left.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = left[..digits].parse().ok()?;
        left = &left[digits..];
        let end = left.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, rest) = left.split_at(end.unwrap_or(left.len()));
        let scale = match unit {
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return None,
        };
        seconds += number * scale;
        left = rest;
    }
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_of_go() {
        let cases = [
            ("1s", Some(1_000)),
            ("1m30s", Some(90_000)),
            ("1.5h", Some(5_400_000)),
            ("200ms", Some(200)),
            (".5s", Some(500)),
            ("0", Some(0)),
            ("+0s", Some(0)),
            ("", None),
            ("1", None),
            ("1d", None),
            ("-1s", None),
            ("s", None),
            ("1.2.3s", None),
            ("9999999999999999999h", None),
        ];
        for (text, millis) in cases {
            assert_eq!(
                go_duration(text),
                millis.map(Duration::from_millis),
                "{text}"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_and_then_one_per_interval() {
        let limit = RateLimit::new(3, Duration::from_secs(10));
        let asked = || (0..5).filter(|_| limit.admits()).count();
        assert_eq!(asked(), 3);
        tokio::time::advance(Duration::from_secs(10)).await;
        assert_eq!(asked(), 1);
        tokio::time::advance(Duration::from_secs(1000)).await;
        assert_eq!(asked(), 3);

        let none = RateLimit::new(0, Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(1000)).await;
        assert!(!none.admits());
    }
}
