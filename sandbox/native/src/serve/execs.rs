//! Programs that were added to the container.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::ioctl_fionbio;
use sandbox_shim::{
    CallError, ExecExit, ExecSpec, ExecState, FailureOrigin, Notice, Reply, StartFailure,
    TerminalSize,
};

use super::Server;
use super::connections::Caller;
use crate::error::{During, StartError, step};
use crate::exec::{Place, spawn};
use crate::handshake::{Heard, ShimEnd};
use crate::process::ChildProcess;
use crate::records::now_nanos;
use crate::start::Running;
use crate::stdio::{Stdio, Terminal, resize};
use crate::wasm::{Compiler, Runs, WasmHost};

/// Execs that run, or whose ends were not forgotten.
///
/// A server forgets an exec as soon as its end is in the log; a health check every second would take over an hour to get
/// here without a server.
const EXECS_MAX: usize = 4096;

/// What an exec may say before its end: a warning for each limit it cannot have, and that it runs.
const LAST_WORDS_MAX: u32 = 20;

/// The execs.
#[derive(Default)]
pub(super) struct Execs {
    /// Those that have a process.
    living: Vec<Living>,
    ended: Vec<(u32, ExecExit)>,
}

struct Living {
    exec_id: String,
    process: ChildProcess,
    terminal: Option<OwnedFd>,
    /// There until the program runs.
    starting: Option<Starting>,
}

struct Starting {
    link: ShimEnd,
    caller: Caller,
    /// What compiles its program, where that is WebAssembly.
    compiler: Option<Compiler>,
}

impl Execs {
    /// Returns what to wait for on each exec that has a process.
    pub(super) fn files(
        &self,
    ) -> impl Iterator<Item = (usize, Option<BorrowedFd<'_>>, BorrowedFd<'_>)> {
        self.living.iter().enumerate().map(|(index, exec)| {
            let link = exec.starting.as_ref().map(|starting| starting.link.as_fd());
            (index, link, exec.process.as_fd())
        })
    }

    /// Returns every exec whose program has run.
    pub(super) fn states(&self) -> Vec<ExecState> {
        let running = self.living.iter().filter(|exec| exec.starting.is_none()).map(|exec| {
            ExecState { exec_id: exec.exec_id.clone(), pid: exec.process.number(), exit: None }
        });
        let ended = self.ended.iter().map(|(pid, exit)| ExecState {
            exec_id: exit.exec_id.clone(),
            pid: *pid,
            exit: Some(exit.clone()),
        });
        running.chain(ended).collect()
    }

    /// Returns the ends nobody has fetched.
    pub(super) fn take_ends(&mut self) -> Vec<ExecExit> {
        self.ended.drain(..).map(|(_, exit)| exit).collect()
    }

    pub(super) fn forget(&mut self, exec_id: &str) {
        self.ended.retain(|(_, exit)| exit.exec_id != exec_id);
    }

    pub(super) fn signal(&self, exec_id: &str, signal: i32) -> Result<(), CallError> {
        let sent = self.find(exec_id)?.process.signal(signal);
        sent.map_err(|errno| super::requests::system("signalling the exec", errno))
    }

    pub(super) fn resize(&self, exec_id: &str, size: TerminalSize) -> Result<(), CallError> {
        let terminal = self.find(exec_id)?.terminal.as_ref().ok_or(CallError::NoTerminal)?;
        resize(terminal, size).map_err(|errno| super::requests::system("resizing", errno))
    }

    fn find(&self, exec_id: &str) -> Result<&Living, CallError> {
        let found = self.living.iter().find(|exec| exec.exec_id == exec_id);
        found.ok_or_else(|| CallError::NoSuchExec { exec_id: exec_id.to_owned() })
    }

    fn pid(&self, exec_id: &str) -> Option<u32> {
        let living = self.living.iter().find(|exec| exec.exec_id == exec_id);
        let ended = self.ended.iter().find(|(_, exit)| exit.exec_id == exec_id);
        living.map(|exec| exec.process.number()).or(ended.map(|(pid, _)| *pid))
    }
}

