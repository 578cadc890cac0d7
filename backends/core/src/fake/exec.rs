//! An exec in a container that does not run.

use backends_logs::Stream;
use journal_domain::TerminalSize;

use super::stream::{Collected, Collector, ProgramOutput};
use crate::{ExecAttach, ExecIo, ExecOutput};

/// An exec, from its preparation to its end.
#[derive(Debug, Default)]
pub(super) struct FakeExec {
    pub(super) input: Collected,
    pub(super) size: Option<TerminalSize>,
    phase: Phase,
    io: Option<PreparedIo>,
    stdout: Option<ProgramOutput>,
    stderr: Option<ProgramOutput>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Prepared,
    Running,
    Ended,
}

struct PreparedIo(ExecIo);

// === impl FakeExec ===

impl FakeExec {
    /// Makes the streams that a client wants.
    pub(super) fn prepare(attach: ExecAttach) -> Self {
        let input = Collected::default();
        let stdin = attach.stdin.then(|| Collector::closing(input.clone()));
        let stdin = stdin.map(|stdin| Box::pin(stdin) as _);
        let (output, stdout, stderr) = if attach.tty {
            let (program, client) = ProgramOutput::pipe();
            (ExecOutput::Terminal(Box::pin(client)), Some(program), None)
        } else {
            let pipe = |wanted: bool| wanted.then(ProgramOutput::pipe).unzip();
            let (stdout, client_stdout) = pipe(attach.stdout);
            let (stderr, client_stderr) = pipe(attach.stderr);
            let output = ExecOutput::Split {
                stdout: client_stdout.map(|client| Box::pin(client) as _),
                stderr: client_stderr.map(|client| Box::pin(client) as _),
            };
            (output, stdout, stderr)
        };
        let io = Some(PreparedIo(ExecIo { stdin, output }));
        Self { input, io, stdout, stderr, ..Self::default() }
    }

    /// Begins it, unless it has begun already.
    pub(super) fn begin(&mut self, can_start: bool) -> bool {
        if self.phase != Phase::Prepared {
            return false;
        }
        self.phase = if can_start { Phase::Running } else { Phase::Ended };
        true
    }

    /// Ends it and its output; false where it does not run.
    pub(super) fn end(&mut self) -> bool {
        if self.phase != Phase::Running {
            return false;
        }
        self.phase = Phase::Ended;
        self.stdout = None;
        self.stderr = None;
        true
    }

    pub(super) fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }

    pub(super) fn take_io(&mut self) -> Option<ExecIo> {
        self.io.take().map(|io| io.0)
    }

    /// Takes the program's end of a stream, to write to it without holding the lock.
    pub(super) fn take_output(&mut self, stream: Stream) -> Option<ProgramOutput> {
        self.output(stream).take()
    }

    /// Puts it back, unless the exec has ended meanwhile.
    pub(super) fn put_output(&mut self, stream: Stream, output: ProgramOutput) {
        if self.phase != Phase::Ended {
            *self.output(stream) = Some(output);
        }
    }

    fn output(&mut self, stream: Stream) -> &mut Option<ProgramOutput> {
        match stream {
            Stream::Stdout => &mut self.stdout,
            Stream::Stderr => &mut self.stderr,
        }
    }
}

impl std::fmt::Debug for PreparedIo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PreparedIo")
    }
}
