//! A server in this process, and a client of it.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};

use api_docker::{Context, Gate, HostInfo, PolicySource, ServerInfo, docker_api};
use api_http::{BindOptions, ListenAddress, Listener, NoObserver, Server, ServerOptions};
use api_policy::Policy;
use backends_core::{Backend, FakeBackend, observations};
use backends_images::{ImageStore, Registry, RegistryOptions};
use backends_reconcile::{Limits, Reconciler};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, header::CONTENT_TYPE};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use journal_domain::{
    AddImages, BridgeConfig, Command, ConfigureBridge, ContainerId, Digest, Image, ImageCommand,
    ImageConfig, ImageName, ImageSource, Layer, NetworkId, OpenTransfer, SystemCommand, TransferId,
};
use journal_keys::KeyStore;
use journal_log::{
    Actor, Body, CommandBodyV1, Journal, MemoryJournal, MemorySnapshots, RequestId, Seq, Timestamp,
};
use journal_reads::AccessLog;
use projector_containers::Containers;
use projector_engine::{Engine, EngineOptions, Handle, ManualClock, Submission};
use serde_json::Value;
use tokio::net::UnixStream;

/// 2024-01-01T00:00:00Z.
pub(super) const BEGIN: Timestamp = Timestamp::from_unix_nanos(1_704_067_200_000_000_000);

/// A server in this process.
pub(super) struct Api {
    pub(super) handle: Handle<Containers>,
    pub(super) fake: Arc<FakeBackend>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) keys: KeyStore,
    pub(super) socket: PathBuf,
    pub(super) gate: Gate,
    policy: Arc<Mutex<Arc<Policy>>>,
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
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(BEGIN));
        let (handle, _) = Engine::start::<Containers, _>(
            journal,
            Arc::new(MemorySnapshots::default()),
            clock.clone(),
            options,
            |error| panic!("{error}"),
        )
        .unwrap();
        let (reports, observed) = observations();
        let time = clock.clone();
        let now = Arc::new(move || projector_engine::Clock::now(&*time));
        let fake = FakeBackend::new(folder.path().join("backend"), reports, now);
        let backend: Arc<dyn Backend> = fake.clone();
        let keys = KeyStore::ephemeral();
        let reconciler = Reconciler::new(
            handle.clone(),
            backend.clone(),
            keys.clone(),
            observed,
            Limits::default(),
        );
        tokio::spawn(reconciler.run(|| {}));
        let gate = Gate::open();
        let policy = Arc::new(Mutex::new(everybody()));
        let own = Arc::clone(&policy);
        let source: PolicySource = Arc::new(move || Arc::clone(&own.lock().unwrap()));
        let context = Context {
            handle: handle.clone(),
            backend,
            images: Arc::new(ImageStore::open(&folder.path().join("images")).unwrap()),
            registry: Arc::new(Registry::new(RegistryOptions::default())),
            keys: keys.clone(),
            reads,
            clock: clock.clone(),
            gate: gate.clone(),
            policy: Some(source),
            server: Arc::new(server()),
        };
        let socket = folder.path().join("docker.sock");
        let address = ListenAddress::Unix(socket.clone());
        let listener = Listener::bind(&address, BindOptions::default()).await.unwrap();
        let server = Server::start(
            vec![listener],
            docker_api(context),
            ServerOptions::default(),
            Arc::new(NoObserver),
        );
        let api = Self { handle, fake, clock, keys, socket, gate, policy, folder, _server: server };
        api.add_bridge().await;
        api.add_image("busybox", image(1)).await;
        api
    }

    /// Has calls from now on go by a policy.
    pub(super) fn set_policy(&self, text: &str) {
        *self.policy.lock().unwrap() = Arc::new(Policy::from_toml(text).unwrap());
    }

    /// Gives the directory of the image store.
    pub(super) fn store(&self) -> PathBuf {
        self.folder.path().join("images")
    }

    /// Puts an image into the state.
    pub(super) async fn add_image(&self, name: &str, image: Image) {
        let transfer = TransferId::from_bytes(*b"transfer of test");
        let open = OpenTransfer { id: transfer, source: ImageSource::Load, name: String::new() };
        self.submit(ImageCommand::from(open).into()).await;
        let name = ImageName::from_normalized(format!("docker.io/library/{name}:latest"));
        let images = vec![(Arc::new(image), vec![name])];
        self.submit(ImageCommand::from(AddImages { transfer, images }).into()).await;
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

    async fn submit(&self, command: Command) {
        let request = RequestId::NONE;
        let submission = Submission { actor: Actor::default(), request, cause: None, command };
        self.handle.submit(submission).await.unwrap();
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
        let stream = UnixStream::connect(&self.socket).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
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
        let response = sender.send_request(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply { status: head.status.as_u16(), headers: head.headers, body }
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

// === impl Reply ===

impl Reply {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// Gives the text of an error.
    pub(super) fn message(&self) -> String {
        self.json()["message"].as_str().unwrap_or_default().to_owned()
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Makes an image of one layer whose identity is `number`.
pub(super) fn image(number: u8) -> Image {
    let digest = Digest::from_bytes([number; 32]);
    Image {
        id: digest,
        layers: vec![Layer { diff_id: digest, blob: digest, size_bytes: 1_000_000 }],
        created: "2023-12-01T00:00:00Z".into(),
        architecture: "amd64".into(),
        os: "linux".into(),
        variant: String::new(),
        author: String::new(),
        comment: String::new(),
        config: ImageConfig {
            env: vec!["PATH=/bin".into()],
            cmd: Some(vec!["sh".into()]),
            labels: BTreeMap::from([("made".into(), "here".into())]),
            ..ImageConfig::default()
        },
        size_bytes: 1_000_000,
    }
}

/// A policy under which everybody may do everything: so all other tests go by one too.
fn everybody() -> Arc<Policy> {
    let text =
        "[[rule]]\nname = 'all'\nwho = ['*']\nallow = ['*']\nmounts = ['/']\nprivileges = ['*']";
    Arc::new(Policy::from_toml(text).unwrap())
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
