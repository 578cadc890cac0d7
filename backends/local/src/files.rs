//! The files of containers: looked at, copied out, copied in.
//!
//! All of it is done by this process with descriptors, in a [`View`] of its own for each copy: decision 041. A container
//! that is started or removed waits for its views, see [`gate`].

pub(crate) mod gate;
mod layers;
mod namespace;
mod path;
mod stream;
mod user;
mod view;
mod write;

use std::{io, sync::Arc};

use async_trait::async_trait;
use backends_core::{
    ArchiveStream, Files, FilesError, FilesOf, PathStat, WriteFiles, WriteOptions,
};
use backends_images::Packing;
use rustix::io::Errno;
use tokio::task::spawn_blocking;

use self::{
    path::{ContainerPath, Found},
    user::owner,
    view::Purpose,
    write::Writer,
};
use crate::{LocalBackend, errors::chain};

pub(crate) use namespace::{Namespace, Origin, Overlay};
pub(crate) use view::Shared;

/// Copies that are made at once; others wait for their turn.
///
/// Each keeps a thread for as long as its client takes. The threads are shared with starts, of which there are 512, so
/// that clients that do not read leave enough of them.
pub(crate) const COPIES_AT_ONCE: usize = 64;

#[async_trait]
impl Files for LocalBackend {
    async fn stat_path(&self, files: &FilesOf, path: &str) -> Result<PathStat, FilesError> {
        let view = self.view(files, Purpose::Read).await?;
        let path = ContainerPath::parse(path);
        blocking(move || path.find(view.root())?.stat(view.root(), &path)).await
    }

    async fn read_path(
        &self,
        files: &FilesOf,
        path: &str,
    ) -> Result<(PathStat, ArchiveStream), FilesError> {
        let view = self.view(files, Purpose::Read).await?;
        let path = ContainerPath::parse(path);
        let (view, stat, packing) = blocking(move || {
            let found = path.find(view.root())?;
            let stat = found.stat(view.root(), &path)?;
            let name = path.name().as_bytes().to_vec();
            let packing = match found {
                Found::Directory(directory) => Packing::Directory { directory, name: Some(name) },
                Found::Other { parent, file } => Packing::Single { parent, file, name },
            };
            Ok((view, stat, packing))
        })
        .await?;
        Ok((stat, stream::packed(packing, view)))
    }

    async fn export(&self, files: &FilesOf) -> Result<ArchiveStream, FilesError> {
        let view = self.view(files, Purpose::Export).await?;
        let directory = path::open_root(view.root()).map_err(system)?;
        Ok(stream::packed(Packing::Directory { directory, name: None }, view))
    }

    async fn write_path(
        &self,
        files: &FilesOf,
        path: &str,
        options: WriteOptions,
    ) -> Result<Box<dyn WriteFiles>, FilesError> {
        let purpose = if files.spec.read_only_rootfs { Purpose::Read } else { Purpose::Write };
        let view = self.view(files, purpose).await?;
        let spec = Arc::clone(&files.spec);
        let path = ContainerPath::parse(path);
        let writer = blocking(move || {
            let directory = path.find_directory(view.root())?;
            if spec.read_only_rootfs {
                return Err(FilesError::ReadOnly);
            }
            let owner = if options.to_user { owner(view.root(), &spec.user)? } else { None };
            Ok(Writer { view, directory, keep_kinds: options.keep_kinds, owner })
        });
        Ok(Box::new(writer.await?))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, FilesError> + Send + 'static,
) -> Result<T, FilesError> {
    spawn_blocking(work).await.map_err(|_| FilesError::Failed("the server is ending".to_owned()))?
}

fn system(errno: Errno) -> FilesError {
    failed(&io::Error::from(errno))
}

fn failed(error: &dyn std::error::Error) -> FilesError {
    FilesError::Failed(chain(error))
}
