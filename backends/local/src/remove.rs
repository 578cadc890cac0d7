//! Removing what is left of a container.

use std::{sync::Arc, time::Duration};

use backends_core::{EffectError, RunId};
use journal_domain::ContainerId;
use tokio::{task::spawn_blocking, time::timeout};

use crate::{
    LocalBackend,
    errors::chain,
    run::Surroundings,
    shim::is_held,
    trash::{delete_unread, discard_log},
    wipe::wipe,
};

/// The longest wait for a shim whose container has ended: it unmounts and removes control groups, which takes
/// milliseconds. The reconciler tries again after a failure, so this need not cover every case.
const CLEAN_UP_MAX: Duration = Duration::from_secs(10);

// === impl LocalBackend ===

impl LocalBackend {
    /// Removes a container's files, output and traces.
    pub(crate) async fn remove_container(&self, container: ContainerId) -> Result<(), EffectError> {
        if let Some(held) = self.registry.run(container) {
            timeout(CLEAN_UP_MAX, held.gone())
                .await
                .map_err(|_| EffectError::Failed("the container still runs".to_owned()))?;
        }
        let slot = self.registry.slot(container);
        let _closed = slot.gate.close().await;
        let around = Arc::clone(&self.around);
        let trash = spawn_blocking(move || remove(&around, container)).await.map_err(failed)??;
        let slot = self.registry.forget(container);
        match (trash, slot) {
            (Some(trash), Some(slot)) if slot.grown.receiver_count() > 0 => {
                delete_unread(trash, slot);
            }
            (Some(trash), _) => {
                spawn_blocking(move || wipe(&trash)).await.map_err(failed)?.map_err(failed)?;
            }
            (None, _) => {}
        }
        Ok(())
    }

    /// Kills what a container left running and removes its control groups.
    pub(crate) async fn sweep(&self, container: ContainerId) -> Result<(), EffectError> {
        let around = Arc::clone(&self.around);
        let swept = spawn_blocking(move || around.host.sweep(&around.layout, container)).await;
        swept.map_err(failed)?.map_err(failed)
    }
}

/// Removes everything but the output, which it moves out of the way. The runs go last: they tell of the others.
fn remove(
    around: &Surroundings,
    container: ContainerId,
) -> Result<Option<std::path::PathBuf>, EffectError> {
    let layout = &around.layout;
    for incarnation in layout.incarnations(container).map_err(failed)? {
        if is_held(&layout.run(RunId { container, incarnation })).map_err(failed)? {
            return Err(EffectError::Failed("the container still runs".to_owned()));
        }
    }
    around.host.sweep(layout, container).map_err(failed)?;
    wipe(&layout.writable(container)).map_err(failed)?;
    let trash = discard_log(layout, container).map_err(failed)?;
    wipe(&layout.runs(container)).map_err(failed)?;
    Ok(trash)
}

fn failed(error: impl std::error::Error + 'static) -> EffectError {
    EffectError::Failed(chain(&error))
}
