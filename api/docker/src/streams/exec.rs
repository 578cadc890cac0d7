//! `docker exec`, second half: `POST /exec/{id}/start`.

use std::{pin::Pin, time::Duration};

use api_http::{Hijack, HijackedStream, hijack};
use api_types::{DetachKeys, ExecStartRequest, StdStream, from_json};
use backends_core::{ExecAttach, ExecIo, ExecOutput};
use bytes::BytesMut;
use http::StatusCode;
use journal_domain::{
    ExecCommand, ExecId, ExecSpec, StartExec, StreamEnd, StreamKind, StreamTarget, TerminalSize,
};
use projector_containers::{ExecPhase, Key};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use warp::{Filter, Rejection, reply::Response};

use super::{
    input::{self, InputEnd},
    output::{OutputWriter, content_type},
    record::RecordedStream,
};
use crate::{
    Addition,
    call::{Call, call},
    error::ApiError,
    reply,
};

/// Bytes of the request: a small object.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// How long the output may stay open after the program's end, where a child of it holds it: Docker's own time.
const OUTPUT_GRACE: Duration = Duration::from_secs(2);

/// Bytes read of a program's output at once.
const CHUNK_BYTES: usize = 64 * 1024;

pub(super) fn route() -> impl Filter<Extract = (Response,), Error = Rejection> + Clone {
    warp::path!("exec" / String / "start").and(warp::post()).and(call()).and(hijack()).then(
        |target: String, call: Call, hijack: Hijack| {
            call.answer("/exec/{id}/start", move |call| start(call, target, hijack))
        },
    )
}

async fn start(call: Call, target: String, mut hijack: Hijack) -> Result<Response, ApiError> {
    let version = call.version()?;
    let body = hijack.read_body(BODY_BYTES_MAX).await?;
    let request: ExecStartRequest =
        if body.is_empty() { ExecStartRequest::default() } else { from_json(&body)? };
    let world = call.world();
    let exec = world.state.find_exec(&target)?;
    let (id, spec) = (exec.id, exec.spec.clone());
    let console_size = request.console_size.and_then(terminal_size);
    let command = StartExec { target, detach: request.detach, console_size };
    if request.detach {
        return start_detached(&call, id, command).await;
    }
    let keys = spec.detach_keys.as_deref().unwrap_or_default();
    let keys = DetachKeys::parse(keys).map_err(|error| ApiError::invalid(error.to_string()))?;
    let attach = ExecAttach {
        stdin: spec.attach_stdin,
        stdout: spec.attach_stdout,
        stderr: spec.attach_stderr,
        tty: spec.tty,
    };
    if exec.phase == ExecPhase::Created {
        call.context().backend.prepare_exec_io(id, attach)?;
    }
    let late = matches!(call.addition(), Some(Addition::BeginsWhenOpen));
    let (begun, late) = if late {
        (None, Some(command))
    } else {
        (Some(call.submit(ExecCommand::from(command)).await?.stamp.seq), None)
    };
    let stream = RecordedStream::open(&call, StreamTarget::Exec(id), StreamKind::Attach).await?;
    let (response, opening) = match hijack.accept(content_type(version, spec.tty)).await {
        Ok(accepted) => accepted,
        Err(error) => {
            stream.close(StreamEnd::HungUp).await;
            return Err(ApiError::invalid(error.to_string()));
        }
    };
    let response = reply::in_record(response, begun.unwrap_or(stream.seq));
    tokio::spawn(async move {
        let end = match opening.open().await {
            Ok(client) => match begin_late(&call, late).await {
                Ok(()) => copy(&call, id, &spec, keys, client).await,
                Err(error) => tell(client, &spec, error.message().to_owned()).await,
            },
            Err(_) => StreamEnd::HungUp,
        };
        stream.close(end).await;
    });
    Ok(response)
}

/// Has an exec begin that waits for its client.
async fn begin_late(call: &Call, late: Option<StartExec>) -> Result<(), ApiError> {
    let Some(command) = late else { return Ok(()) };
    call.submit(ExecCommand::from(command)).await.map(drop)
}

/// Tells a client why there is nothing to read. The connection is a stream already, so it is told there.
async fn tell(client: HijackedStream, spec: &ExecSpec, message: String) -> StreamEnd {
    let (_, writer) = client.into_split();
    told(OutputWriter::new(writer, spec.tty), message).await
}

async fn told<W: AsyncWrite + Unpin>(mut writer: OutputWriter<W>, message: String) -> StreamEnd {
    let line = format!("{message}\r\n").into();
    let told = writer.push(StdStream::Stdout, line).await;
    let _ = (told, writer.finish().await);
    StreamEnd::Finished
}

async fn start_detached(call: &Call, id: ExecId, command: StartExec) -> Result<Response, ApiError> {
    let committed = call.submit(ExecCommand::from(command)).await?;
    match begun(call, id).await {
        Some((exit_code, message)) => {
            Err(ApiError::start_failed(exit_code, message).at(committed.stamp.seq))
        }
        None => Ok(reply::in_record(reply::empty(StatusCode::OK), committed.stamp.seq)),
    }
}

