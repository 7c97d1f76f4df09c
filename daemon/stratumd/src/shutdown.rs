//! What the process is told by signals: to end, or to read its secrets again.

use tokio::signal::unix::{SignalKind, signal};

/// Waits until the process is asked to end; says by what.
pub(crate) async fn asked() -> std::io::Result<&'static str> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    })
}

/// Requests to read secrets and certificates again: SIGHUP.
pub(crate) struct Hangups(tokio::sync::Mutex<tokio::signal::unix::Signal>);

impl Hangups {
    /// From here on SIGHUP no longer ends the process.
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self(tokio::sync::Mutex::new(signal(SignalKind::hangup())?)))
    }

    /// Waits for the next one.
    pub(crate) async fn next(&self) {
        if self.0.lock().await.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
