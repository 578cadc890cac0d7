//! Processes that tests start: each with its output in a file, each ended with its guard.

use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// Lines of a log that are worth showing when a test failed.
const SHOWN_LINES: usize = 60;

/// How long a process may take to end when it was asked to.
const END_LIMIT: Duration = Duration::from_secs(30);

/// A process that ends with this value at the latest.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
    ended: Option<ExitStatus>,
}

/// Makes a command; the one place of this crate that starts processes.
#[expect(clippy::disallowed_methods, reason = "end-to-end tests start the programs under test")]
pub fn command(program: impl AsRef<std::ffi::OsStr>) -> std::process::Command {
    std::process::Command::new(program)
}

/// Runs a command to its end and returns its standard output; an error holds what it said.
pub fn run(command: &mut std::process::Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("starting {:?}", command.get_program()))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?} ended with {}: {text}{error}", output.status);
    }
    Ok(text)
}

impl Process {
    /// Starts a command whose output is appended to the file `log`.
    pub fn start(command: &mut std::process::Command, log: &Path) -> Result<Self> {
        let open = || File::options().create(true).append(true).open(log);
        let child = command
            .stdin(Stdio::null())
            .stdout(open()?)
            .stderr(open()?)
            .spawn()
            .with_context(|| format!("starting {:?}", command.get_program()))?;
        Ok(Self { child, log: log.to_owned(), ended: None })
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The exit status, once the process has ended.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self.child.try_wait()?;
        }
        Ok(self.ended)
    }

    /// Sends a signal, unless the process has ended.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        if self.ended()?.is_none() {
            kill_process(Pid::from_child(&self.child), signal)?;
        }
        Ok(())
    }

    /// Kills the process at once and waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.signal(Signal::KILL)?;
        self.wait().map(drop)
    }

    /// Asks the process to end, and waits until it has.
    pub fn terminate(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.wait()
    }

    /// Waits until the process has ended; one that does not is killed and is an error.
    pub fn wait(&mut self) -> Result<ExitStatus> {
        let pid = self.pid();
        let mut left = END_LIMIT;
        let step = Duration::from_millis(5);
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            if left.is_zero() {
                self.signal(Signal::KILL)?;
                bail!("process {pid} did not end within {END_LIMIT:?}");
            }
            std::thread::sleep(step);
            left = left.saturating_sub(step);
        }
    }

    /// The last lines of what the process wrote.
    pub fn log_end(&self) -> String {
        log_end(&self.log)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.kill() {
            report(&format!("a process was not ended: {error:#}"));
        }
    }
}

/// The exit code as a shell would tell it: 128 and the signal's number where one ended the process.
pub fn exit_code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default())
}

/// The last lines of a log file, or why it cannot be read.
pub fn log_end(path: &Path) -> String {
    match std::fs::read(path) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let lines: Vec<&str> = text.lines().collect();
            lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
        }
        Err(error) => format!("{} cannot be read: {error}", path.display()),
    }
}

/// Tells whoever runs the tests something that is no failure by itself.
#[expect(clippy::print_stderr, reason = "the reader of a test's output is its user")]
pub fn report(text: &str) {
    eprintln!("{text}");
}
