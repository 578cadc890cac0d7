//! Everything behind the routes.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, anyhow};
use api_docker::{Context, Gate, PolicySource, PoolRefusals, ServerInfo};
use api_http::{BindOptions, ListenAddress, Listener, NoObserver, Routes, Server, ServerOptions};
use api_policy::Policy;
use backends_core::{Backend, FakeBackend, observations};
use backends_images::{ImageStore, Registry, RegistryOptions};
use backends_reconcile::{Limits, Reconciler};
use journal_domain::{
    AddImages, BridgeConfig, Command, ConfigureBridge, Image, ImageCommand, ImageName, ImageSource,
    NetworkId, OpenTransfer, SystemCommand, TransferId,
};
use journal_keys::KeyStore;
use journal_log::{Actor, Journal, MemorySnapshots, RequestId, Timestamp};
use journal_reads::AccessLog;
use projector_containers::Containers;
use projector_engine::{Clock, Engine, EngineOptions, Handle, ManualClock, Submission};

/// 2024-01-01T00:00:00Z: where the clock stands until a test moves it.
pub const BEGIN: Timestamp = Timestamp::from_unix_nanos(1_704_067_200_000_000_000);

/// Everything behind the routes.
pub struct Inside {
    /// The engine.
    pub handle: Handle<Containers>,
    /// The backend.
    pub fake: Arc<FakeBackend>,
    /// The engine's clock.
    pub clock: Arc<ManualClock>,
    /// The keys of sealed values.
    pub keys: KeyStore,
    /// What is let through.
    pub gate: Gate,
    /// The socket of the routes.
    pub socket: PathBuf,
    context: Context,
    policy: Arc<Mutex<Arc<Policy>>>,
    folder: tempfile::TempDir,
}

impl Inside {
    /// Starts the engine on `journal`, with an image, and everything else but the routes.
    pub async fn start(
        journal: impl Journal + 'static,
        options: EngineOptions,
        reads: AccessLog,
        server: ServerInfo,
        busybox: Image,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let clock = Arc::new(ManualClock::new(BEGIN));
        let snapshots = Arc::new(MemorySnapshots::default());
        let own = clock.clone();
        let (handle, _) =
            Engine::start::<Containers, _>(journal, snapshots, own, options, |error| {
                panic!("{error}")
            })?;
        let (reports, observed) = observations();
        let time = clock.clone();
        let now = Arc::new(move || Clock::now(&*time));
        let fake = FakeBackend::new(folder.path().join("backend"), reports, now);
        let backend: Arc<dyn Backend> = fake.clone();
        let (keys, limits) = (KeyStore::ephemeral(), Limits::default());
        let own = handle.clone();
        let reconciler = Reconciler::new(own, backend.clone(), keys.clone(), observed, limits);
        tokio::spawn(reconciler.run(|| {}));
        let gate = Gate::open();
        let policy = Arc::new(Mutex::new(everybody()?));
        let own = Arc::clone(&policy);
        let source: PolicySource =
            Arc::new(move || Arc::clone(&own.lock().unwrap_or_else(PoisonError::into_inner)));
        let context = Context {
            handle: handle.clone(),
            backend,
            images: Arc::new(ImageStore::open(&folder.path().join("images"))?),
            registry: Arc::new(Registry::new(RegistryOptions::default())),
            keys: keys.clone(),
            reads,
            clock: clock.clone(),
            gate: gate.clone(),
            pool_refusals: PoolRefusals::default(),
            policy: Some(source),
            server: Arc::new(server),
        };
        let socket = folder.path().join("docker.sock");
        let inside = Self { handle, fake, clock, keys, gate, socket, context, policy, folder };
        inside.add_bridge().await?;
        inside.add_image("busybox", busybox).await?;
        Ok(inside)
    }

    /// Gives what routes are made of.
    pub fn context(&self) -> Context {
        self.context.clone()
    }

    /// Serves routes on the socket, as long as the server lives.
    pub async fn serve(&self, routes: impl Routes, options: ServerOptions) -> Result<Server> {
        let address = ListenAddress::Unix(self.socket.clone());
        let listener = Listener::bind(&address, BindOptions::default()).await?;
        Ok(Server::start(vec![listener], routes, options, Arc::new(NoObserver)))
    }

    /// Has calls from now on go by a policy.
    pub fn set_policy(&self, text: &str) -> Result<()> {
        let policy = Arc::new(Policy::from_toml(text).map_err(|error| anyhow!("{error}"))?);
        *self.policy.lock().unwrap_or_else(PoisonError::into_inner) = policy;
        Ok(())
    }

    /// Gives the directory of the image store.
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("images")
    }

    /// Puts an image of the default registry into the state.
    pub async fn add_image(&self, name: &str, image: Image) -> Result<()> {
        let transfer = TransferId::from_bytes(*b"transfer of test");
        let open = OpenTransfer { id: transfer, source: ImageSource::Load, name: String::new() };
        self.submit(ImageCommand::from(open).into()).await?;
        let name = ImageName::from_normalized(format!("docker.io/library/{name}:latest"));
        let images = vec![(Arc::new(image), vec![name])];
        self.submit(ImageCommand::from(AddImages { transfer, images }).into()).await
    }

    async fn add_bridge(&self) -> Result<()> {
        let bridge = BridgeConfig {
            network: NetworkId::from_bytes([9; 32]),
            interface: "docker0".into(),
            subnet: [172, 17, 0, 0].into(),
            prefix_bits: 16,
        };
        self.submit(SystemCommand::from(ConfigureBridge { bridge }).into()).await
    }

    async fn submit(&self, command: Command) -> Result<()> {
        let (actor, request) = (Actor::default(), RequestId::NONE);
        let submission = Submission { actor, request, cause: None, command };
        let submitted = self.handle.submit(submission).await;
        submitted.map(drop).context("a command of the test's own")
    }
}

/// A policy under which everybody may do everything: so that all tests go by one.
fn everybody() -> Result<Arc<Policy>> {
    let text =
        "[[rule]]\nname = 'all'\nwho = ['*']\nallow = ['*']\nmounts = ['/']\nprivileges = ['*']";
    Ok(Arc::new(Policy::from_toml(text).map_err(|error| anyhow!("{error}"))?))
}
