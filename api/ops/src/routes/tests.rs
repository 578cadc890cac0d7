//! The answers of the operations address and the control socket.

use std::sync::Arc;

use journal_audit::ExportError;
use journal_log::{Journal, MemoryJournal, Seq};
use serde_json::json;

use super::{control, operations};
use crate::{
    AuditAsk, AuditDoor, Auditor, CopyAsked, Done, Maintenance, Metrics, Readiness, Stage,
    TrimAsked, maintenance,
};

async fn get(path: &str, readiness: &Readiness) -> (u16, String) {
    let routes = operations(Arc::new(Metrics::new().unwrap()), readiness.clone(), None);
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
async fn what_is_not_as_it_should_be_is_told_until_it_is() {
    let readiness = Readiness::new();
    readiness.enter(Stage::Ready);
    readiness.note("the disk is full");
    assert_eq!(get("/readyz", &readiness).await, (200, "ready\nthe disk is full\n".into()));
    assert_eq!(get("/healthz", &readiness).await, (200, "ok\nthe disk is full\n".into()));
    readiness.note("");
    assert_eq!(get("/readyz", &readiness).await, (200, "ready\n".into()));
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
    let routes = control(reader, AuditDoor::default(), []);
    let answer = warp::test::request().path("/journal/records?from=1").reply(&routes).await;
    assert_eq!((answer.status().as_u16(), answer.body().len()), (200, 0));
}

/// Writes what it was asked, and fails as it is told.
struct Echo;

impl Auditor for Echo {
    fn answer(
        &self,
        ask: &AuditAsk,
        write: &mut dyn FnMut(&str) -> std::io::Result<()>,
    ) -> Result<(), ExportError> {
        match ask {
            AuditAsk::Proof(seq) => Err(ExportError::Absent { seq: *seq, head: Seq::FIRST }),
            AuditAsk::Growth(_) => Err(ExportError::Root { to: Seq::FIRST }),
            AuditAsk::Export(_) | AuditAsk::Checkpoint | AuditAsk::Key => {
                Ok(write(&format!("{ask:?}"))?)
            }
        }
    }
}

async fn ask(path: &str, door: Option<AuditDoor>) -> (u16, String) {
    let routes = operations(Arc::new(Metrics::new().unwrap()), Readiness::new(), door);
    let answer = warp::test::request().path(path).reply(&routes).await;
    (answer.status().as_u16(), String::from_utf8(answer.body().to_vec()).unwrap())
}

#[tokio::test]
async fn auditors_are_answered_where_the_door_is_open() {
    assert_eq!(ask("/audit/key", None).await.0, 404);
    let door = AuditDoor::default();
    assert_eq!(ask("/audit/key", Some(door.clone())).await.0, 503);
    assert!(door.set(Arc::new(Echo)).is_ok());
    assert_eq!(ask("/audit/key", Some(door.clone())).await, (200, "Key".into()));
    let (status, text) = ask("/audit/export?format=csv&actor=uid:0", Some(door.clone())).await;
    assert!(status == 200 && text.contains("Csv") && text.contains("uid:0"), "{text}");
    assert_eq!(ask("/audit/export?format=xml", Some(door.clone())).await.0, 400);
    let (status, text) = ask("/audit/proof?seq=9", Some(door.clone())).await;
    assert!(status == 400 && text.contains("record 9 is not there"), "{text}");
    assert_eq!(ask("/audit/growth?older=9", Some(door)).await.0, 500);
}

/// Says what it was asked to do, and copies nothing.
struct Tended;

impl Maintenance for Tended {
    fn trim(self: Arc<Self>, asked: TrimAsked, principal: String) -> Done {
        Box::pin(async move { Ok(json!({ "before": asked.before, "principal": principal })) })
    }

    fn copy(self: Arc<Self>, asked: CopyAsked) -> Done {
        Box::pin(async move { Err(format!("no room in {}", asked.to.display())) })
    }
}

async fn post(path: &str, body: serde_json::Value) -> (u16, serde_json::Value) {
    let routes = control(
        MemoryJournal::new().reader(),
        AuditDoor::default(),
        [maintenance(Arc::new(Tended))],
    );
    let request = warp::test::request().method("POST").path(path).json(&body);
    let answer = request.reply(&routes).await;
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
}

#[tokio::test]
async fn whoever_tends_the_log_is_answered_or_told_why_not() {
    let trim = json!({ "before": "30d", "reason": "", "require_export": false });
    let done = json!({ "before": "30d", "principal": "unknown" });
    assert_eq!(post("/journal/trim", trim).await, (200, done));
    let (status, told) = post("/journal/copy", json!({ "to": "/backup" })).await;
    assert_eq!((status, &told["message"]), (409, &json!("no room in /backup")));
    assert_eq!(post("/journal/trim", json!({ "before": "30d" })).await.0, 400);
}
