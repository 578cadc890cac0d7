//! A responder that answers every request with the same bytes: what hyper and the kernel cost on this machine
//! without any work behind them.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use clap::Args;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming, header::CONTENT_TYPE};
use hyper_util::rt::TokioIo;
use tempfile::TempDir;
use tests_conformance::{Process, command, eventually};
use tokio::net::{UnixListener, UnixStream};

/// How long the responder may take to listen.
const READY_LIMIT: Duration = Duration::from_secs(10);

/// Where the responder listens, and what it answers.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The unix socket to listen on.
    #[arg(long)]
    listen: PathBuf,
    /// The status of every answer.
    #[arg(long)]
    status: u16,
    /// The file whose content is every answer's body.
    #[arg(long)]
    body: PathBuf,
}

/// A running responder; it ends with this value.
#[derive(Debug)]
pub(crate) struct Constant {
    process: Process,
    folder: TempDir,
}

impl Constant {
    /// Starts a responder in a process of its own, so that its CPU time can be told from the client's.
    pub(crate) async fn start(status: u16, body: &[u8]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("body");
        std::fs::write(&file, body)?;
        let mut responder = command(std::env::current_exe()?);
        responder.args(["constant", "--status", &status.to_string()]);
        responder.arg("--listen").arg(folder.path().join("socket")).arg("--body").arg(&file);
        let process = Process::start(&mut responder, &folder.path().join("log"))?;
        let started = Self { process, folder };
        let socket = started.socket();
        eventually("the responder listens", READY_LIMIT, async || {
            Ok(UnixStream::connect(&socket).await.ok())
        })
        .await?;
        Ok(started)
    }

    /// The unix socket it listens on.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }
}

/// Serves until the process is ended.
pub(crate) fn serve(options: &Options) -> Result<()> {
    let body = Bytes::from(std::fs::read(&options.body).context("reading the body")?);
    tokio::runtime::Runtime::new()?.block_on(accept(&options.listen, options.status, body))
}

async fn accept(socket: &Path, status: u16, body: Bytes) -> Result<()> {
    let listener = UnixListener::bind(socket).context("listening")?;
    loop {
        let (stream, _) = listener.accept().await?;
        let body = body.clone();
        tokio::spawn(async move {
            let answer = service_fn(move |request| answer(request, status, body.clone()));
            // A client that goes away is no error of the responder.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    status: u16,
    body: Bytes,
) -> Result<Response<Full<Bytes>>, Infallible> {
    // The request's body is read as any server would have to.
    let _ = http_body_util::BodyExt::collect(request.into_body()).await;
    let mut response = Response::new(Full::new(body));
    if let Ok(status) = hyper::StatusCode::from_u16(status) {
        *response.status_mut() = status;
    }
    response
        .headers_mut()
        .insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/json"));
    Ok(response)
}
