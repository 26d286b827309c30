//! Signals: those that end the process, and the one that has it read its configuration again.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// SIGTERM and SIGINT, waited for twice: the first ends the process in good
/// order, the second at once.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// From now on these signals no longer end the process by themselves.
    ///
    /// # Errors
    /// When the system refuses the handlers.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Cancels `stop` at the first signal, and returns at the second.
    pub async fn watch(mut self, stop: CancellationToken) {
        let signal = self.next().await;
        tracing::info!(
            signal,
            "stopping: finishing open responses; a second signal aborts"
        );
        stop.cancel();
        let signal = self.next().await;
        tracing::warn!(signal, "aborted");
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// SIGHUP, which tells daemons to reload their configuration.
#[derive(Debug)]
pub struct Hangups(Signal);

impl Hangups {
    /// From now on the signal no longer ends the process.
    ///
    /// # Errors
    /// When the system refuses the handler.
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self(signal(SignalKind::hangup())?))
    }

    /// Waits for the next one. Several that come meanwhile are one.
    pub async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending().await
        }
    }
}
