//! Probes of health: programs in a run whose outcome goes to who asked, and into no report.

use std::{collections::HashMap, pin::pin, sync::Mutex, time::Duration};

use backends_core::{
    EffectError, ExecAttach, ExecIo, ExecOutput, ExecWorkload, Observation, ProbeOutcome,
};
use journal_domain::{ExecId, Signal};
use sandbox_shim::Request;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    sync::oneshot,
    time::{Instant, timeout_at},
};

use crate::{
    errors::chain,
    exec::start,
    registry::locked,
    run::{RunHandle, Surroundings},
};

/// Bytes of a probe's output that are kept: as many as Docker keeps.
const OUTPUT_BYTES_MAX: usize = 4096;

/// How long what a program has left running may hold its output open after its end.
const LAST_WORDS: Duration = Duration::from_millis(100);

/// How long the end of a program that was killed may take.
const KILLED_WITHIN: Duration = Duration::from_secs(5);

/// Probes under way, and who waits for them.
#[derive(Debug, Default)]
pub(crate) struct Probes {
    waiting: Mutex<HashMap<ExecId, oneshot::Sender<End>>>,
}

/// The exit status of a program, or why it did not run.
type End = Result<i64, String>;

// === impl Probes ===

impl Probes {
    fn expect(&self, exec: ExecId) -> oneshot::Receiver<End> {
        let (sender, end) = oneshot::channel();
        locked(&self.waiting).insert(exec, sender);
        end
    }

    /// Takes what is reported of a probe; gives back what is of anything else.
    pub(crate) fn take(&self, observation: Observation) -> Option<Observation> {
        let mut waiting = locked(&self.waiting);
        let (exec, end) = match &observation {
            Observation::ExecStarted { exec, .. } => {
                return (!waiting.contains_key(exec)).then_some(observation);
            }
            Observation::ExecStartFailed { exec, error } => (exec, Err(error.message.clone())),
            Observation::ExecExited { exec, exit_code, .. } => (exec, Ok(*exit_code)),
            Observation::Started { .. }
            | Observation::StartFailed { .. }
            | Observation::Exited { .. }
            | Observation::Lost { .. } => return Some(observation),
        };
        let Some(sender) = waiting.remove(exec) else { return Some(observation) };
        // Who asked may have gone.
        let _ = sender.send(end);
        None
    }
}

/// Runs a probe to its end.
pub(crate) async fn probe(
    around: &Surroundings,
    run: &RunHandle,
    workload: &ExecWorkload,
    limit: Duration,
) -> Result<ProbeOutcome, EffectError> {
    let exec = workload.exec;
    let deadline = Instant::now() + limit;
    let attach = ExecAttach { stdin: false, stdout: true, stderr: true, tty: false };
    let prepared = around.streams.prepare(exec, attach);
    prepared.map_err(|error| EffectError::Failed(chain(&error)))?;
    let mut end = around.probes.expect(exec);
    let _expected = Expected { around, exec };
    if let Err(error) = start(around, run, workload).await {
        return Ok(not_run(error.message));
    }
    let mut output = Output::default();
    // A program that did not start has no streams, and its end says why.
    if let Ok(io) = around.streams.take(exec) {
        let ended = {
            let mut reading = pin!(output.read(io));
            let ended = tokio::select! {
                ended = &mut end => Some(ended),
                _ = timeout_at(deadline, &mut reading) => None,
            };
            if ended.is_some() {
                let _ = timeout_at(Instant::now() + LAST_WORDS, reading).await;
            }
            ended
        };
        if let Some(ended) = ended {
            return outcome(ended, &output);
        }
    }
    if let Ok(ended) = timeout_at(deadline, &mut end).await {
        return outcome(ended, &output);
    }
    let signal = Signal::KILL.number().into();
    run.call(Request::ExecSignal { exec_id: exec.to_string(), signal }).await?;
    let _ = timeout_at(Instant::now() + KILLED_WITHIN, end).await;
    Ok(not_run(format!("Health check exceeded timeout ({limit:?}): {}", output.text())))
}

fn outcome(
    ended: Result<End, oneshot::error::RecvError>,
    output: &Output,
) -> Result<ProbeOutcome, EffectError> {
    match ended {
        Ok(Ok(exit_code)) => Ok(ProbeOutcome { exit_code, output: output.text() }),
        Ok(Err(reason)) => Ok(not_run(reason)),
        Err(_) => Err(EffectError::Gone),
    }
}

const fn not_run(reason: String) -> ProbeOutcome {
    ProbeOutcome { exit_code: ProbeOutcome::NO_STATUS, output: reason }
}

/// Forgets a probe that nobody waits for any more.
struct Expected<'a> {
    around: &'a Surroundings,
    exec: ExecId,
}

impl Drop for Expected<'_> {
    fn drop(&mut self) {
        locked(&self.around.probes.waiting).remove(&self.exec);
        self.around.streams.discard(self.exec);
    }
}

/// What a probe writes: the first bytes of it, from both its outputs as they come.
#[derive(Debug, Default)]
struct Output {
    kept: Vec<u8>,
    is_cut: bool,
}

impl Output {
    async fn read(&mut self, io: ExecIo) {
        let ExecOutput::Split { mut stdout, mut stderr } = io.output else { return };
        let (mut out, mut err) = ([0; 1024], [0; 1024]);
        while stdout.is_some() || stderr.is_some() {
            tokio::select! {
                count = read_some(&mut stdout, &mut out) => match count {
                    0 => stdout = None,
                    count => self.keep(&out[..count]),
                },
                count = read_some(&mut stderr, &mut err) => match count {
                    0 => stderr = None,
                    count => self.keep(&err[..count]),
                },
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = OUTPUT_BYTES_MAX - self.kept.len();
        self.is_cut |= bytes.len() > room;
        self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.kept).into_owned();
        if self.is_cut { text + "..." } else { text }
    }
}

/// Reads what there is; zero at the end, and for an output that cannot be read. An output that is not there has nothing
/// for ever.
async fn read_some<R: AsyncRead + Unpin>(reader: &mut Option<R>, buffer: &mut [u8]) -> usize {
    match reader {
        Some(reader) => reader.read(buffer).await.unwrap_or(0),
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
