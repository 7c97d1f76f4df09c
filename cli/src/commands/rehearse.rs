//! Rehearsals take their time: they run on a thread of their own, so that progress is drawn and Ctrl-C heard.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use crate::error::Failure;
use crate::format::count;
use crate::ui::Ui;

/// News of a rehearsal, or its end.
enum News<T> {
    At(f64, f64),
    Done(T),
}

/// Rehearses something. `work` is handed a way to tell how many simulated seconds are over, and of how many.
pub(super) async fn away<T: Send + 'static>(
    what: &str,
    ui: &mut Ui,
    work: impl FnOnce(&mut dyn FnMut(f64, f64)) -> T + Send + 'static,
) -> Result<(T, Duration), Failure> {
    let began = Instant::now();
    let (tell, mut told) = mpsc::channel(8);
    std::thread::spawn(move || {
        let news = tell.clone();
        // Nobody waits for the screen.
        let done = work(&mut |at, of| drop(news.try_send(News::At(at, of))));
        let _ = tell.blocking_send(News::Done(done));
    });
    let mut progress = ui.progress(what);
    while let Some(news) = told.recv().await {
        match news {
            // What is over at once needs no progress.
            News::At(..) if began.elapsed() < Duration::from_secs(1) => {}
            News::At(at, of) => {
                let words = format!(
                    "{} of {} simulated hours",
                    count((at / 3600.0) as u64),
                    count((of / 3600.0) as u64)
                );
                progress.at(Some((at as u64, of as u64)), &words, ui);
            }
            News::Done(done) => {
                progress.clear();
                return Ok((done, began.elapsed()));
            }
        }
    }
    Err(Failure::failed("the rehearsal stopped with an error")
        .with_help("this is a bug; running again with the same seed reproduces it"))
}
