//! A server in this process, and a client of it.

use std::{ops::Deref, time::Duration};

use api_docker::{HostInfo, ServerInfo, docker_api};
use api_http::{Server, ServerOptions};
use bytes::Bytes;
use http::{Method, Request, header::CONTENT_TYPE};
use http_body_util::Full;
use journal_domain::{ContainerId, Image};
use journal_log::{Body, CommandBodyV1, Journal, MemoryJournal, Seq};
use journal_reads::AccessLog;
use projector_engine::EngineOptions;
use serde_json::Value;
use tests_inside::Inside;

pub(super) use tests_inside::{BEGIN, Reply, image};

/// A server in this process.
pub(super) struct Api {
    inside: Inside,
    _server: Server,
}

impl Deref for Api {
    type Target = Inside;

    fn deref(&self) -> &Inside {
        &self.inside
    }
}

// === impl Api ===

impl Api {
    /// Starts a server with the image `busybox`.
    pub(super) async fn start() -> Self {
        Self::start_on(MemoryJournal::new(), EngineOptions::default(), AccessLog::off()).await
    }

    /// Starts a server whose reads are put down here.
    pub(super) async fn start_with(reads: AccessLog) -> Self {
        Self::start_on(MemoryJournal::new(), EngineOptions::default(), reads).await
    }

    /// Does the same on a journal of the caller's.
    pub(super) async fn start_on(
        journal: impl Journal + 'static,
        options: EngineOptions,
        reads: AccessLog,
    ) -> Self {
        let inside = Inside::start(journal, options, reads, server(), image(1)).await.unwrap();
        let routes = docker_api(inside.context());
        let server = inside.serve(routes, ServerOptions::default()).await.unwrap();
        Self { inside, _server: server }
    }

    /// Has calls from now on go by a policy.
    pub(super) fn set_policy(&self, text: &str) {
        self.inside.set_policy(text).unwrap();
    }

    /// Puts an image into the state.
    pub(super) async fn add_image(&self, name: &str, image: Image) {
        self.inside.add_image(name, image).await.unwrap();
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str) -> Reply {
        self.call(Method::POST, path, None).await
    }

    pub(super) async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }

    pub(super) async fn post_json(&self, path: &str, body: &Value) -> Reply {
        self.call(Method::POST, path, Some(("application/json", body.to_string().into()))).await
    }

    /// Sends a body of JSON under a key of the client's.
    pub(super) async fn post_once(&self, path: &str, key: &str, body: &Value) -> Reply {
        let body = ("application/json", body.to_string().into());
        self.send(Method::POST, path, &[("Idempotency-Key", key)], Some(body)).await
    }

    /// Sends a request on a connection of its own, and reads the whole answer.
    pub(super) async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<(&str, Bytes)>,
    ) -> Reply {
        self.send(method, path, &[], body).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, Bytes)>,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("host", "docker").header("user-agent", "test/1");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((content_type, _)) = &body {
            request = request.header(CONTENT_TYPE, *content_type);
        }
        let bytes = body.map(|(_, bytes)| bytes).unwrap_or_default();
        let request = request.body(Full::new(bytes)).unwrap();
        tests_inside::send(&self.socket, request).await.unwrap()
    }

    /// Creates a container of `busybox` that sleeps, with `more` in its body, and gives its id.
    pub(super) async fn create(&self, name: &str, more: Value) -> String {
        let mut body = serde_json::json!({"Image": "busybox", "Cmd": ["sleep", "60"]});
        for (field, value) in more.as_object().unwrap() {
            body[field] = value.clone();
        }
        let reply = self.post_json(&format!("/containers/create?name={name}"), &body).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()["Id"].as_str().unwrap().to_owned()
    }

    /// Creates and starts a container.
    pub(super) async fn run(&self, name: &str) -> ContainerId {
        let id = self.create(name, serde_json::json!({})).await;
        assert_eq!(self.post(&format!("/containers/{name}/start")).await.status, 204);
        id.parse().unwrap()
    }

    /// Gives the state of a container as inspect shows it.
    pub(super) async fn state(&self, name: &str) -> Value {
        self.get(&format!("/containers/{name}/json")).await.json()["State"].clone()
    }

    /// Gives the commands on record since `from`, each with its body.
    pub(super) fn records(&self, from: Seq) -> Vec<(Seq, CommandBodyV1)> {
        let reader = self.handle.reader();
        let records = reader.read(from).unwrap().map(|record| record.unwrap());
        records
            .filter_map(|record| {
                let Body::Command(body) = Body::of(&record).unwrap() else { return None };
                Some((record.header.seq, body))
            })
            .collect()
    }

    /// Waits until `look` finds something.
    pub(super) async fn until<T>(&self, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let search = async {
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), search).await.expect("it never came")
    }
}

fn server() -> ServerInfo {
    ServerInfo {
        id: "0123".into(),
        version: "0.1.0".into(),
        commit: "abcdef".into(),
        build_time: "2024-01-01T00:00:00Z".into(),
        compiler: "rustc".into(),
        host: HostInfo {
            name: "host".into(),
            kernel_version: "6.1.0".into(),
            operating_system: "Debian GNU/Linux 12".into(),
            os_version: "12".into(),
            machine: "x86_64".into(),
            cpus: 2,
            memory_bytes: 1 << 30,
            ipv4_forwarding: true,
        },
    }
}
