//! The reconciler with a real engine and a backend that runs nothing.

use std::sync::Arc;
use std::time::Duration;

use backends_core::{Backend, FakeBackend, observations};
use journal_keys::KeyStore;
use journal_log::{Actor, MemoryJournal, MemorySnapshots, RequestId, Timestamp};
use projector_containers::{Containers, Key, Phase};
use projector_engine::{Engine, EngineOptions, Handle, ManualClock, Submission};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use crate::story::{Story, WEB};
use crate::{Limits, Progress, Reconciler, Step, plan};

/// How long anything may take that is not waited for on purpose.
const LIMIT: Duration = Duration::from_secs(20);

/// An engine, a backend, and a reconciler that has adopted what the backend had.
async fn running(before: &Story) -> (Handle<Containers>, Arc<FakeBackend>) {
    let folder = std::env::temp_dir().join("no-output-is-kept");
    let (reports, observed) = observations();
    let fake = FakeBackend::new(folder, reports, Arc::new(|| Timestamp::ZERO));
    for step in plan(&before.state, &Progress::default(), Instant::now(), &Limits::default()) {
        let Step::Start(workload) = step else { continue };
        fake.start(&workload).await.unwrap();
        assert!(fake.exit(WEB, 0).await);
    }
    let (handle, _) = Engine::start::<Containers, _>(
        MemoryJournal::new(),
        Arc::new(MemorySnapshots::default()),
        Arc::new(ManualClock::new(Timestamp::ZERO)),
        EngineOptions::default(),
        |error| panic!("{error}"),
    )
    .unwrap();
    let backend: Arc<dyn Backend> = fake.clone();
    let keys = KeyStore::ephemeral();
    let reconciler = Reconciler::new(handle.clone(), backend, keys, observed, Limits::default());
    let (adopted, is_adopted) = oneshot::channel();
    tokio::spawn(reconciler.run(move || adopted.send(()).unwrap()));
    timeout(LIMIT, is_adopted).await.unwrap().unwrap();
    (handle, fake)
}

#[tokio::test]
async fn a_change_is_followed_without_anything_else_to_wake_for() {
    let (handle, _fake) = running(&Story::new()).await;
    for command in Story::new().start().told {
        let actor = Actor::default();
        let submission = Submission { actor, request: RequestId::NONE, cause: None, command };
        handle.submit(submission).await.unwrap();
    }
    let is_running = handle.wait_for(Key::Container(WEB), |world| {
        let container = world.state.container(&WEB)?;
        matches!(container.phase, Phase::Running(_)).then_some(())
    });
    timeout(LIMIT, is_running).await.unwrap();
}

#[tokio::test]
async fn what_is_left_of_a_container_that_the_log_does_not_know_is_removed() {
    let (_handle, fake) = running(&Story::new().start()).await;
    assert_eq!(fake.removed(), [WEB]);
}
