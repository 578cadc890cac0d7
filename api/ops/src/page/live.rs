//! How the log grows, line by line: what has the page look again, and know that it is still connected.

use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use journal_log::Seq;
use serde::Serialize;
use tokio::{sync::watch, time::sleep};

use super::{PageSource, answer};
use crate::PointView;

/// A line comes at least as often: what is silent for longer is gone.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// The pause between two lines: each has the page look again, and nobody reads faster.
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Debug, Serialize)]
struct LiveLine {
    /// The first record that is kept.
    first: u64,
    head: PointView,
    /// The time here, by which ages are told.
    now: String,
}

/// Tells of each new head until the client goes, or the engine ends.
pub(super) fn live(source: &PageSource) -> answer::Answer {
    let state = (source.clone(), source.handle.changed(), false);
    answer::lines(stream::unfold(state, |(source, mut head, begun)| async move {
        if begun && !grown(&mut head).await {
            return None;
        }
        head.mark_unchanged();
        let line = line(&source);
        Some((line, (source, head, true)))
    }))
}

/// Waits for a new head, or a while; false once there will be none.
async fn grown(head: &mut watch::Receiver<Seq>) -> bool {
    sleep(PAUSE).await;
    tokio::select! {
        changed = head.changed() => changed.is_ok(),
        () = sleep(LINE_EVERY) => true,
    }
}

fn line(source: &PageSource) -> Bytes {
    let line = LiveLine {
        first: source.handle.reader().first().get(),
        head: PointView::of(&source.handle.snapshot()),
        now: source.clock.now().to_string(),
    };
    let mut bytes = serde_json::to_vec(&line).expect("lines have string keys only");
    bytes.push(b'\n');
    bytes.into()
}
