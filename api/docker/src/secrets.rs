//! Values of variables are sealed before they become part of a command: no record has them in plain.

use journal_domain::{Command, KeyId, SealedEnvironment};
use journal_keys::{KeyStore, OpenError};
use projector_containers::Containers;
use projector_engine::Committed;

use crate::{
    call::Call,
    error::{ApiError, OnRecord},
};

/// Takes the values out of `environment`, and seals them under the container's key, or a fresh one where it has none.
pub(crate) async fn seal(
    call: &Call,
    known: Option<KeyId>,
    environment: &mut [String],
) -> Result<Option<SealedEnvironment>, ApiError> {
    if environment.iter().all(|variable| journal_keys::is_plain(variable)) {
        return Ok(None);
    }
    let keys = &call.context().keys;
    if let Some(key) = known {
        match keys.seal_environment(key, environment) {
            // It is destroyed meanwhile: the command will find the container gone.
            Err(OpenError::NoKey(_)) => {}
            sealed => return sealed.map_err(unsealable),
        }
    }
    let key = take(keys).await?;
    keys.seal_environment(key, environment).map_err(|error| {
        keys.discard(key);
        unsealable(error)
    })
}

/// Submits a command whose values are sealed under a key that nobody else uses; a refusal leaves no use for it.
pub(crate) async fn submit(
    call: &Call,
    command: impl Into<Command>,
    key: Option<KeyId>,
) -> Result<Committed<Containers>, ApiError> {
    let submitted = call.submit(command).await;
    if let (Err(error), Some(key)) = (&submitted, key)
        && error.record() != OnRecord::Impossible
    {
        call.context().keys.discard(key);
    }
    submitted
}

/// Takes a key that is durable; only when the spare ones are used up does it wait for a sync.
async fn take(keys: &KeyStore) -> Result<KeyId, ApiError> {
    if let Some(key) = keys.try_take() {
        return Ok(key);
    }
    let keys = keys.clone();
    let taken = tokio::task::spawn_blocking(move || keys.take()).await;
    let taken = taken.map_err(|_| ApiError::internal("taking a key panicked"))?;
    taken.map_err(|error| ApiError::internal(format!("the environment cannot be sealed: {error}")))
}

fn unsealable(error: OpenError) -> ApiError {
    match error {
        OpenError::TooLong => ApiError::invalid("the environment is longer than a record"),
        OpenError::NoKey(_) | OpenError::Broken(_) => {
            ApiError::internal(format!("the environment cannot be sealed: {error}"))
        }
    }
}
