//! Deletes from the image store what the state does not refer to.

use backends_images::{ImageStore, StoreError, Swept};
use journal_domain::Digest;
use projector_containers::Containers;
use projector_engine::Handle;

/// Deletes from `images` what the state does not refer to and no transfer holds. It blocks.
///
/// That is what transfers have brought that failed, or that the end of a server broke off.
pub fn sweep_images(handle: &Handle<Containers>, images: &ImageStore) -> Result<Swept, StoreError> {
    // From before the look at the state: what a transfer uses after it is not what the state knows.
    let mark = images.mark();
    let world = handle.snapshot();
    let known = world.state.images();
    images.sweep(mark, |digest| known.refers_to(&Digest::from_bytes(digest.to_bytes())))
}
