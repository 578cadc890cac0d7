//! Writing an archive into a directory of a container.

use std::os::fd::OwnedFd;

use async_trait::async_trait;
use backends_core::{FilesError, UploadStream, WriteFiles, Written};
use backends_images::{ExtractOptions, Fault, extract, pipe};
use futures_util::StreamExt as _;
use journal_domain::Digest;

use super::{blocking, view::View};
use crate::errors::chain;

/// A directory that is about to be written into.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) view: View,
    pub(super) directory: OwnedFd,
    pub(super) keep_kinds: bool,
    /// The user and group that everything gets.
    pub(super) owner: Option<(u32, u32)>,
}

#[async_trait]
impl WriteFiles for Writer {
    async fn take(self: Box<Self>, archive: UploadStream) -> Result<Written, FilesError> {
        let Self { view, directory, keep_kinds, owner } = *self;
        let options = ExtractOptions { keep_kinds, owner, ..ExtractOptions::default() };
        let cut = view.hold.cut.clone();
        // A client that sends nothing must not keep a container from being started.
        let archive = archive.take_until(cut.clone().cancelled_owned()).boxed();
        let (sender, reader) = pipe();
        let taking = blocking(move || {
            let outcome = extract(reader, directory, &options);
            let ended = cut.is_cancelled();
            // The last descriptor of a view goes here: on a thread that may wait for the disk.
            drop(view);
            match outcome {
                Ok(extracted) if !ended => Ok(Written {
                    digest: Digest::from_bytes(extracted.digest.to_bytes()),
                    sent_bytes: extracted.sent_bytes,
                    entries: extracted.entries,
                }),
                Ok(_) => Err(FilesError::Ended),
                Err(_) if ended => Err(FilesError::Ended),
                Err(error) => {
                    let text = chain(&error);
                    Err(match error.fault() {
                        Fault::Content => FilesError::Content(text),
                        Fault::Transport => FilesError::Transport(text),
                        Fault::Store => FilesError::Failed(text),
                    })
                }
            }
        });
        let ((), written) = tokio::join!(sender.send_all(archive), taking);
        written
    }
}
