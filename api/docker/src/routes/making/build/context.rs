//! The context of a build on its way to the disk: sent by the client, or fetched (`remote`) from where it says.

use std::{
    fs::{self, File},
    io::{self, Read},
    sync::Arc,
};

use api_http::BodyStream;
use backends_build::{BuildError, Context, Dockerfile};
use backends_images::{ExtractOptions, Fault, LayerLimits, Spool, UnpackError, Workspace};

use super::{asked::Asked, remote};
use crate::{
    call::Call,
    error::ApiError,
    routes::images::{Failure, feed},
};

/// Everything belongs to root: who owned a file where it came from is nobody's business in an image.
pub(super) const RULES: ExtractOptions = ExtractOptions {
    keep_kinds: false,
    owner: Some((0, 0)),
    mode: None,
    limits: LayerLimits::DEFAULT,
};

/// The name that an archive has for a moment.
const SPOOL: &str = ".context";

/// A context that was taken in, with the Dockerfile that it has.
pub(super) struct Taken {
    pub(super) context: Context,
    pub(super) dockerfile: Dockerfile,
    /// The directory of its files; they go with this.
    pub(super) files: Workspace,
}

impl Taken {
    /// Reads the Dockerfile at a path. What is wrong with it is the client's, for nothing was done yet.
    pub(super) fn read(
        mut context: Context,
        files: Workspace,
        path: &str,
        is_fetched: bool,
    ) -> Result<Self, ApiError> {
        let wrong = |error: BuildError| ApiError::invalid(error.to_string());
        let dockerfile = context.dockerfile(path).map_err(wrong)?;
        context.ignore(path, is_fetched).map_err(wrong)?;
        Ok(Self { context, dockerfile, files })
    }
}

/// Takes the context in.
pub(super) async fn take(call: &Call, asked: &Asked, body: BodyStream) -> Result<Taken, ApiError> {
    let images = Arc::clone(&call.context().images);
    if let Some(remote) = &asked.remote {
        let files = tokio::task::spawn_blocking(move || images.workspace()).await;
        let files = files
            .map_err(|_| ApiError::internal("making a directory panicked"))?
            .map_err(|error| ApiError::internal(error.to_string()))?;
        return remote::fetched(call, asked, remote, files).await;
    }
    let path = asked.dockerfile.clone();
    let taken = feed(body, call.context().gate.clone(), move |bytes| {
        let files = images.workspace().map_err(|error| Failure::of(Fault::Store, &error))?;
        let context = packed(&files, bytes)?;
        Ok(Taken::read(context, files, &path, false))
    });
    let wrong = |failure: Failure| ApiError::transfer_failed(failure.fault, failure.reason);
    taken.await.map_err(wrong)?
}

/// Takes in what a client sends.
fn packed(files: &Workspace, bytes: &mut dyn Read) -> Result<Context, Failure> {
    let failed = |error: io::Error| Failure::of(Fault::Store, &error);
    let wrong = |error: UnpackError| Failure::of(error.fault(), &error);
    let place = files.path().join(SPOOL);
    let file = File::options().read(true).write(true).create_new(true).open(&place);
    let file = file.map_err(failed)?;
    // It has no name from now on: whatever happens, nothing of it is left.
    fs::remove_file(&place).map_err(failed)?;
    let spool = Spool::take(bytes, file, RULES.limits).map_err(wrong)?;
    if spool.listing().is_some() {
        return Context::packed(files.path(), spool, RULES).map_err(failed);
    }
    let root = File::open(files.path()).map_err(failed)?;
    spool.unpack(root.into(), &RULES).map_err(wrong)?;
    Context::open(files.path()).map_err(failed)
}
