//! The processes that this program starts: cargo, and git for the state of the sources.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

/// Lines of a failed run that are shown.
const SHOWN_LINES: usize = 60;

/// Makes a command; the one place of this crate that starts processes.
#[expect(clippy::disallowed_methods, reason = "suites are programs")]
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Whether it says that all went well.
    pub(crate) is_well: bool,
    /// Its status in words.
    pub(crate) status: String,
    /// The last lines of its outputs.
    pub(crate) last: Vec<String>,
}

/// Runs a command and hands each line of both its outputs to `on_line`; they also go to the file `log`.
///
/// A command that takes longer than `limit` is killed, and has not ended well.
pub(crate) fn run(
    mut command: Command,
    log: &Path,
    limit: Duration,
    mut on_line: impl FnMut(&str) -> Result<()>,
) -> Result<Ended> {
    let mut file = File::options().create(true).append(true).open(log)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {:?}", command.get_program()))?;
    // Bounded, so that a suite that floods waits for this program and not the other way round.
    let (sender, lines) = sync_channel::<String>(1024);
    let outputs: [Box<dyn std::io::Read + Send>; 2] = [
        Box::new(child.stdout.take().context("no output")?),
        Box::new(child.stderr.take().context("no output")?),
    ];
    for output in outputs {
        let sender = sender.clone();
        thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut bytes = Vec::new();
            while output.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
                let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
                bytes.clear();
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    let mut last: Vec<String> = Vec::new();
    let deadline = jiff::Timestamp::now() + limit;
    loop {
        let left = jiff::Timestamp::now().duration_until(deadline);
        let left = Duration::try_from(left).unwrap_or(Duration::ZERO);
        match lines.recv_timeout(left) {
            Ok(line) => {
                writeln!(file, "{line}")?;
                on_line(&line)?;
                if last.len() == SHOWN_LINES {
                    last.remove(0);
                }
                last.push(line);
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                child.kill()?;
                child.wait()?;
                let status = format!("no end after {} s", limit.as_secs());
                return Ok(Ended { is_well: false, status, last });
            }
        }
    }
    let status = child.wait()?;
    Ok(Ended { is_well: status.success(), status: status.to_string(), last })
}

impl Ended {
    /// Shows the last lines of a command that has not ended well, and makes an error of it.
    pub(crate) fn well(self) -> Result<()> {
        if self.is_well {
            return Ok(());
        }
        self.last.iter().for_each(|line| crate::say(&format!("    {line}")));
        bail!("{}", self.status)
    }
}

/// Runs a command to its end and returns its output without the last newline.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Result<String> {
    let output =
        command(program, arguments).output().with_context(|| format!("starting {program}"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}
