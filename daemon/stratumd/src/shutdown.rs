//! Stop taking, finish, write down, leave.

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