impl Server {
    /// Starts an exec. The answer comes once its program runs, or does not.
    pub(super) fn start_exec(
        &mut self,
        caller: Caller,
        exec_id: String,
        spec: &ExecSpec,
        fds: Vec<OwnedFd>,
    ) -> Result<Option<Reply>, CallError> {
        if let Some(pid) = self.execs.pid(&exec_id) {
            return Ok(Some(Reply::ExecStarted { pid }));
        }
        if self.paused {
            return Err(CallError::Paused);
        }
        if self.execs.living.len() + self.execs.ended.len() >= EXECS_MAX {
            return Err(CallError::TooManyExecs { limit: EXECS_MAX });
        }
        let failed = |error: StartError| CallError::Start(error.into_failure(FailureOrigin::Exec));
        let (stdio, terminal) = self.exec_streams(spec, fds)?;
        let place = Place {
            first: &self.running.process,
            cgroups: &self.running.cgroups,
            filter: self.running.filter.as_ref(),
            null: self.running.null.as_fd(),
            withheld: self.running.withheld,
            oom_score_adj: self.running.oom_score_adj,
            runs: self.running.wasm.as_ref().map_or(Runs::Native, WasmHost::runs),
        };
        let (process, link) = spawn(&place, &spec.process, stdio).map_err(failed)?;
        let unblocked = ioctl_fionbio(&link, true).during(step!("watching the exec"));
        if let Err(error) = unblocked {
            process.kill();
            return Err(failed(error));
        }
        let starting = Some(Starting { link, caller, compiler: None });
        self.execs.living.push(Living { exec_id, process, terminal, starting });
        Ok(None)
    }

    fn exec_streams(
        &self,
        spec: &ExecSpec,
        fds: Vec<OwnedFd>,
    ) -> Result<(Stdio, Option<OwnedFd>), CallError> {
        let (got, expected) = (fds.len(), spec.stdio.count());
        let mut fds = fds.into_iter();
        match spec.process.terminal {
            Some(size) if got == 0 => {
                let opened = Terminal::open(&self.running.terminals, size);
                let opened = opened.and_then(|terminal| {
                    ioctl_fionbio(&terminal.master, true)?;
                    Ok(terminal)
                });
                let terminal =
                    opened.map_err(|errno| super::requests::system("making a terminal", errno))?;
                Ok((Stdio::Terminal(terminal.slave), Some(terminal.master)))
            }
            None if got == expected => {
                let mut next = |comes: bool| if comes { fds.next() } else { None };
                let stdin = next(spec.stdio.stdin);
                let stdout = next(spec.stdio.stdout);
                let stderr = next(spec.stdio.stderr);
                Ok((Stdio::Streams { stdin, stdout, stderr }, None))
            }
            Some(_) => Err(CallError::Descriptors { expected: 0, got }),
            None => Err(CallError::Descriptors { expected, got }),
        }
    }

    /// Hears what has become of an exec that is starting.
    pub(super) fn exec_news(&mut self, index: usize) {
        let Some(exec) = self.execs.living.get_mut(index) else { return };
        let Some(starting) = &mut exec.starting else { return };
        let caller = starting.caller;
        match starting.link.hear() {
            Heard::Nothing | Heard::Warning(_) => {}
            Heard::Running => {
                exec.starting = None;
                let pid = exec.process.number();
                let terminal = exec.terminal.as_ref().map(Self::share).transpose();
                let terminal = terminal.unwrap_or_default().into_iter().collect();
                self.connections.reply(caller, Ok(Reply::ExecStarted { pid }), terminal);
            }
            Heard::Failed(failure) => self.exec_failed(index, caller, failure),
            Heard::Module(request) => {
                let Running { wasm: Some(wasm), cgroups, process, .. } = &mut self.running else {
                    return;
                };
                match wasm.answer(&mut starting.link, request.as_ref(), cgroups, process) {
                    Ok(compiler) => starting.compiler = compiler,
                    Err(error) => {
                        let failure = error.into_failure(FailureOrigin::Exec);
                        self.exec_failed(index, caller, failure);
                    }
                }
            }
            Heard::Mounted { .. } => {
                let reason = "an exec makes no mounts".to_owned();
                let error = StartError::Refused { reason };
                self.exec_failed(index, caller, error.into_failure(FailureOrigin::Exec));
            }
        }
    }

    fn exec_failed(&mut self, index: usize, caller: Caller, failure: StartFailure) {
        self.execs.living.swap_remove(index).process.kill();
        self.connections.reply(caller, Err(CallError::Start(failure)), Vec::new());
    }

    /// Takes the end of an exec, after whatever it said before.
    pub(super) fn exec_end(&mut self, index: usize) {
        for _ in 0..LAST_WORDS_MAX {
            let before = self.execs.living.len();
            self.exec_news(index);
            if self.execs.living.len() < before {
                return;
            }
        }
        let Some(ending) = self.execs.living.get(index).and_then(|e| e.process.ending()) else {
            return;
        };
        let exec = self.execs.living.swap_remove(index);
        let pid = exec.process.number();
        let exit =
            ExecExit { exec_id: exec.exec_id, code: ending.code, finished_at_nanos: now_nanos() };
        self.execs.ended.push((pid, exit.clone()));
        self.notify(Notice::ExecExit(exit));
    }
}
