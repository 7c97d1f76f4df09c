//! What the process is told by signals: to end, or to read its secrets again.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// All signals that the process answers. Once this is made, none of them ends it by itself.
pub(crate) struct Signals {
    /// To read secrets and certificates again.
    pub(crate) hangups: Hangups,
    /// To end.
    pub(crate) ends: Ends,
}

impl Signals {
    /// To be made before anything else; needs the runtime.
    pub(crate) fn listen() -> std::io::Result<Self> {
        let hangups = Hangups(tokio::sync::Mutex::new(signal(SignalKind::hangup())?));
        let ends =
            Ends { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? };
        Ok(Self { hangups, ends })
    }
}

/// Requests to end: SIGTERM and SIGINT.
pub(crate) struct Ends {
    terminate: Signal,
    interrupt: Signal,
}

impl Ends {
    /// Waits until the process is asked to end; says by what. A request of before counts.
    pub(crate) async fn asked(&mut self) -> &'static str {
        tokio::select! {
            Some(()) = self.terminate.recv() => "SIGTERM",
            Some(()) = self.interrupt.recv() => "SIGINT",
            else => std::future::pending().await,
        }
    }
}

/// Requests to read secrets and certificates again: SIGHUP.
pub(crate) struct Hangups(tokio::sync::Mutex<Signal>);

impl Hangups {
    /// Waits for the next one.
    pub(crate) async fn next(&self) {
        if self.0.lock().await.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}
