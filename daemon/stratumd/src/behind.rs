//! Writes that a loop begins and does not wait for: a database that is slow or locked must hold up nobody's work.

use std::time::Duration;

use store::StoreError;
use tokio::task::JoinHandle;

/// How long a loop stands still for a write that it has just begun; a healthy disk needs far less.
const STILL: Duration = Duration::from_millis(200);

/// One write at a time. Dropped, what is under way is cut off, and was done or was not.
pub(crate) struct Behind<T>(Option<JoinHandle<Result<T, StoreError>>>);

impl<T> Default for Behind<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Send + 'static> Behind<T> {
    /// What became of the write under way. If there is none, this one is begun, and given a moment. `None` when it is
    /// not known yet.
    pub(crate) async fn done<W>(&mut self, write: impl FnOnce() -> W) -> Option<Result<T, StoreError>>
    where
        W: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let mut wait = Duration::ZERO;
        let task = self.0.get_or_insert_with(|| {
            wait = STILL;
            tokio::spawn(write())
        });
        // One that has ended already is ready at once, whatever the time.
        let ended = tokio::time::timeout(wait, task).await.ok()?;
        self.0 = None;
        // Cut off by a panic: as good as not begun.
        ended.ok()
    }

    /// A write is under way.
    pub(crate) fn is_under_way(&self) -> bool {
        self.0.is_some()
    }
}

impl<T> Drop for Behind<T> {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_slow_write_is_begun_once_and_waited_for_by_nobody() {
        let (finish, finished) = tokio::sync::oneshot::channel();
        let mut behind = Behind::default();
        let slow = || async {
            let _ = finished.await;
            Ok(1)
        };
        assert!(behind.done(slow).await.is_none() && behind.is_under_way());
        for _ in 0..3 {
            assert!(behind.done(|| async { Ok(2) }).await.is_none() && behind.is_under_way());
        }
        finish.send(()).unwrap();
        let mut first = None;
        while first.is_none() {
            tokio::task::yield_now().await;
            first = behind.done(|| async { Ok(2) }).await;
        }
        assert!(matches!(first, Some(Ok(1))), "the first, not another");
        assert!(matches!(behind.done(|| async { Ok(3) }).await, Some(Ok(3))), "a quick one is there at once");
    }
}
