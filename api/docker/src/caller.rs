//! A call of another API over the same engine: put on record, gated and asked about by policy as Docker's are.

use std::sync::Arc;

use http::{Request, StatusCode};
use journal_domain::{Command, CreatePod, PodPlace};
use projector_containers::{Containers, Key, State};
use projector_engine::{Committed, World};

use crate::{
    Context,
    call::{Call, Head},
    error::ApiError,
    settle,
};

/// Who calls, and what for.
#[derive(Debug, Clone)]
pub struct Caller(Call);

/// What another API adds to a request that it makes of this one: an extension of the request.
#[derive(Debug, Clone)]
pub enum Addition {
    /// An exec begins once its client can read: one that takes what comes with the head for a part of it loses nothing.
    BeginsWhenOpen,
    /// A container is created in a pod.
    InPod(PodPlace),
    /// What is pushed is the image of this name or id, under a name that it need not have.
    PushesImage(String),
    /// A container is created with a pod, whose shared namespaces it holds.
    WithPod(Box<CreatePod>),
}

/// Why a call was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The status of the answer.
    pub status: StatusCode,
    /// The reason in the answer.
    pub message: String,
}

// === impl Caller ===

impl Caller {
    /// Makes the caller of a request.
    pub fn of<B>(context: Arc<Context>, request: &Request<B>) -> Self {
        let version = api_types::ApiVersion::accept(None);
        Self(Call::new(context, Head { point: None, version }, request))
    }

    /// Gives the state as it is now.
    pub fn world(&self) -> Arc<World<Containers>> {
        self.0.world()
    }

    /// Waits until `look` finds in the state what settles the call, or the engine ends.
    pub async fn wait_for<T>(
        &self,
        key: Key,
        look: impl FnMut(&State) -> Option<T> + Send,
    ) -> Result<T, Denied> {
        settle::wait(&self.0, key, look).await.map_err(|error| Denied::of(&error))
    }

    /// Makes a command one record, and waits until that is durable and in the state.
    pub async fn submit(
        &self,
        command: impl Into<Command>,
    ) -> Result<Committed<Containers>, Denied> {
        match self.0.submit(command).await {
            Ok(committed) => Ok(committed),
            Err(error) => Err(self.denied(error).await),
        }
    }

    /// Puts on record that the call is refused before it could become a command.
    pub async fn refuse(&self, status: StatusCode, message: String) -> Denied {
        self.denied(ApiError::of_another(status, message)).await
    }

    async fn denied(&self, error: ApiError) -> Denied {
        Denied::of(&self.0.put_on_record(error).await)
    }
}

// === impl Denied ===

impl Denied {
    fn of(error: &ApiError) -> Self {
        Self { status: error.status(), message: error.message().to_owned() }
    }
}
