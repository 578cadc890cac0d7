//! Calls that change nothing leave an entry in the side log.

use std::path::Path;

use http::Method;
use journal_log::Timestamp;
use journal_reads::{Access, AccessLog, Entry, Found, ReadPolicy, ReadsOptions};

use super::harness::Api;

async fn start(policy: ReadPolicy, dir: &Path) -> (Api, AccessLog) {
    let options = ReadsOptions { policy, ..ReadsOptions::new(dir) };
    let reads = AccessLog::start(options, || Timestamp::ZERO).unwrap();
    (Api::start_with(reads.clone()).await, reads)
}

/// Waits until `count` calls are put down, and gives them.
async fn put_down(api: &Api, reads: &AccessLog, dir: &Path, count: u64) -> Vec<Access> {
    api.until(async || (reads.numbers().written == count).then_some(())).await;
    let entries = journal_reads::entries(dir).unwrap().map(|found| {
        let Ok(Found::Entry(Entry::Access(access))) = found else { panic!("{found:?}") };
        access
    });
    entries.collect()
}

#[tokio::test]
async fn a_read_is_put_down_with_who_what_and_as_of() {
    let dir = tempfile::tempdir().unwrap();
    let (api, reads) = start(ReadPolicy::Metadata, dir.path()).await;
    let shown = api.get("/v1.47/containers/json?all=1").await;
    api.get("/containers/nosuch/json").await;
    api.get("/nothing/here").await;
    // None of these is a read that is put down.
    api.get("/_ping").await;
    api.call(Method::HEAD, "/v1.47/_ping", None).await;
    api.post("/containers/nosuch/start").await;
    let found = put_down(&api, &reads, dir.path(), 3).await;
    let shortly: Vec<_> = found
        .iter()
        .map(|access| (access.route.as_str(), access.path.as_str(), access.status))
        .collect();
    assert_eq!(
        shortly,
        [
            ("/containers/json", "/v1.47/containers/json", 200),
            ("/containers/{id}/json", "/containers/nosuch/json", 404),
            (found[2].route.as_str(), "/nothing/here", 404),
        ]
    );
    let listed = &found[0];
    assert_eq!(listed.as_of.unwrap().get().to_string(), shown.header("x-sockerless-as-of"));
    assert!(listed.caller.starts_with("uid:"), "{}", listed.caller);
    assert!(listed.source.starts_with("unix:"), "{}", listed.source);
    assert_eq!((listed.agent.as_str(), listed.method.as_str()), ("test/1", "GET"));
    assert!(found.iter().all(|access| access.query.is_none()));
}

#[tokio::test]
async fn the_policy_request_has_queries_without_secrets() {
    let dir = tempfile::tempdir().unwrap();
    let (api, reads) = start(ReadPolicy::Request, dir.path()).await;
    api.get("/containers/json?all=1&token=hunter2").await;
    let found = put_down(&api, &reads, dir.path(), 1).await;
    assert_eq!(found[0].query.as_deref(), Some("all=1&token=..."));
}

#[tokio::test]
async fn the_policy_none_makes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let at = dir.path().join("reads");
    let (api, reads) = start(ReadPolicy::None, &at).await;
    assert_eq!(api.get("/containers/json").await.status, 200);
    assert_eq!(reads.numbers().written, 0);
    assert!(!at.exists());
}
