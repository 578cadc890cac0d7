//! An archive from the thread that makes it to the one that reads it.

use std::{
    io::{self, Read},
    sync::mpsc::{Receiver, sync_channel},
    thread,
};

use bytes::{Buf as _, Bytes};
use rustix::fd::OwnedFd;

use crate::{
    extract::{ExtractOptions, extract},
    pack::{PackError, Packing, pack},
    unpack::UnpackError,
};

/// Pieces on their way, a quarter of a megabyte each.
const PIECES_MAX: usize = 4;

/// The reading end.
pub(crate) struct Pieces {
    receiver: Receiver<Bytes>,
    piece: Bytes,
}

/// Tells why files could not be copied.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// They could not be read.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// They could not be written.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
}

/// Has `make` make an archive on a thread of its own and `read` read it; gives what both give.
pub(crate) fn piped<M: Send, R>(
    make: impl FnOnce(&mut dyn FnMut(Bytes) -> bool) -> Result<M, PackError> + Send,
    read: impl FnOnce(Pieces) -> R,
) -> (Result<M, PackError>, R) {
    let (sender, receiver) = sync_channel(PIECES_MAX);
    thread::scope(|scope| {
        let making = scope.spawn(move || make(&mut |piece| sender.send(piece).is_ok()));
        let read = read(Pieces { receiver, piece: Bytes::new() });
        (making.join().unwrap_or(Err(PackError::Stopped)), read)
    })
}

/// Copies what is packed into a directory, by the rules of an archive that is extracted there.
pub fn transfer(
    packing: &Packing,
    directory: OwnedFd,
    options: &ExtractOptions,
) -> Result<(), TransferError> {
    let (packed, extracted) =
        piped(|send| pack(packing, send), |pieces| extract(pieces, directory, options));
    // Whoever reads no more says why.
    match packed {
        Err(PackError::Stopped) => {}
        packed => packed?,
    }
    extracted?;
    Ok(())
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            // The other thread says itself why nothing more comes.
            let Ok(piece) = self.receiver.recv() else { return Ok(0) };
            self.piece = piece;
        }
        let length = self.piece.len().min(buffer.len());
        self.piece.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}
