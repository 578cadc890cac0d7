//! A responder that answers every request with the same bytes: what hyper and the kernel cost on this machine
//! without any work behind them.

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, body::Incoming};
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
    /// What every answer says of a path in a container, as base64.
    #[arg(long)]
    path_stat: Option<HeaderValue>,
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
        Self::start_with(status, body, None).await
    }

    /// Starts a responder to `docker cp`, which asks for `path_stat`, as base64, before it copies.
    pub(crate) async fn start_archive(body: &[u8], path_stat: &str) -> Result<Self> {
        Self::start_with(200, body, Some(path_stat)).await
    }

    async fn start_with(status: u16, body: &[u8], path_stat: Option<&str>) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("body");
        std::fs::write(&file, body)?;
        let mut responder = command(std::env::current_exe()?);
        responder.args(["constant", "--status", &status.to_string()]);
        responder.arg("--listen").arg(folder.path().join("socket")).arg("--body").arg(&file);
        responder.args(path_stat.map(|stat| format!("--path-stat={stat}")));
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
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = StatusCode::from_u16(options.status)?;
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(stat) = &options.path_stat {
        headers.insert("x-docker-container-path-stat", stat.clone());
    }
    tokio::runtime::Runtime::new()?.block_on(accept(&options.listen, answer))
}

async fn accept(socket: &Path, answer: Response<Full<Bytes>>) -> Result<()> {
    let listener = UnixListener::bind(socket).context("listening")?;
    loop {
        let (stream, _) = listener.accept().await?;
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(|request| answered(request, &answer));
            // A client that goes away is no error of the responder.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answered(
    request: Request<Incoming>,
    answer: &Response<Full<Bytes>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    // The request's body is read as any server would have to.
    let mut body = request.into_body();
    while let Some(Ok(_)) = body.frame().await {}
    Ok(answer.clone())
}
