//! What a route that reads can see.

use std::sync::Arc;

use api_types::{ApiVersion, Query};
use backends_core::{Backend, BackendInfo, Directories, Output, RunId};
use backends_images::ImageStore;
use http::{HeaderValue, Method};
use journal_domain::Digest;
use journal_keys::KeyStore;
use journal_log::{Seq, Timestamp};
use projector_containers::{Container, Containers};
use projector_engine::{Feed, ReplayError, World};

use super::Moment;
use crate::{Gate, ServerInfo, call::Call, error::ApiError};

/// A call that reads, at the moment that it looks at.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    call: Call,
    moment: Moment,
}

// === impl Look ===

impl Look {
    pub(crate) const fn new(call: Call, moment: Moment) -> Self {
        Self { call, moment }
    }

    /// Gives the version of the API that the client speaks, or why that is not answered.
    pub(crate) fn version(&self) -> Result<ApiVersion, ApiError> {
        self.call.version()
    }

    /// Gives the method.
    pub(crate) fn method(&self) -> &Method {
        self.call.method()
    }

    /// Gives the forms of an answer that the client takes.
    pub(crate) fn accept(&self) -> Option<&HeaderValue> {
        self.call.accept()
    }

    /// Reads the query string.
    pub(crate) fn query(&self) -> Result<Query, ApiError> {
        self.call.query()
    }

    /// Gives the state at the moment.
    pub(crate) fn world(&self) -> Arc<World<Containers>> {
        match &self.moment {
            Moment::Present => self.call.world(),
            Moment::Past { world, .. } => Arc::clone(world),
        }
    }

    /// Gives the time of the moment.
    pub(crate) fn now(&self) -> Timestamp {
        self.past().unwrap_or_else(|| self.call.now())
    }

    /// Gives the time of the moment where that is past.
    pub(crate) const fn past(&self) -> Option<Timestamp> {
        match &self.moment {
            Moment::Present => None,
            Moment::Past { at, .. } => Some(*at),
        }
    }

    /// Gives the last record that is told of where the moment is past; else there is no last one.
    pub(crate) fn last(&self) -> Option<Seq> {
        match &self.moment {
            Moment::Present => None,
            Moment::Past { world, .. } => Some(world.seq),
        }
    }

    /// Gives the call, for what only the present world can tell; `what` names that for the refusal.
    pub(crate) fn present(&self, what: &str) -> Result<&Call, ApiError> {
        match &self.moment {
            Moment::Present => Ok(&self.call),
            Moment::Past { world, .. } => Err(ApiError::not_kept(what, world.seq)),
        }
    }

    /// Gives a world from before `since`, or the one of the moment, and what has happened after it.
    ///
    /// The feed goes on to the present: [`last`](Self::last) tells where it has to be left.
    pub(crate) async fn history(
        &self,
        since: Option<Timestamp>,
    ) -> Result<(World<Containers>, Feed<Containers>), ReplayError> {
        let handle = &self.call.context().handle;
        let begin = match since {
            Some(since) => handle.world_before(since).await?,
            None => World::clone(&self.world()),
        };
        let feed = handle.feed(begin.seq.next());
        Ok((begin, feed))
    }

    /// Opens the kept output of a container that the moment's state has.
    ///
    /// It goes on to the present too. Of a container that was removed since, nothing is kept.
    pub(crate) fn output(&self, container: &Container) -> Result<Output, ApiError> {
        let context = self.call.context();
        if let Moment::Past { world, .. } = &self.moment
            && context.handle.snapshot().state.container(&container.id).is_none()
        {
            let what =
                format!("the output of container {}, which was removed since", container.name);
            return Err(ApiError::not_kept(&what, world.seq));
        }
        Ok(context.backend.output(container.id)?)
    }

    /// Tells what this server is.
    pub(crate) fn server(&self) -> &ServerInfo {
        &self.call.context().server
    }

    /// Tells what the backend is.
    pub(crate) fn backend(&self) -> Arc<BackendInfo> {
        self.call.context().backend.info()
    }

    /// Returns what the server takes at present.
    pub(crate) fn gate(&self) -> &Gate {
        &self.call.context().gate
    }

    /// Gives the backend itself, for what it is and the places of its volumes.
    pub(crate) fn volumes(&self) -> &dyn Backend {
        &*self.call.context().backend
    }

    /// Names the directories that the files of a run or an image are in, or were in.
    pub(crate) fn directories(&self, layers: &[Digest], run: Option<RunId>) -> Option<Directories> {
        self.call.context().backend.directories(layers, run)
    }

    /// Gives the keys that open sealed values; those of what was removed may be destroyed since.
    pub(crate) fn keys(&self) -> &KeyStore {
        &self.call.context().keys
    }

    /// Gives the store of images, where everything is found by its content.
    pub(crate) fn images(&self) -> &Arc<ImageStore> {
        &self.call.context().images
    }
}
