//! A server in this process, and a client of it.

use std::{collections::BTreeMap, sync::Arc};

use api_docker::{Context, Gate, ServerInfo, docker_api};
use api_http::{BindOptions, ListenAddress, Listener, NoObserver, Server, ServerOptions};
use api_libpod::{is_stream, libpod_api};
use api_policy::Policy;
use backends_core::{Backend, FakeBackend, observations};
use backends_images::{ImageStore, Registry, RegistryOptions};
use backends_reconcile::{Limits, Reconciler};
use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use journal_domain::{
    AddImages, BridgeConfig, Command, ConfigureBridge, Digest, Image, ImageCommand, ImageConfig,
    ImageName, ImageSource, Layer, NetworkId, OpenTransfer, SystemCommand, TransferId,
};
use journal_keys::KeyStore;
use journal_log::{Actor, MemoryJournal, MemorySnapshots, RequestId, Timestamp};
use journal_reads::AccessLog;
use projector_containers::Containers;
use projector_engine::{Clock, Engine, EngineOptions, Handle, ManualClock, Submission};
use serde_json::{Value, json};
use tokio::net::UnixStream;

/// 2024-01-01T00:00:00Z.
const BEGIN: Timestamp = Timestamp::from_unix_nanos(1_704_067_200_000_000_000);

/// A server in this process.
pub(super) struct Api {
    pub(super) handle: Handle<Containers>,
    pub(super) fake: Arc<FakeBackend>,
    folder: tempfile::TempDir,
    _server: Server,
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

// === impl Api ===

impl Api {
    /// Starts a server with the image `busybox`.
    pub(super) async fn start() -> Self {
        let everything =
            "[[rule]]\nname='all'\nwho=['*']\nallow=['*']\nmounts=['/']\nprivileges=['*']";
        Self::start_under(everything).await
    }

    /// Starts one whose calls go by a policy.
    pub(super) async fn start_under(policy: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(BEGIN));
        let snapshots = Arc::new(MemorySnapshots::default());
        let options = EngineOptions::default();
        let (handle, _) = Engine::start::<Containers, _>(
            MemoryJournal::new(),
            snapshots,
            clock.clone(),
            options,
            |error| panic!("{error}"),
        )
        .unwrap();
        let (reports, observed) = observations();
        let time = clock.clone();
        let fake = FakeBackend::new(
            folder.path().join("backend"),
            reports,
            Arc::new(move || Clock::now(&*time)),
        );
        let backend: Arc<dyn Backend> = fake.clone();
        let keys = KeyStore::ephemeral();
        let (own, limits) = (handle.clone(), Limits::default());
        let reconciler = Reconciler::new(own, backend.clone(), keys.clone(), observed, limits);
        tokio::spawn(reconciler.run(|| {}));
        let policy = Arc::new(Policy::from_toml(policy).unwrap());
        let context = Context {
            handle: handle.clone(),
            backend,
            images: Arc::new(ImageStore::open(&folder.path().join("images")).unwrap()),
            registry: Arc::new(Registry::new(RegistryOptions::default())),
            keys,
            reads: AccessLog::off(),
            clock,
            gate: Gate::open(),
            policy: Some(Arc::new(move || Arc::clone(&policy))),
            server: Arc::new(ServerInfo { version: "0.1.0".into(), ..ServerInfo::default() }),
        };
        let address = ListenAddress::Unix(folder.path().join("sock"));
        let listener = Listener::bind(&address, BindOptions::default()).await.unwrap();
        let both = libpod_api(docker_api(context.clone()), context);
        let options =
            ServerOptions { assumed_streams: Some(is_stream), ..ServerOptions::default() };
        let server = Server::start(vec![listener], both, options, Arc::new(NoObserver));
        let api = Self { handle, fake, folder, _server: server };
        api.add_bridge().await;
        api.add_image().await;
        api
    }

    async fn add_bridge(&self) {
        let bridge = BridgeConfig {
            network: NetworkId::from_bytes([9; 32]),
            interface: "docker0".into(),
            subnet: [172, 17, 0, 0].into(),
            prefix_bits: 16,
        };
        self.submit(SystemCommand::from(ConfigureBridge { bridge }).into()).await;
    }

    async fn add_image(&self) {
        let transfer = TransferId::from_bytes(*b"transfer of test");
        let open = OpenTransfer { id: transfer, source: ImageSource::Load, name: String::new() };
        self.submit(ImageCommand::from(open).into()).await;
        let name = ImageName::from_normalized("docker.io/library/busybox:latest");
        let images = vec![(Arc::new(busybox()), vec![name])];
        self.submit(ImageCommand::from(AddImages { transfer, images }).into()).await;
    }

    async fn submit(&self, command: Command) {
        let (actor, request) = (Actor::default(), RequestId::NONE);
        let submission = Submission { actor, request, cause: None, command };
        self.handle.submit(submission).await.unwrap();
    }

    pub(super) async fn connect(&self) -> UnixStream {
        UnixStream::connect(self.folder.path().join("sock")).await.unwrap()
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
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(self.connect().await)).await.unwrap();
        tokio::spawn(connection);
        let request = Request::builder().method(method).uri(format!("/v4.3.1/libpod{path}"));
        let bytes = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let request = request.header("host", "d").body(Full::new(bytes)).unwrap();
        let (head, body) = sender.send_request(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply { status: head.status.as_u16(), headers: head.headers, body }
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

// === impl Reply ===

impl Reply {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }
}

fn busybox() -> Image {
    let layer = Digest::from_bytes([2; 32]);
    Image {
        id: Digest::from_bytes([1; 32]),
        layers: vec![Layer { diff_id: layer, blob: layer, size_bytes: 1_000_000 }],
        created: "2023-12-01T00:00:00Z".into(),
        architecture: "amd64".into(),
        os: "linux".into(),
        variant: String::new(),
        author: String::new(),
        comment: String::new(),
        config: ImageConfig {
            cmd: Some(vec!["sh".into()]),
            labels: BTreeMap::from([("made".into(), "here".into())]),
            ..ImageConfig::default()
        },
        size_bytes: 1_000_000,
    }
}