/// Waits until the exec runs or has run; gives the status and the reason where it could not be started.
async fn begun(call: &Call, id: ExecId) -> Option<(i64, String)> {
    let handle = &call.context().handle;
    handle
        .wait_for(Key::Exec(id), |world| match world.state.exec(&id).map(|exec| &exec.phase) {
            Some(ExecPhase::Created | ExecPhase::Starting { .. }) => None,
            Some(ExecPhase::Failed { exit_code, message, .. }) => {
                Some(Some((*exit_code, message.clone())))
            }
            Some(ExecPhase::Running { .. } | ExecPhase::Exited { .. }) | None => Some(None),
        })
        .await
}

/// Waits until the end of the exec is on record.
async fn ended(call: &Call, id: ExecId) {
    let over =
        |phase: &ExecPhase| matches!(phase, ExecPhase::Exited { .. } | ExecPhase::Failed { .. });
    let handle = &call.context().handle;
    handle
        .wait_for(Key::Exec(id), |world| {
            world.state.exec(&id).is_none_or(|exec| over(&exec.phase)).then_some(())
        })
        .await;
}

/// Copies both ways until the program and its output have ended, or the client is gone.
async fn copy(
    call: &Call,
    id: ExecId,
    spec: &ExecSpec,
    keys: DetachKeys,
    client: HijackedStream,
) -> StreamEnd {
    let (mut reader, writer) = client.into_split();
    let mut writer = OutputWriter::new(writer, spec.tty);
    if let Some((_, message)) = begun(call, id).await {
        // Docker tells it there; clients print it.
        return told(writer, message).await;
    }
    let io = match call.context().backend.exec_io(id).await {
        Ok(io) => io,
        Err(error) => {
            tracing::error!(exec = %id, %error, "the streams of an exec cannot be opened");
            return StreamEnd::HungUp;
        }
    };
    let ExecIo { stdin, output } = io;
    let end = {
        let outgoing = outgoing(call, id, output, &mut writer);
        let incoming = incoming(stdin, spec.tty.then_some(keys), &mut reader);
        tokio::pin!(outgoing, incoming);
        tokio::select! {
            end = &mut outgoing => end,
            end = &mut incoming => match end {
                Some(end) => end,
                None => outgoing.await,
            },
        }
    };
    let _ = writer.finish().await;
    end
}

async fn incoming<R: AsyncRead + Unpin>(
    stdin: Option<Pin<Box<dyn AsyncWrite + Send>>>,
    keys: Option<DetachKeys>,
    client: &mut R,
) -> Option<StreamEnd> {
    let mut stdin = stdin?;
    match input::copy(client, &mut stdin, keys).await {
        // Letting go of the program's input ends it; the output goes on.
        InputEnd::Sent | InputEnd::Refused => None,
        InputEnd::Detached => Some(StreamEnd::Detached),
        InputEnd::HungUp => Some(StreamEnd::HungUp),
    }
}

/// Copies the output until it ends; the end of the program is on record before this returns.
async fn outgoing<W: AsyncWrite + Unpin>(
    call: &Call,
    id: ExecId,
    output: ExecOutput,
    writer: &mut OutputWriter<W>,
) -> StreamEnd {
    let (stdout, stderr) = match output {
        ExecOutput::Terminal(terminal) => (Some(terminal), None),
        ExecOutput::Split { stdout, stderr } => (stdout, stderr),
    };
    let copied = {
        let copying = copy_output(stdout, stderr, writer);
        tokio::pin!(copying);
        tokio::select! {
            copied = &mut copying => copied,
            () = ended(call, id) => {
                tokio::time::timeout(OUTPUT_GRACE, copying).await.unwrap_or(Ok(()))
            }
        }
    };
    match copied {
        Ok(()) => {
            ended(call, id).await;
            StreamEnd::Finished
        }
        Err(_) => StreamEnd::HungUp,
    }
}

type ProgramOutput = Option<Pin<Box<dyn AsyncRead + Send>>>;

async fn copy_output<W: AsyncWrite + Unpin>(
    mut stdout: ProgramOutput,
    mut stderr: ProgramOutput,
    writer: &mut OutputWriter<W>,
) -> std::io::Result<()> {
    let (mut out, mut err) = (BytesMut::new(), BytesMut::new());
    while stdout.is_some() || stderr.is_some() {
        let (stream, read) = tokio::select! {
            read = read_some(&mut stdout, &mut out), if stdout.is_some() => (StdStream::Stdout, read),
            read = read_some(&mut stderr, &mut err), if stderr.is_some() => (StdStream::Stderr, read),
        };
        let (source, buffer) = match stream {
            StdStream::Stderr => (&mut stderr, &mut err),
            StdStream::Stdin | StdStream::Stdout | StdStream::SystemError => {
                (&mut stdout, &mut out)
            }
        };
        // A terminal whose last user is gone answers with an error (EIO): that is its end.
        match read {
            Ok(count) if count > 0 => writer.push(stream, buffer.split().freeze()).await?,
            Ok(_) | Err(_) => *source = None,
        }
        writer.flush().await?;
    }
    Ok(())
}

async fn read_some(source: &mut ProgramOutput, buffer: &mut BytesMut) -> std::io::Result<usize> {
    let Some(source) = source else { return Ok(0) };
    buffer.reserve(CHUNK_BYTES);
    source.read_buf(buffer).await
}

/// Reads height and width; a terminal of no size says nothing.
fn terminal_size([rows, columns]: [u32; 2]) -> Option<TerminalSize> {
    let size = |cells: u32| u16::try_from(cells).ok().filter(|cells| *cells > 0);
    Some(TerminalSize { rows: size(rows)?, columns: size(columns)? })
}
