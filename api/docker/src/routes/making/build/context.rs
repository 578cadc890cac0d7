//! The context of a build on its way to the disk: sent by the client, or fetched from where it says.

use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    sync::Arc,
};

use api_http::BodyStream;
use backends_images::{ExtractOptions, Workspace, extract, is_archive};

use super::asked::Asked;
use crate::{
    call::Call,
    error::ApiError,
    routes::images::{Failure, feed},
};

/// Bytes of a context that is fetched. What a client sends is bounded by the limits of archives and by the disk.
const REMOTE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// The name that a Dockerfile has which is fetched alone.
const DOCKERFILE: &str = "Dockerfile";

/// Everything belongs to root: who owned a file where it came from is nobody's business in an image.
const RULES: ExtractOptions = ExtractOptions {
    keep_kinds: false,
    owner: Some((0, 0)),
    mode: None,
    limits: backends_images::LayerLimits::DEFAULT,
};

/// A context that was taken in: its files, the path of its Dockerfile, and whether no client has put it together.
pub(super) type Taken = (Workspace, String, bool);

/// Takes the context in.
pub(super) async fn take(call: &Call, asked: &Asked, body: BodyStream) -> Result<Taken, ApiError> {
    let images = Arc::clone(&call.context().images);
    let files = tokio::task::spawn_blocking(move || images.workspace()).await;
    let files = files
        .map_err(|_| ApiError::internal("making a directory panicked"))?
        .map_err(|error| ApiError::internal(error.to_string()))?;
    let Some(remote) = &asked.remote else {
        let root =
            File::open(files.path()).map_err(|error| ApiError::internal(error.to_string()))?;
        let taken = feed(body, call.context().gate.clone(), move |bytes| {
            let extracted = extract(bytes, root.into(), &RULES);
            extracted.map_err(|error| Failure::of(error.fault(), &error))
        });
        let wrong = |failure: Failure| ApiError::transfer_failed(failure.fault, failure.reason);
        taken.await.map_err(wrong)?;
        return Ok((files, asked.dockerfile.clone(), false));
    };
    fetched(call, asked, remote, files).await
}

async fn fetched(
    call: &Call,
    asked: &Asked,
    remote: &str,
    files: Workspace,
) -> Result<Taken, ApiError> {
    let lower = remote.to_lowercase();
    let is_web = lower.starts_with("http://") || lower.starts_with("https://");
    let is_git = lower.split('#').next().is_some_and(|url| url.ends_with(".git"));
    if !is_web || is_git {
        return Err(ApiError::not_implemented(format!(
            "not built yet: building from a git repository ({remote}); clone it, and send the directory"
        )));
    }
    let place = files.path().join(".fetched");
    let file = File::create_new(&place).map_err(|error| ApiError::internal(error.to_string()))?;
    let mut file = BufWriter::new(file);
    let registry = Arc::clone(&call.context().registry);
    let got = registry.fetch(remote, &mut file, REMOTE_BYTES_MAX, |_, _| {}).await;
    got.map_err(|error| ApiError::invalid(format!("error downloading remote context: {error}")))?;
    file.flush().map_err(|error| ApiError::internal(error.to_string()))?;
    drop(file);
    let dockerfile = asked.dockerfile.clone();
    let unpacked = tokio::task::spawn_blocking(move || {
        let failed = |error: std::io::Error| ApiError::internal(error.to_string());
        if !is_archive(File::open(&place).map_err(failed)?) {
            // Anything else is a Dockerfile, or none that can be read.
            fs::rename(&place, files.path().join(DOCKERFILE)).map_err(failed)?;
            return Ok((files, DOCKERFILE.to_owned(), true));
        }
        let archive = File::open(&place).map_err(failed)?;
        fs::remove_file(&place).map_err(failed)?;
        let root = File::open(files.path()).map_err(failed)?;
        let extracted = extract(archive, root.into(), &RULES);
        extracted.map_err(|error| {
            let failure = Failure::of(error.fault(), &error);
            ApiError::transfer_failed(failure.fault, failure.reason)
        })?;
        Ok((files, dockerfile, true))
    });
    unpacked.await.map_err(|_| ApiError::internal("unpacking the context panicked"))?
}
