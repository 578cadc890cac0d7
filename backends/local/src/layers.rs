//! The layers of images, as the image store has them.

use std::{path::PathBuf, sync::Arc};

use backends_core::{BoundFiles, Directories, EffectError, RunId, StartError};
use backends_images::{Digest as StoredDigest, Mark, StoreError};
use journal_domain::Digest;
use tokio::task::spawn_blocking;

use crate::{LocalBackend, errors::chain};

// === impl LocalBackend ===

impl LocalBackend {
    /// Gives the trees of `layers`, lowest first, as an overlay wants them: the topmost first.
    pub(crate) fn layer_dirs(&self, layers: &[Digest]) -> Result<Vec<PathBuf>, StartError> {
        let store = self.images.layers();
        let dirs = layers.iter().rev().map(|layer| {
            let tree = store.tree(stored(layer));
            if tree.is_dir() {
                return Ok(tree);
            }
            let message = format!("layer {layer} of the image is not on this host");
            Err(StartError { exit_code: 128, message })
        });
        dirs.collect()
    }

    /// Names the directories of layers and of what a container writes, whether they are there yet or not.
    pub(crate) fn name_directories(&self, layers: &[Digest], run: Option<RunId>) -> Directories {
        let (store, layout) = (self.images.layers(), &self.around.layout);
        let shown = |path: PathBuf| {
            let whole = std::path::absolute(&path).unwrap_or(path);
            whole.to_string_lossy().into_owned()
        };
        let bound = |run: RunId| {
            let folder = layout.run(run).files();
            let [resolver, hostname, hosts] =
                std::array::from_fn(|number| shown(folder.join(number.to_string())));
            // In the order of `BOUND_FILES`, in which the shim writes them.
            BoundFiles { resolver, hostname, hosts }
        };
        let trees = layers.iter().rev().map(|layer| shown(store.tree(stored(layer))));
        Directories {
            layers: trees.collect(),
            upper: run.map(|run| shown(layout.upper(run.container))).unwrap_or_default(),
            work: run.map(|run| shown(layout.work(run.container))).unwrap_or_default(),
            bound: run.map(bound).unwrap_or_default(),
        }
    }

    /// Drops layers and configurations that nothing has held since `mark`, and gives those that are not here any more.
    pub(crate) async fn drop_unused(
        &self,
        digests: &[Digest],
        mark: Mark,
    ) -> Result<Vec<Digest>, EffectError> {
        let (images, digests) = (Arc::clone(&self.images), digests.to_vec());
        let dropped = spawn_blocking(move || {
            let mut gone = Vec::new();
            for digest in digests {
                if images.remove_unless_used(stored(&digest), mark)? {
                    gone.push(digest);
                }
            }
            Ok::<_, StoreError>(gone)
        });
        let failed = |error: &dyn std::error::Error| EffectError::Failed(chain(error));
        dropped.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
    }
}

const fn stored(digest: &Digest) -> StoredDigest {
    StoredDigest::from_bytes(*digest.as_bytes())
}
