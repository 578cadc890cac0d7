//! The answers of the operations address and the control socket.

use std::sync::Arc;

use journal_log::{Journal, MemoryJournal};

use super::{control, operations};
use crate::{Metrics, Readiness, Stage};

async fn get(path: &str, readiness: &Readiness) -> (u16, String) {
    let routes = operations(Arc::new(Metrics::new().unwrap()), readiness.clone());
    let answer = warp::test::request().path(path).reply(&routes).await;
    (answer.status().as_u16(), String::from_utf8(answer.body().to_vec()).unwrap())
}

#[tokio::test]
async fn readiness_tells_the_stage() {
    let readiness = Readiness::new();
    assert_eq!(get("/readyz", &readiness).await, (503, "replaying\n".into()));
    readiness.enter(Stage::Ready);
    assert_eq!(get("/readyz", &readiness).await, (200, "ready\n".into()));
    assert_eq!(get("/healthz", &readiness).await, (200, "ok\n".into()));
}

#[tokio::test]
async fn metrics_are_text_and_other_paths_are_not_there() {
    let readiness = Readiness::new();
    let (status, text) = get("/metrics", &readiness).await;
    assert_eq!(status, 200);
    assert!(text.contains("sockerless_http_connections"), "{text}");
    assert_eq!(get("/journal/records", &readiness).await.0, 404);
}

#[tokio::test]
async fn an_empty_log_has_no_lines() {
    let reader = MemoryJournal::new().reader();
    let answer =
        warp::test::request().path("/journal/records?from=1").reply(&control(reader, [])).await;
    assert_eq!((answer.status().as_u16(), answer.body().len()), (200, 0));
}
