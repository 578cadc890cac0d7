//! The page over a server in this process: what it tells, of which point, and to whom.

use std::{sync::Arc, time::Duration};

use api_docker::{Context, Gate, Level, ServerInfo, docker_api};
use api_http::{Identity, Server, ServerOptions, TokenKeeper, TurnedAway, warp_service};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use journal_domain::{Command, Pool, PoolCommand, SetPools};
use journal_keys::KeyStore;
use journal_log::{Actor, MemoryJournal, RequestId, Timestamp};
use journal_reads::{AccessLog, Entry, Found, ReadPolicy, ReadsOptions};
use projector_engine::{EngineOptions, Submission};
use serde_json::{Value, json};
use tests_inside::{Inside, Reply, image};

use super::{PageDoor, PageSource, TenantLine, target::Target, with_page};
use crate::{AuditDoor, Metrics, Readiness, operations};

/// The one token that is good.
const TOKEN: &str = "skl_good";

/// How long what is done beside an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Knows one holder.
#[derive(Debug)]
struct OneHolder;

impl TokenKeeper for OneHolder {
    fn holder(&self, token: &str) -> Result<Identity, TurnedAway> {
        if token != TOKEN {
            return Err(TurnedAway("the token is not known".into()));
        }
        Ok(Identity { principal: "token:eve".into(), groups: Vec::new(), credential: "1".into() })
    }
}

/// A server in this process with the page beside the operations' routes.
struct Page {
    inside: Inside,
    door: PageDoor,
    _server: Server,
}

impl Page {
    async fn start() -> Self {
        Self::closed().await.opened()
    }

    fn opened(self) -> Self {
        let context = self.inside.context();
        let gate = Gate::open();
        gate.set(Level::ReadOnly, "nothing is changed by the page");
        let own = Context { gate, keys: KeyStore::closed(), ..context.clone() };
        let source = PageSource::new(context.handle, context.clock, "fake", docker_api(own));
        assert!(self.door.set(source).is_ok());
        self
    }

    /// Starts one whose log is still being read.
    async fn closed() -> Self {
        Self::closed_with(AccessLog::off()).await
    }

    async fn closed_with(reads: AccessLog) -> Self {
        let (journal, options) = (MemoryJournal::new(), EngineOptions::default());
        let server = ServerInfo::default();
        let inside = Inside::start(journal, options, reads, server, image(1)).await.unwrap();
        let door = PageDoor::default();
        let metrics = Arc::new(Metrics::new().unwrap());
        let own = operations(metrics, Readiness::new(), Some(AuditDoor::default()));
        let routes = with_page(warp_service(own), Arc::clone(&door));
        let tokens: Arc<dyn TokenKeeper> = Arc::new(OneHolder);
        let options = ServerOptions { tokens: Some(tokens), ..ServerOptions::default() };
        let server = inside.serve(routes, options).await.unwrap();
        Self { inside, door, _server: server }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::new())).unwrap();
        tests_inside::send(&self.inside.socket, request).await.unwrap()
    }

    /// Asks as the page does.
    async fn get(&self, path: &str) -> Reply {
        let token = format!("Bearer {TOKEN}");
        let headers = [("host", "localhost:9417"), ("authorization", token.as_str())];
        self.send(Method::GET, path, &headers).await
    }

    async fn world(&self, point: &str) -> Value {
        let reply = self.get(&format!("/page{point}/world")).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    fn head(&self) -> u64 {
        self.inside.handle.snapshot().seq.get()
    }

    async fn submit(&self, command: impl Into<Command>) {
        let actor = Actor { principal: "uid:0".into(), ..Actor::default() };
        let (request, command) = (RequestId::NONE, command.into());
        let submission = Submission { actor, request, cause: None, command };
        self.inside.handle.submit(submission).await.unwrap();
    }

    async fn set_pool(&self, queue_max: u32) {
        let pool = Pool {
            name: "ci".parse().unwrap(),
            running_max: 1.try_into().ok(),
            queue_max,
            nano_cpus: None,
            memory_bytes: None,
            tenants: Vec::new(),
        };
        self.submit(PoolCommand::from(SetPools { pools: vec![pool] })).await;
    }
}

