//! The client against registries in this process: good ones, and such as nobody should trust.

mod auth;
mod fake;
mod fetch;
mod hostile;
mod pull;
mod push;
mod redirects;

use std::{sync::Arc, time::Duration};

use tokio::sync::mpsc;

use self::fake::Fake;
use super::{
    Credentials, Progress, PullOptions, PullStep, Pulled, Registry, RegistryError, RegistryOptions,
    retry::Pauses,
};
use crate::{
    limits::LayerLimits,
    platform::Platform,
    reference::Reference,
    store::ImageStore,
    tests::{chain, paths},
};

/// A store and a client, which pulls from a registry in this process.
struct Rig {
    folder: tempfile::TempDir,
    store: Arc<ImageStore>,
    registry: Registry,
    fake: Fake,
    credentials: Credentials,
    platform: Platform,
    limits: LayerLimits,
}

impl Rig {
    fn new(fake: Fake) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(ImageStore::open(folder.path()).unwrap());
        let mut registry = Registry::new(RegistryOptions::default());
        // Long enough to be seen, and short enough for a test.
        registry.pauses = Pauses { first: Duration::from_millis(1) };
        let platform =
            Platform { os: "linux".into(), architecture: "amd64".into(), variant: String::new() };
        let limits = LayerLimits::default();
        let credentials = Credentials::Anonymous;
        Self { folder, store, registry, fake, credentials, platform, limits }
    }

    fn with(mut self, credentials: Credentials) -> Self {
        self.credentials = credentials;
        self
    }

    fn reference(&self, rest: &str) -> Reference {
        Reference::parse(&format!("{}/{rest}", self.fake.address)).unwrap()
    }

    /// Pulls, and gives the steps that were told.
    async fn pull(&self, rest: &str) -> (Result<Pulled, RegistryError>, Vec<PullStep>) {
        let options = PullOptions {
            reference: self.reference(rest),
            platform: self.platform.clone(),
            credentials: self.credentials.clone(),
            limits: self.limits,
        };
        let (sender, mut steps) = mpsc::channel(1000);
        let lease = Arc::new(self.store.lease());
        let progress = Progress::new(sender);
        let pulled = self.registry.pull(&self.store, &options, &lease, &progress).await;
        drop(progress);
        let mut told = Vec::new();
        while let Some(step) = steps.recv().await {
            told.push(step);
        }
        (pulled, told)
    }

    /// Pulls what must fail, sees that nothing is left of it, and gives the reason.
    async fn refused(&self, rest: &str) -> String {
        let (pulled, _) = self.pull(rest).await;
        let error = pulled.unwrap_err();
        assert_eq!(self.left(), ["blobs", "blobs/sha256", "layers"], "{}", chain(&error));
        chain(&error)
    }

    fn left(&self) -> Vec<String> {
        paths(self.folder.path())
    }
}
