//! This server as the site of a build: its images, its store, its backend.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use api_types::ProgressMessage;
use async_trait::async_trait;
use backends_build::{Base, BuildError, Fetched, Made, Ran, Run, Site};
use backends_core::{Draft, Shown, StoreLease};
use backends_images::{Lease, LoadedLayer, Reference};
use journal_domain::{
    AddMade, ContainerCommand, ContainerId, Digest, Image, ImageCommand, MadeImage,
    RemoveContainer, TransferId,
};
use journal_log::Timestamp;

use super::{asked::Asked, fetching, programs, teller::Teller};
use crate::{
    call::Call,
    error::ApiError,
    routes::images::{Slots, Transfer, pull_for_build},
    settle,
};

/// The site.
pub(super) struct ServerSite {
    pub(super) call: Call,
    transfer: Arc<Transfer>,
    pub(super) asked: Arc<Asked>,
    pub(super) teller: Teller,
    lease: Arc<Lease>,
    pulls: Slots,
    containers: Mutex<Containers>,
}

/// The containers of a build.
#[derive(Default)]
struct Containers {
    /// Those that are in use.
    open: Vec<ContainerId>,
    /// Those whose removal was asked for.
    going: Vec<ContainerId>,
}

impl ServerSite {
    pub(super) fn new(
        transfer: &Arc<Transfer>,
        asked: Arc<Asked>,
        teller: Teller,
        pulls: Slots,
    ) -> Self {
        let call = transfer.call().clone();
        let lease = Arc::new(call.context().images.lease());
        let (transfer, containers) = (Arc::clone(transfer), Mutex::default());
        Self { call, transfer, asked, teller, lease, pulls, containers }
    }

    /// Gives the identity of the build, which is on record: something that it has done is about to be there.
    pub(super) async fn build(&self) -> Result<TransferId, BuildError> {
        self.transfer.opened().await.map_err(step)?;
        Ok(self.transfer.id())
    }

    /// Notes that a container is in use.
    pub(super) fn opened(&self, id: ContainerId) {
        self.containers().open.push(id);
    }

    /// Notes that a container is left as it is.
    pub(super) fn left(&self, id: ContainerId) {
        self.containers().open.retain(|open| *open != id);
    }

    /// Asks for a container to go. Nobody waits for it before the end.
    pub(super) async fn remove(&self, id: ContainerId) -> Result<(), ApiError> {
        let target = id.to_string();
        let command = RemoveContainer { target, force: true, volumes: true };
        self.call.submit(ContainerCommand::from(command)).await?;
        let mut containers = self.containers();
        containers.open.retain(|open| *open != id);
        containers.going.push(id);
        Ok(())
    }

    /// Removes what a build that was broken off has left, and waits until what goes is gone.
    pub(super) async fn clean_up(&self) {
        let open = std::mem::take(&mut self.containers().open);
        for id in open {
            if let Err(error) = self.remove(id).await {
                tracing::warn!(container = %id, error = error.message(), "a step's container stays");
            }
        }
        let going = std::mem::take(&mut self.containers().going);
        for id in going {
            // It ends with the engine, and the next start removes it.
            let _ = settle::removed(&self.call, id).await;
        }
    }

    /// Gives the lease, which the last record ends.
    pub(super) fn into_lease(self) -> Arc<Lease> {
        self.lease
    }

    /// Gives the lease's number.
    pub(super) fn hold(&self) -> StoreLease {
        StoreLease(self.lease.number())
    }

    fn containers(&self) -> MutexGuard<'_, Containers> {
        self.containers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the rest of what is known of an image of the state.
    async fn base_of(&self, image: Arc<Image>) -> Result<Base, BuildError> {
        // A few kilobytes, which a build that does nothing reads for each step: a thread for each would take longer.
        let config = self.call.context().images.config(api_shown::stored(image.id));
        let config = config.map_err(failed)?;
        Ok(Base { id: image.id, config, layers: image.layers.clone() })
    }

    fn find(&self, name: &str) -> Option<Arc<Image>> {
        let world = self.call.world();
        world.state.find_image(name, api_shown::image_name(name).as_ref()).ok().cloned()
    }
}

#[async_trait]
impl Site for ServerSite {
    fn now(&self) -> Timestamp {
        self.call.now()
    }

