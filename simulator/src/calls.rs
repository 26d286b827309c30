//! The record of calls the simulator has answered, for tests to read.

use std::collections::{HashMap, VecDeque};

use crate::request::parameters::Parameters;

/// Calls remembered in full; counts go on without bound.
///
/// Few, because the demo runs for days.
const MEMORY: usize = 1_000;

/// One request as the simulator parsed and answered it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// Account the caller belongs to, whose world answered; empty when the
    /// credentials were not accepted.
    pub account_id: String,
    /// Region of the credential scope; empty when the request was not signed.
    pub region: String,
    /// The service by the name that requests are signed for; `metadata` or `container` for
    /// credentials of the host; `proxy` for a request through the proxy; empty when none was
    /// recognised.
    pub service: String,
    /// Name of the operation, simulated or not; a path of the host, or host and port of a
    /// request through the proxy; empty when none was recognised.
    pub operation: String,
    /// Access key id that signed the request; empty when it was not signed.
    pub access_key_id: String,
    /// Input of the operation; all absent when it could not be read.
    pub parameters: Parameters,
    /// HTTP status answered; `None` when a fault withheld the answer.
    pub status: Option<u16>,
    /// Error code answered, without namespace; `None` for success.
    pub error_code: Option<String>,
}

/// The newest calls, and how often each operation was called.
#[derive(Debug, Default)]
pub(crate) struct CallLog {
    newest: VecDeque<Call>,
    counts: HashMap<String, usize>,
}

impl CallLog {
    pub(crate) fn record(&mut self, call: Call) {
        *self.counts.entry(call.operation.clone()).or_default() += 1;
        if self.newest.len() == MEMORY {
            self.newest.pop_front();
        }
        self.newest.push_back(call);
    }

    /// The remembered calls, oldest first.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.newest.iter().cloned().collect()
    }

    /// The number of calls of the operation, including calls that were removed from the log.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.counts.get(operation).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(operation: &str) -> Call {
        Call {
            operation: operation.to_owned(),
            ..Call::default()
        }
    }

    #[test]
    fn counts_outlive_the_memory_of_calls() {
        let mut log = CallLog::default();
        log.record(call("DescribeStacks"));
        for _ in 0..MEMORY {
            log.record(call("DescribeFleets"));
        }
        assert_eq!(log.calls().len(), MEMORY);
        assert_eq!(log.calls()[0].operation, "DescribeFleets");
        assert_eq!(log.count("DescribeStacks"), 1);
        assert_eq!(log.count("DescribeFleets"), MEMORY);
        assert_eq!(log.count("DescribeSessions"), 0);
    }
}
