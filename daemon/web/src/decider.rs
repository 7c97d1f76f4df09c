//! How a request reaches the one who decides: by asking the daemon's loop for a copy.

use std::sync::Arc;
use std::time::Duration;

use farm::live::Live;
use farm::reconcile::Reconciler;
use tokio::sync::{mpsc, oneshot};

use crate::{ApiError, App};

/// How long a request waits for the loop, which answers between two of its steps.
const WAIT: Duration = Duration::from_secs(5);

/// The one who decides, copied, and everything as of its last step.
#[derive(Debug)]
pub struct Deciding {
    /// Takes steps as the daemon would.
    pub decider: Reconciler,
    /// What it went by.
    pub live: Arc<Live>,
}

/// Where the loop is asked for a copy.
pub type DeciderHandle = mpsc::Sender<oneshot::Sender<Deciding>>;

impl App {
    /// A copy of the one who decides. Nothing that is done with it has any effect.
    pub(crate) async fn deciding(&self) -> Result<Deciding, ApiError> {
        let (answer, answered) = oneshot::channel();
        let asked = async {
            self.decider.send(answer).await.ok()?;
            answered.await.ok()
        };
        let deciding = tokio::time::timeout(WAIT, asked).await;
        deciding.ok().flatten().ok_or_else(ApiError::busy)
    }
}
