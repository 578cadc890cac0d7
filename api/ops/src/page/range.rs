//! Which records can be looked at, and the times of some of them: the scale of the slider.

use std::sync::Arc;

use http::StatusCode;
use journal_log::{JournalReader, Seq};
use projector_containers::Containers;
use projector_engine::{Handle, World};
use serde::Serialize;

use super::answer::{Answer, json, refused};
use crate::{PointView, RecordView};

/// Records whose times are told: as many as a slider has room to mark. Each is a look into the log.
const MARKS_MAX: u64 = 64;

/// Records without a time, of the engine's own making, that stand in a row at most before the look is given up.
const UNTIMED_MAX: usize = 8;

/// The records that can be looked at.
#[derive(Debug, Serialize)]
struct RangeView {
    /// The first record that is kept.
    first: u64,
    head: PointView,
    /// Some of those between, the oldest first, with the records whose times they are.
    marks: Vec<PointView>,
}

/// Tells which records can be looked at.
pub(super) async fn range(handle: &Handle<Containers>, world: Arc<World<Containers>>) -> Answer {
    let reader = handle.reader();
    let look = move || {
        let (first, head) = (reader.first().get(), world.seq.get());
        let span = head.saturating_sub(first);
        let places = (0..MARKS_MAX).map(|mark| first + span * mark / (MARKS_MAX - 1));
        let mut marks: Vec<PointView> = Vec::new();
        for place in places {
            if marks.last().is_some_and(|last| last.seq >= place) {
                continue;
            }
            marks.extend(timed(&*reader, Seq::new(place)));
        }
        RangeView { first, head: PointView::of(&world), marks }
    };
    match tokio::task::spawn_blocking(look).await {
        Ok(range) => json(&range),
        Err(_) => refused(StatusCode::INTERNAL_SERVER_ERROR, "the log cannot be read"),
    }
}

/// Gives the first record at or behind a place that has a time.
fn timed(reader: &dyn JournalReader, place: Seq) -> Option<PointView> {
    let records = reader.read(place).ok()?.take(UNTIMED_MAX).map_while(Result::ok);
    records.filter_map(|record| RecordView::of(&record).ok()).find_map(|view| {
        let RecordView { seq, time, .. } = view;
        time.map(|time| PointView { seq, time })
    })
}
