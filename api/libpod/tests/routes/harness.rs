//! A server in this process, and a client of it.

use std::ops::Deref;

use api_docker::{ServerInfo, docker_api};
use api_http::{Server, ServerOptions};
use api_libpod::{is_stream, libpod_api};
use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use journal_log::MemoryJournal;
use journal_reads::AccessLog;
use projector_engine::EngineOptions;
use serde_json::{Value, json};
use tests_inside::{Inside, Reply, image};
use tokio::net::UnixStream;

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
        let server = ServerInfo { version: "0.1.0".into(), ..ServerInfo::default() };
        let (journal, options) = (MemoryJournal::new(), EngineOptions::default());
        // A removal names what goes: the image alone, and not its layer.
        let mut busybox = image(1);
        busybox.layers = image(2).layers;
        let reads = AccessLog::off();
        let inside = Inside::start(journal, options, reads, server, busybox).await.unwrap();
        let both = libpod_api(docker_api(inside.context()), inside.context());
        let options =
            ServerOptions { assumed_streams: Some(is_stream), ..ServerOptions::default() };
        let server = inside.serve(both, options).await.unwrap();
        Self { inside, _server: server }
    }

    /// Starts one whose calls go by a policy.
    pub(super) async fn start_under(policy: &str) -> Self {
        let api = Self::start().await;
        api.set_policy(policy).unwrap();
        api
    }

    pub(super) async fn connect(&self) -> UnixStream {
        UnixStream::connect(&self.socket).await.unwrap()
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str) -> Reply {
        self.call(Method::POST, path, None).await
    }

    pub(super) async fn post_json(&self, path: &str, body: Value) -> Reply {
        self.call(Method::POST, path, Some(body)).await
    }

    pub(super) async fn delete(&self, path: &str) -> Reply {
        self.call(Method::DELETE, path, None).await
    }

    /// Sends a request as podman's client does: `path` is below its own version, and a body has no type.
    pub(super) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let request = Request::builder().method(method).uri(format!("/v4.3.1/libpod{path}"));
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let request = request.header("host", "d").body(Full::new(bytes)).unwrap();
        tests_inside::send(&self.socket, request).await.unwrap()
    }

    /// Creates a container with more fields of the specification, and gives its id.
    pub(super) async fn create(&self, name: &str, more: Value) -> String {
        let mut spec = json!({ "name": name, "image": "busybox", "command": ["sleep", "60"] });
        for (field, value) in more.as_object().unwrap() {
            spec[field] = value.clone();
        }
        let reply = self.post_json("/containers/create", spec).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        reply.json()["Id"].as_str().unwrap().to_owned()
    }

    /// Creates and starts a container.
    pub(super) async fn run(&self, name: &str, more: Value) -> String {
        let id = self.create(name, more).await;
        let started = self.post(&format!("/containers/{name}/start")).await;
        assert_eq!(started.status, 204, "{}", started.text());
        id
    }
}
