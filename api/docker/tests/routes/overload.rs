//! More commands than the log takes: who finds no room in the queue is told so, and when to come back.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};

use journal_log::{AppendError, Journal, JournalReader, MemoryJournal, Record, Tail};
use journal_reads::AccessLog;
use projector_engine::EngineOptions;
use serde_json::json;

use super::harness::Api;

/// A journal whose disk stands still from the first create on, until the sender is dropped.
struct SlowJournal {
    inner: MemoryJournal,
    is_slow: Arc<std::sync::atomic::AtomicBool>,
    released: Receiver<()>,
}

impl Journal for SlowJournal {
    fn append(&mut self, group: &[Record]) -> Result<(), AppendError> {
        if self.is_slow.load(std::sync::atomic::Ordering::SeqCst) {
            // An error says that the sender is gone: the disk goes on.
            let _ = self.released.recv();
        }
        self.inner.append(group)
    }

    fn tail(&self) -> Tail {
        self.inner.tail()
    }

    fn reader(&self) -> Arc<dyn JournalReader> {
        self.inner.reader()
    }
}

#[tokio::test]
async fn a_full_queue_is_503_with_a_time_to_come_back_and_loses_nothing_it_took() {
    let (release, released): (SyncSender<()>, _) = sync_channel(1);
    let is_slow = Arc::default();
    let journal =
        SlowJournal { inner: MemoryJournal::new(), is_slow: Arc::clone(&is_slow), released };
    let options =
        EngineOptions { submit_wait: Duration::from_millis(200), ..EngineOptions::default() };
    let api = Arc::new(Api::start_on(journal, options, AccessLog::off()).await);
    is_slow.store(true, std::sync::atomic::Ordering::SeqCst);
    // The queue holds 8 MiB: some forty of these, and what the writer took before its disk stood still.
    let body = json!({"Image": "busybox", "Cmd": ["x".repeat(200_000)]});
    let calls = (0..100).map(|number| {
        let (api, body) = (Arc::clone(&api), body.clone());
        tokio::spawn(async move {
            let reply = api.post_json(&format!("/containers/create?name=n{number}"), &body).await;
            (reply.status, reply.header("retry-after").to_owned(), reply.message())
        })
    });
    let calls: Vec<_> = calls.collect();
    // Those that are turned away are answered while the disk still stands.
    api.until(async || (api.handle.metrics().overloads >= 20).then_some(())).await;
    drop(release);
    let (mut taken, mut turned_away) = (0, 0);
    for call in calls {
        let (status, retry_after, message) = call.await.unwrap();
        match status {
            201 => taken += 1,
            503 => {
                assert_eq!(retry_after, "1", "{message}");
                assert!(message.contains("overloaded"), "{message}");
                turned_away += 1;
            }
            _ => panic!("{status}: {message}"),
        }
    }
    assert!(taken >= 40 && turned_away >= 20, "{taken} taken, {turned_away} turned away");
    let listed = api.get("/containers/json?all=1").await.json();
    assert_eq!(listed.as_array().unwrap().len(), taken);
}
