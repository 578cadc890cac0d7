//! A context that the client does not send: a git repository, an archive, or a Dockerfile alone.

use std::{
    fs::{self, File},
    io::{BufWriter, Write as _},
    sync::Arc,
};

use backends_build::Context;
use backends_git::{GitError, Source, check_out, is_git};
use backends_images::{Fault, Workspace, extract, is_archive};

use super::{
    asked::Asked,
    context::{RULES, Taken},
};
use crate::{Level, call::Call, error::ApiError, routes::images::Failure};

/// Bytes of a context that is fetched. What a client sends is bounded by the limits of archives and by the disk.
const REMOTE_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// The name that a Dockerfile has which is fetched alone.
const DOCKERFILE: &str = "Dockerfile";

/// What clients write that once sent their files over a connection of their own.
const CLIENT_STREAM: &str = "client-session";

/// Takes in what is fetched, by the kind that the docker daemon takes it for.
pub(super) async fn fetched(
    call: &Call,
    asked: &Asked,
    remote: &str,
    files: Workspace,
) -> Result<Taken, ApiError> {
    let lower = remote.to_lowercase();
    if remote == CLIENT_STREAM {
        return Err(ApiError::invalid(
            "experimental session with v1 builder is no longer supported, use builder version v2 (BuildKit) instead",
        ));
    }
    if is_git(remote) {
        return cloned(call, asked, remote, files).await;
    }
    if lower.starts_with("http://") || lower.starts_with("https://") {
        return downloaded(call, asked, remote, files).await;
    }
    Err(ApiError::invalid(format!("remoteURL ({remote}) could not be recognized as URL")))
}

async fn cloned(
    call: &Call,
    asked: &Asked,
    remote: &str,
    files: Workspace,
) -> Result<Taken, ApiError> {
    let source = Source::parse(remote).map_err(refused)?;
    let gate = call.context().gate.clone();
    let directory = tokio::select! {
        got = check_out(&source, files.path()) => got.map_err(refused)?,
        reason = gate.closed() => return Err(ApiError::refused_at(Level::FreesOnly, &reason)),
    };
    let dockerfile = asked.dockerfile.clone();
    let read = move || Taken::read(Context::from(directory), files, &dockerfile, true);
    let read = tokio::task::spawn_blocking(read).await;
    read.map_err(|_| ApiError::internal("reading the context panicked"))?
}

fn refused(error: GitError) -> ApiError {
    let text = Failure::of(Fault::Store, &error).reason;
    if matches!(error, GitError::Ssh(_)) {
        ApiError::not_implemented(text)
    } else if error.is_of_the_server() {
        ApiError::internal(text)
    } else {
        ApiError::invalid(text)
    }
}

async fn downloaded(
    call: &Call,
    asked: &Asked,
    remote: &str,
    files: Workspace,
) -> Result<Taken, ApiError> {
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
        let taken = |files: Workspace, path: &str| {
            let context = Context::open(files.path()).map_err(failed)?;
            Taken::read(context, files, path, true)
        };
        if !is_archive(File::open(&place).map_err(failed)?) {
            // Anything else is a Dockerfile, or none that can be read.
            fs::rename(&place, files.path().join(DOCKERFILE)).map_err(failed)?;
            return taken(files, DOCKERFILE);
        }
        let archive = File::open(&place).map_err(failed)?;
        fs::remove_file(&place).map_err(failed)?;
        let root = File::open(files.path()).map_err(failed)?;
        let extracted = extract(archive, root.into(), &RULES);
        extracted.map_err(|error| {
            let failure = Failure::of(error.fault(), &error);
            ApiError::transfer_failed(failure.fault, failure.reason)
        })?;
        taken(files, &dockerfile)
    });
    unpacked.await.map_err(|_| ApiError::internal("unpacking the context panicked"))?
}