    async fn say(&self, text: String) -> Result<(), BuildError> {
        self.teller.say(text).await;
        if self.teller.is_heard() { Ok(()) } else { Err(BuildError::Cancelled) }
    }

    async fn tell(&self, id: Digest) -> Result<(), BuildError> {
        let aux = Some(serde_json::json!({ "ID": id.to_string() }));
        let message = ProgressMessage { aux, ..ProgressMessage::default() };
        self.teller.progress(&message).await;
        Ok(())
    }

    async fn base(
        &self,
        name: &str,
        platform: Option<&str>,
        fresh: bool,
    ) -> Result<Base, BuildError> {
        let wanted = platform.map(api_asked::platform).transpose().map_err(failed)?;
        let fits = |image: &Arc<Image>| {
            let actual = api_asked::platform_of(image);
            wanted.as_ref().is_none_or(|wanted| {
                (&wanted.os, &wanted.architecture) == (&actual.os, &actual.architecture)
            })
        };
        if let Some(image) = self.find(name).filter(|image| !fresh && fits(image)) {
            return self.base_of(image).await;
        }
        self.build().await?;
        let reference = Reference::parse(name).map_err(failed)?.canonical();
        let credentials = self.asked.credentials_for(reference.domain());
        let teller = &self.teller;
        let tell = |message: ProgressMessage| async move { teller.progress(&message).await };
        let pulled =
            pull_for_build(&self.call, self.pulls.clone(), reference, wanted, credentials, tell);
        let image = pulled.await.map_err(step)?;
        let missing = || BuildError::step(format!("{name} was removed while it was fetched"));
        let image = self.call.world().state.images().get(&image).cloned();
        self.base_of(image.ok_or_else(missing)?).await
    }

    async fn here(&self, name: &str) -> Option<Base> {
        self.base_of(self.find(name)?).await.ok()
    }

    async fn cached(
        &self,
        parent: Option<Digest>,
        key: Digest,
    ) -> Result<Option<Base>, BuildError> {
        let found = self.call.world().state.images().made_by(parent, &key).cloned();
        match found {
            Some(image) => Ok(Some(self.base_of(image).await?)),
            None => Ok(None),
        }
    }

    async fn keep(&self, made: Vec<Made>) -> Result<(), BuildError> {
        let transfer = self.build().await?;
        let (store, lease) = (Arc::clone(&self.call.context().images), Arc::clone(&self.lease));
        let lineage: Vec<_> = made.iter().map(|made| (made.parent, made.cache_key)).collect();
        let images: Vec<_> = made
            .into_iter()
            .map(|made| {
                let layers = made.image.layers.iter().map(api_shown::stored_layer);
                (made.image.config, layers.collect::<Vec<LoadedLayer>>())
            })
            .collect();
        let kept = tokio::task::spawn_blocking(move || store.make_all(images, &lease)).await;
        let kept = kept.map_err(failed)?.map_err(failed)?;
        let images = kept.into_iter().zip(lineage).map(|(loaded, (parent, cache_key))| {
            let (image, _) = api_shown::loaded_image(loaded);
            MadeImage { image, parent, cache_key: Some(cache_key) }
        });
        let images = images.collect();
        let command = AddMade { transfer, images, commit: None, end: None };
        self.call.submit(ImageCommand::from(command)).await.map_err(step)?;
        Ok(())
    }

    async fn run(&self, run: Run) -> Result<Ran, BuildError> {
        programs::run(self, run).await
    }

    async fn show(&self, layers: &[Digest]) -> Result<Arc<dyn Shown>, BuildError> {
        Ok(Arc::from(self.call.context().backend.show(layers).await.map_err(failed)?))
    }

    async fn draft(&self, layers: &[Digest]) -> Result<Box<dyn Draft>, BuildError> {
        self.build().await?;
        self.call.context().backend.draft(layers, self.hold()).await.map_err(failed)
    }

    async fn fetch(&self, url: &str) -> Result<Fetched, BuildError> {
        fetching::fetch(self, url).await
    }
}

/// Makes the error of a step of what went wrong in the server.
pub(super) fn failed(error: impl std::error::Error) -> BuildError {
    BuildError::step(error.to_string())
}

/// Makes the error of a step of an answer that a call would have had.
pub(super) fn step(error: ApiError) -> BuildError {
    BuildError::step(error.message())
}