#[tokio::test]
async fn a_world_is_told_as_it_is_and_as_it_was() {
    let page = Page::start().await;
    page.set_pool(7).await;
    let before = page.head();
    page.set_pool(9).await;
    let world = page.world("").await;
    assert_eq!(world["at"]["seq"], json!(page.head()));
    assert_eq!((&world["backend"], &world["containers"]), (&json!("fake"), &json!([])));
    assert_eq!(world["pools"][0]["queue_max"], json!(9));
    assert_eq!(
        (&world["pools"][0]["name"], &world["pools"][0]["queue"]),
        (&json!("ci"), &json!([]))
    );
    let world = page.world(&format!("/at/{before}")).await;
    assert_eq!(world["at"]["seq"], json!(before));
    assert_eq!(world["pools"][0]["queue_max"], json!(7));
}

#[tokio::test]
async fn a_summary_is_of_the_same_points_as_the_world() {
    let page = Page::start().await;
    page.set_pool(7).await;
    let before = page.head();
    page.set_pool(9).await;
    for (path, seq, queue_max) in [
        ("/page/summary".to_owned(), page.head(), 9),
        (format!("/page/at/{before}/summary"), before, 7),
    ] {
        let told = page.get(&path).await.json();
        assert_eq!((&told["at"]["seq"], &told["containers"]), (&json!(seq), &json!(0)), "{told}");
        let pool = &told["pools"][0];
        assert_eq!((&pool["name"], &pool["queue_max"]), (&json!("ci"), &json!(queue_max)));
        assert_eq!((&pool["running"], &pool["waiting"]), (&json!(0), &json!(0)));
    }
}

#[tokio::test]
async fn tenants_are_told_to_who_may_see_the_page() {
    let closed = Page::closed().await;
    let context = closed.inside.context();
    let (handle, clock) = (context.handle.clone(), Arc::clone(&context.clock));
    let source = PageSource::new(handle, clock, "fake", docker_api(context)).with_tenants(|| {
        vec![TenantLine { name: "red".into(), members: vec!["cert:alice".into()], up: true }]
    });
    assert!(closed.door.set(source).is_ok());
    let told = closed.get("/page/tenants").await.json();
    assert_eq!(told, json!([{"name": "red", "members": ["cert:alice"], "up": true}]));
    let reply = closed.send(Method::GET, "/page/tenants", &[("host", "localhost")]).await;
    assert_eq!(reply.status, 401);
    assert_eq!(Page::start().await.get("/page/tenants").await.json(), json!([]));
}

#[tokio::test]
async fn records_are_told_up_to_the_point_with_who_did_it() {
    let page = Page::start().await;
    page.set_pool(7).await;
    let before = page.head();
    page.set_pool(9).await;
    let told = page.get(&format!("/page/at/{before}/records?count=1")).await.json();
    assert_eq!(told.as_array().map(Vec::len), Some(1));
    let told = &told[0];
    assert_eq!((&told["seq"], &told["who"]), (&json!(before), &json!("uid:0")));
    assert_eq!((&told["command"], &told["events"][0]), (&json!("pool.set"), &json!("pool.set")));
    let told = page.get("/page/records?more=%31&count=%31").await.json();
    assert_eq!(told.as_array().map(Vec::len), Some(1), "{told}");
    let told = page.get("/page/records").await.json();
    assert_eq!(told[0]["seq"], json!(page.head()));
}

#[tokio::test]
async fn the_range_has_the_first_record_and_the_head_with_times() {
    let page = Page::start().await;
    page.set_pool(7).await;
    let range = page.get("/page/range").await.json();
    assert_eq!((&range["first"], &range["head"]["seq"]), (&json!(1), &json!(page.head())));
    let marks = range["marks"].as_array().unwrap();
    assert!(marks.len() > 1 && marks[0]["time"].is_string(), "{range}");
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_words_of_the_docker_api() {
    let page = Page::start().await;
    for (path, status, message) in [
        ("/page/at/999/world", 400, "record 999 has not been written"),
        ("/page/at/soon/world", 400, "soon"),
        ("/page/records?count=x", 400, "the query is not understood: invalid digit"),
        ("/page/records?count=-1", 400, "the query is not understood: invalid digit"),
        ("/page/at/1/records?count=", 400, "the query is not understood: cannot parse"),
        ("/page/records?count=1&count=2", 400, "the query is not understood: duplicate field"),
        ("/page/containers/web/json", 404, "No such container: web"),
        ("/page/at/1/range", 404, "page not found"),
        ("/page/at/1/tenants", 404, "page not found"),
        ("/page/containers/web/archive", 404, "page not found"),
        ("/page/containers/a%2fb/json", 404, "page not found"),
        ("/page/info", 404, "page not found"),
        ("/page/at/1", 404, "page not found"),
    ] {
        let reply = page.get(path).await;
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
        assert!(reply.message().contains(message), "{path}: {}", reply.text());
    }
}

#[tokio::test]
async fn nothing_is_shown_without_a_token_and_nothing_is_changed_with_one() {
    let page = Page::start().await;
    let (host, good) = (("host", "127.0.0.1:9417"), format!("Bearer {TOKEN}"));
    let reply = page.send(Method::GET, "/page/world", &[host]).await;
    assert_eq!((reply.status, reply.header("www-authenticate")), (401, "Bearer"));
    let reply =
        page.send(Method::GET, "/page/world", &[host, ("authorization", "Bearer bad")]).await;
    assert_eq!((reply.status, reply.message().as_str()), (401, "the token is not known"));
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::HEAD] {
        let headers = [host, ("authorization", good.as_str())];
        let reply = page.send(method.clone(), "/page/world", &headers).await;
        assert_eq!((reply.status, reply.header("allow")), (405, "GET"), "{method}");
    }
}

