//! Progress on stderr for whatever takes over a second, when stderr is a terminal; silence otherwise.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How long to wait before showing anything.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows how far one stage has come. Ends when dropped.
pub struct Progress {
    done: Arc<AtomicU64>,
    stop: Option<std::sync::mpsc::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Progress {
    /// Begins a stage of `total` units; `bytes` says whether they are bytes.
    pub fn begin(stage: &'static str, total: u64, bytes: bool) -> Self {
        let done = Arc::new(AtomicU64::new(0));
        let (stop, stopped) = std::sync::mpsc::channel();
        let thread = std::io::stderr().is_terminal().then(|| {
            let done = Arc::clone(&done);
            std::thread::spawn(move || {
                if stopped.recv_timeout(PATIENCE) != Err(std::sync::mpsc::RecvTimeoutError::Timeout)
                {
                    return;
                }
                let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
                let template = if total == 0 && bytes {
                    // Nobody knows how much a database is going to say.
                    "{msg} {spinner} {bytes}"
                } else if bytes {
                    "{msg} {wide_bar} {bytes}/{total_bytes} {eta}"
                } else {
                    "{msg} {wide_bar} {pos}/{len} {eta}"
                };
                if let Ok(style) = ProgressStyle::with_template(template) {
                    bar.set_style(style);
                }
                bar.set_message(stage);
                loop {
                    let so_far = done.load(Ordering::Relaxed);
                    if so_far > total {
                        bar.set_length(so_far);
                    }
                    bar.set_position(so_far);
                    if stopped.recv_timeout(Duration::from_millis(200))
                        != Err(std::sync::mpsc::RecvTimeoutError::Timeout)
                    {
                        break bar.finish_and_clear();
                    }
                }
            })
        });
        Self {
            done,
            stop: Some(stop),
            thread,
        }
    }

    /// The counter that work adds to.
    pub fn counter(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.done)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
