//! What a server asks, one call at a time.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::PollFlags;
use rustix::io::Errno;
use sandbox_shim::{
    Call, CallError, PROTOCOL_VERSION, Reply, Request, Resolver, Resources, ShimState,
};

use super::Server;
use super::connections::Caller;
use crate::error::{During, step};
use crate::resolver::ResolverSockets;
use crate::stdio::resize;
use crate::syscall::error_text;

/// Calls of one connection before the rest of the loop gets its turn.
const CALLS_A_TURN: u32 = 32;

/// An answer and the descriptors that go with it; `None` if it comes later.
type Answer = Result<Option<(Reply, Vec<OwnedFd>)>, CallError>;

/// Says what the kernel has refused.
pub(super) fn system(what: &str, errno: Errno) -> CallError {
    match errno {
        Errno::SRCH => CallError::NotRunning,
        _ => CallError::System { what: what.to_owned(), reason: error_text(errno) },
    }
}

impl Server {
    /// Reads and answers what a connection has; sends it what waits.
    pub(super) fn converse(&mut self, number: u64, events: PollFlags) {
        if events.contains(PollFlags::OUT) {
            self.connections.flush(number);
        }
        for _ in 0..CALLS_A_TURN {
            let Some((call, fds)) = self.connections.receive(number) else { return };
            let caller = Caller { connection: number, call: call.id };
            self.serve(caller, call, fds);
        }
    }

    fn serve(&mut self, caller: Caller, call: Call, fds: Vec<OwnedFd>) {
        let hello = matches!(call.request, Request::Hello { .. });
        if self.connections.is_greeted(caller.connection) == hello {
            let refused = CallError::Version { version: PROTOCOL_VERSION };
            self.connections.reply(caller, Err(refused), Vec::new());
            return self.connections.close(caller.connection);
        }
        match self.answer(caller, call.request, fds) {
            Ok(Some((reply, fds))) => self.connections.reply(caller, Ok(reply), fds),
            Ok(None) => {}
            Err(error) => self.connections.reply(caller, Err(error), Vec::new()),
        }
    }

    fn answer(&mut self, caller: Caller, request: Request, fds: Vec<OwnedFd>) -> Answer {
        let done = |()| Some((Reply::Done, Vec::new()));
        match request {
            Request::Hello { version } => self.hello(caller.connection, version),
            Request::Stdin => {
                let stdin = self.running.stdin.as_ref().ok_or(CallError::NoStdin)?;
                let copy = Self::share(stdin).map_err(|errno| system("sharing stdin", errno))?;
                Ok(Some((Reply::Done, vec![copy])))
            }
            Request::Resolver(resolver) => self.resolver(&resolver),
            Request::CloseStdin => {
                if self.running.terminal.is_none() {
                    self.running.stdin = None;
                }
                Ok(done(()))
            }
            Request::Signal { n, signal } => self.signal_once(n, signal).map(done),
            Request::Resize(size) => {
                let terminal = self.running.terminal.as_ref().ok_or(CallError::NoTerminal)?;
                resize(terminal, size).map_err(|errno| system("resizing", errno)).map(done)
            }
            Request::Pause => self.pause(true).map(done),
            Request::Unpause => self.pause(false).map(done),
            Request::Update(resources) => self.update(&resources).map(done),
            Request::Exec { exec_id, spec } => {
                let reply = self.start_exec(caller, exec_id, &spec, fds)?;
                Ok(reply.map(|reply| (reply, Vec::new())))
            }
            Request::ExecSignal { exec_id, signal } => {
                self.execs.signal(&exec_id, signal).map(done)
            }
            Request::ExecResize { exec_id, size } => self.execs.resize(&exec_id, size).map(done),
            Request::ExecForget { exec_id } => {
                self.execs.forget(&exec_id);
                Ok(done(()))
            }
            Request::Shutdown => self.shut_down().map(done),
        }
    }

    fn resolver(&mut self, resolver: &Resolver) -> Answer {
        if self.running.resolver.is_none() {
            let path = format!("/proc/{}/ns/net", self.running.process.number());
            let opened = File::open(path).during(step!("opening the network namespace"));
            let opened =
                opened.and_then(|namespace| ResolverSockets::open(resolver, namespace.as_fd()));
            self.running.resolver = Some(opened.map_err(|error| CallError::System {
                what: "opening sockets for names".to_owned(),
                reason: error.to_string(),
            })?);
        }
        let sockets = self.running.resolver.iter().flat_map(ResolverSockets::files);
        let copies = sockets.map(Self::share).collect::<Result<Vec<OwnedFd>, Errno>>();
        let copies = copies.map_err(|errno| system("sharing sockets for names", errno))?;
        Ok(Some((Reply::Done, copies)))
    }

    fn hello(&mut self, connection: u64, version: u32) -> Answer {
        if version == 0 {
            return Err(CallError::Version { version: PROTOCOL_VERSION });
        }
        let output = self.connections.greet(connection);
        let output = output.map_err(|errno| system("making an eventfd", errno))?;
        let state = ShimState {
            version: PROTOCOL_VERSION,
            container_id: self.running.container_id.clone(),
            incarnation: self.running.incarnation,
            start: self.running.record.clone(),
            paused: self.paused,
            last_signal_n: self.last_signal_n,
            execs: self.execs.states(),
        };
        Ok(Some((Reply::State(Box::new(state)), vec![output])))
    }

    fn signal_once(&mut self, n: u64, signal: i32) -> Result<(), CallError> {
        if n <= self.last_signal_n {
            return Ok(());
        }
        let sent = self.running.process.signal(signal);
        sent.map_err(|errno| system("signalling the container", errno))?;
        self.last_signal_n = n;
        Ok(())
    }

    fn pause(&mut self, paused: bool) -> Result<(), CallError> {
        let changed = self.running.cgroups.freeze(paused);
        changed.map_err(|error| CallError::System {
            what: if paused { "pausing" } else { "unpausing" }.to_owned(),
            reason: error.to_string(),
        })?;
        self.paused = paused;
        Ok(())
    }

    fn update(&self, resources: &Resources) -> Result<(), CallError> {
        let changed = self.running.cgroups.update(resources);
        changed.map_err(|error| CallError::System {
            what: "changing limits".to_owned(),
            reason: error.to_string(),
        })
    }

    fn shut_down(&mut self) -> Result<(), CallError> {
        if self.paused {
            // Version 1 does not let a stopped process die.
            self.pause(false)?;
        }
        let killed = self.running.process.signal(libc::SIGKILL);
        killed.map_err(|errno| system("killing the container", errno))
    }
}