#[tokio::test]
async fn a_policy_holds_for_the_page_too() {
    let page = Page::start().await;
    page.inside
        .set_policy("[[rule]]\nname = 'ci'\nwho = ['token:eve']\nallow = ['read.containers']")
        .unwrap();
    let reply = page.get("/page/world").await;
    assert_eq!(reply.status, 403);
    assert!(reply.message().contains("may not read.system"), "{}", reply.text());
    page.inside
        .set_policy("[[rule]]\nname = 'all'\nwho = ['token:eve']\nallow = ['read.*']")
        .unwrap();
    assert_eq!(page.get("/page/world").await.status, 200);
}

#[tokio::test]
async fn a_look_is_put_down_once_and_a_refusal_too() {
    let dir = tempfile::tempdir().unwrap();
    let options = ReadsOptions { policy: ReadPolicy::Metadata, ..ReadsOptions::new(dir.path()) };
    let reads = AccessLog::start(options, || Timestamp::ZERO).unwrap();
    let page = Page::closed_with(reads.clone()).await.opened();
    let put_down = async |count: u64| {
        let written = async {
            while reads.numbers().written < count {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, written).await.expect("it is put down");
        let found = journal_reads::entries(dir.path()).unwrap().map(|found| match found {
            Ok(Found::Entry(Entry::Access(access))) => (access.path, access.status, access.caller),
            other => panic!("{other:?}"),
        });
        found.collect::<Vec<_>>()
    };
    let entry = |path: &str, status: u16| (path.to_owned(), status, "token:eve".to_owned());
    assert_eq!(page.get("/page/world").await.status, 200);
    assert_eq!(page.get("/page/at/1/records?count=1").await.status, 200);
    let listed = [entry("/containers/json", 200), entry("/at/1/containers/json", 200)];
    assert_eq!(put_down(2).await, listed);
    page.inside
        .set_policy("[[rule]]\nname = 'ci'\nwho = ['token:eve']\nallow = ['read.containers']")
        .unwrap();
    assert_eq!(page.get("/page/world").await.status, 403);
    assert_eq!(put_down(3).await[2], entry("/info", 403));
}

#[tokio::test]
async fn the_files_are_for_everybody_and_let_nothing_foreign_in() {
    let page = Page::closed().await;
    let host = ("host", "localhost");
    let reply = page.send(Method::GET, "/", &[host]).await;
    assert_eq!((reply.status, reply.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = reply.header("content-security-policy").to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let tag = reply.header("etag").to_owned();
    let again = page.send(Method::GET, "/", &[host, ("if-none-match", &tag)]).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    // Each file that the page names is there.
    let text = reply.text();
    let named: Vec<&str> = text.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert!(named.len() > 1, "{text}");
    for name in named {
        let file = page.send(Method::GET, name, &[host]).await;
        assert_eq!(file.status, 200, "{name}");
        assert!(file.header("cache-control").contains("immutable"), "{name}");
        assert_eq!(file.header("x-content-type-options"), "nosniff", "{name}");
    }
    assert_eq!(page.send(Method::GET, "/assets/../index.html", &[host]).await.status, 404);
    assert_eq!(page.get("/page/world").await.status, 503);
}

#[test]
fn other_paths_are_none_of_the_page() {
    for path in ["/healthz", "/metrics", "/audit/key", "/pages", "/containers/json", "/page"] {
        assert_eq!(Target::of(path), None, "{path}");
    }
}
