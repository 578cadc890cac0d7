//! An archive on its way from the thread that makes it to whoever sends it on.

use backends_core::{ArchiveStream, FilesError};
use backends_images::{PackError, Packing, pack};
use bytes::Bytes;
use futures_util::stream;
use tokio::{
    runtime::Handle,
    sync::mpsc::{self, error::TrySendError},
    task::spawn_blocking,
};
use tokio_util::sync::CancellationToken;

use super::{failed, view::View};

/// Pieces of an archive that wait to be sent, a quarter of a megabyte each.
const PIECES_MAX: usize = 4;

/// What is handed over. The end is said, so that a thread that is gone is not taken for it.
enum Piece {
    Bytes(Bytes),
    Failed(FilesError),
    End,
}

/// Gives an archive of `packing`, which is a part of `view`.
pub(super) fn packed(packing: Packing, view: View) -> ArchiveStream {
    let (sender, receiver) = mpsc::channel(PIECES_MAX);
    let runtime = Handle::current();
    spawn_blocking(move || {
        // The whole of it, not the one field that is used.
        let view = view;
        let cut = &view.hold.cut;
        let send = |piece| send(&runtime, &sender, cut, piece);
        let outcome = match pack(&packing, |bytes| send(Piece::Bytes(bytes))) {
            Ok(()) => Piece::End,
            Err(PackError::Stopped) => return,
            Err(error) => Piece::Failed(failed(&error)),
        };
        // What is in the view goes before it.
        drop(packing);
        send(outcome);
    });
    let next = |receiver: Option<mpsc::Receiver<Piece>>| async move {
        let mut receiver = receiver?;
        match receiver.recv().await.unwrap_or(Piece::Failed(FilesError::Ended)) {
            Piece::Bytes(bytes) => Some((Ok(bytes), Some(receiver))),
            Piece::Failed(error) => Some((Err(error), None)),
            Piece::End => None,
        }
    };
    Box::pin(stream::unfold(Some(receiver), next))
}

/// Hands a piece over; false where nobody takes it, or the container is wanted for something else.
///
/// A client that does not read must not keep a container from being started, so the wait is for both.
fn send(
    runtime: &Handle,
    sender: &mpsc::Sender<Piece>,
    cut: &CancellationToken,
    piece: Piece,
) -> bool {
    if cut.is_cancelled() {
        return false;
    }
    match sender.try_send(piece) {
        Ok(()) => true,
        Err(TrySendError::Closed(_)) => false,
        Err(TrySendError::Full(piece)) => runtime.block_on(async {
            tokio::select! {
                () = cut.cancelled() => false,
                sent = sender.send(piece) => sent.is_ok(),
            }
        }),
    }
}
