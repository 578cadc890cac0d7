//! What the shim and a process it is making say to each other, until that process has become its program.
//!
//! The new process's end is closed by its exec, so the end of the conversation is the news that the program runs.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd, RawFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use sandbox_shim::{Channel, FailureOrigin, ReceiveError, StartFailure, WasmJob};
use serde::{Deserialize, Serialize};

use crate::error::{During, StartError, step};
use crate::syscall;
use crate::wasm::ModuleRequest;

/// The number of the new process's end once everything else is closed. The shim keeps both numbers taken from its start, so
/// that nothing else can have them.
const KEPT_SOCKET: RawFd = 3;

/// The number of the program that becomes the container's first process.
const KEPT_PROGRAM: RawFd = 4;

/// Takes the numbers that are kept free. To be called when nothing but the standard streams is open.
pub(crate) fn reserve_numbers() -> Result<(), Errno> {
    syscall::place(std::io::stdin(), KEPT_SOCKET)?;
    syscall::place(std::io::stdin(), KEPT_PROGRAM)?;
    syscall::close_on_exec_from(KEPT_SOCKET)
}

/// What the new process says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum FromChild {
    /// The mounts are made. Comes with `/dev/pts`, and with the terminal if there is one.
    Mounted,
    /// Something cannot be granted as asked.
    Warning(String),
    /// It has failed and ends.
    Failed(StartFailure),
    /// Its program is WebAssembly. Comes with the file, and with the socket that the compiler shall answer on.
    Module,
    /// Its program is one for the engine's shell, and nothing is to be compiled.
    Shell,
}

/// What the shim says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum ToChild {
    /// Control groups and interfaces are there.
    Continue,
    /// What runs WebAssembly. Comes with its program, the file with the limit of memory, and what tells that it was too
    /// little.
    Runner,
}

/// The shim's end.
pub(crate) struct ShimEnd {
    channel: Channel<FromChild, ToChild>,
}

/// The new process's end.
pub(crate) struct ChildEnd {
    channel: Channel<ToChild, FromChild>,
}

/// What the shim heard.
pub(crate) enum Heard {
    /// The mounts are made.
    Mounted {
        /// `/dev/pts`.
        terminals: OwnedFd,
        /// The terminal, if the program has one.
        terminal: Option<OwnedFd>,
    },
    /// Something cannot be granted as asked.
    Warning(String),
    /// The program runs.
    Running,
    /// It does not.
    Failed(StartFailure),
    /// Its program is WebAssembly, or one for the engine's shell, which is not compiled.
    Module(Option<ModuleRequest>),
    /// Nothing yet.
    Nothing,
}

/// Makes both ends.
pub(crate) fn pair() -> Result<(ShimEnd, ChildEnd), StartError> {
    let (shim, child) =
        socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .during(step!("making a socket pair"))?;
    Ok((ShimEnd { channel: Channel::new(shim) }, ChildEnd { channel: Channel::new(child) }))
}

// === impl ShimEnd ===

impl ShimEnd {
    /// Lets the new process go on. That it has ended is heard, not told here.
    pub(crate) fn proceed(&mut self) {
        drop(self.channel.send(&ToChild::Continue, Vec::new()));
    }

    /// Gives the new process what it needs to run WebAssembly. That it has ended is heard, not told here.
    pub(crate) fn give_runner(&mut self, files: Vec<OwnedFd>) {
        drop(self.channel.send(&ToChild::Runner, files));
    }

    /// Returns what the new process says next; waits for it unless the socket does not block.
    pub(crate) fn hear(&mut self) -> Heard {
        match self.channel.receive() {
            Ok((FromChild::Mounted, fds)) => {
                let mut fds = fds.into_iter();
                match fds.next() {
                    Some(terminals) => Heard::Mounted { terminals, terminal: fds.next() },
                    None => Heard::Failed(broken("no terminals came")),
                }
            }
            Ok((FromChild::Warning(text), _)) => Heard::Warning(text),
            Ok((FromChild::Failed(failure), _)) => Heard::Failed(failure),
            Ok((FromChild::Module, fds)) => match <[OwnedFd; 2]>::try_from(fds) {
                Ok([module, reply]) => Heard::Module(Some(ModuleRequest { module, reply })),
                Err(_) => Heard::Failed(broken("no module came")),
            },
            Ok((FromChild::Shell, _)) => Heard::Module(None),
            Err(ReceiveError::Closed) => Heard::Running,
            Err(ReceiveError::WouldBlock) => Heard::Nothing,
            Err(error) => Heard::Failed(broken(&error.to_string())),
        }
    }
}

impl AsFd for ShimEnd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }
}

fn broken(why: &str) -> StartFailure {
    let reason = format!("the new process cannot be understood: {why}");
    StartError::Refused { reason }.into_failure(FailureOrigin::Create)
}

fn gone(error: &impl std::fmt::Display) -> StartError {
    StartError::Refused { reason: format!("the shim is gone: {error}") }
}

fn unexpected() -> StartError {
    StartError::Refused { reason: "the shim cannot be understood".to_owned() }
}

// === impl ChildEnd ===

impl ChildEnd {
    /// Takes over the end that the container's first process has inherited.
    pub(crate) fn inherited() -> Self {
        Self { channel: Channel::new(syscall::adopt(KEPT_SOCKET)) }
    }

    /// Closes every descriptor but the standard streams, this end and `program`, which get numbers of their own.
    pub(crate) fn keep_alone(self, program: Option<BorrowedFd<'_>>) -> Self {
        let placed = syscall::place(&self, KEPT_SOCKET);
        let placed = placed.and_then(|()| match program {
            Some(program) => syscall::place(program, KEPT_PROGRAM),
            // The first process inherits the socket; any other program must not.
            None => syscall::close_on_exec_from(KEPT_SOCKET),
        });
        if let Err(errno) = placed {
            let error = Err::<(), _>(errno).during(step!("keeping descriptors"));
            self.fail(broken(&error.err().map_or_else(String::new, |error| error.to_string())));
        }
        std::mem::forget(self);
        syscall::close_from(if program.is_some() { KEPT_PROGRAM + 1 } else { KEPT_PROGRAM });
        Self::inherited()
    }

    /// Starts the program that [`Self::keep_alone`] has kept; returns only the error.
    pub(crate) fn exec_kept_program(&self, argv: &[CString], env: &[CString]) -> Errno {
        match syscall::close_on_exec_from(KEPT_PROGRAM) {
            Ok(()) => syscall::execveat(KEPT_PROGRAM, argv, env),
            Err(errno) => errno,
        }
    }

    /// Says that the mounts are made and waits until it may go on.
    pub(crate) fn mounted(&mut self, fds: Vec<OwnedFd>) -> Result<(), StartError> {
        self.say(&FromChild::Mounted, fds)?;
        match self.channel.receive() {
            Ok((ToChild::Continue, _)) => Ok(()),
            Ok((ToChild::Runner, _)) => Err(unexpected()),
            Err(error) => Err(gone(&error)),
        }
    }

    /// Says that the program is WebAssembly, or one for the engine's shell, and waits for what runs it.
    pub(crate) fn ask_for_runner(
        &mut self,
        module: Option<ModuleRequest>,
    ) -> Result<[OwnedFd; 3], StartError> {
        match module {
            Some(ModuleRequest { module, reply }) => {
                self.say(&FromChild::Module, vec![module, reply])?;
            }
            None => self.say(&FromChild::Shell, Vec::new())?,
        }
        match self.channel.receive() {
            Ok((ToChild::Runner, fds)) => fds.try_into().map_err(|_| unexpected()),
            Ok((ToChild::Continue, _)) => Err(unexpected()),
            Err(error) => Err(gone(&error)),
        }
    }

    /// Starts the first of `files`, which is the runner, with the others as the descriptors that it knows; returns only the
    /// error.
    pub(crate) fn exec_runner(&self, files: [OwnedFd; 5], argv: &[CString]) -> Errno {
        /// Above all numbers that are given out here.
        const ASIDE: RawFd = WasmJob::OUT_OF_MEMORY_FD + 1;
        let place = || -> Result<(), Errno> {
            // One may have the number of another.
            let asides = files.iter().map(|file| fcntl_dupfd_cloexec(file, ASIDE));
            let asides = asides.collect::<Result<Vec<_>, _>>()?;
            for (aside, number) in asides.iter().zip(KEPT_PROGRAM..) {
                syscall::place(aside, number)?;
            }
            fcntl_setfd(self, FdFlags::CLOEXEC)?;
            let program = syscall::adopt(KEPT_PROGRAM);
            fcntl_setfd(&program, FdFlags::CLOEXEC)?;
            std::mem::forget(program);
            Ok(())
        };
        let placed = place();
        std::mem::forget(files);
        syscall::close_from(ASIDE);
        match placed {
            Ok(()) => syscall::execveat(KEPT_PROGRAM, argv, &[]),
            Err(errno) => errno,
        }
    }

    /// Tells whether the shim has died, which is too late to be told by a signal.
    pub(crate) fn is_gone(&self) -> bool {
        let mut files = [PollFd::new(&self.channel, PollFlags::empty())];
        let polled = poll(&mut files, Some(&Timespec::default()));
        polled.is_err() || files[0].revents().contains(PollFlags::HUP)
    }

    /// Says what cannot be granted as asked.
    pub(crate) fn warn(&mut self, text: String) -> Result<(), StartError> {
        self.say(&FromChild::Warning(text), Vec::new())
    }

    /// Says that it has failed, and ends.
    pub(crate) fn fail(mut self, failure: StartFailure) -> ! {
        let code = failure.code;
        // If nobody listens, the exit code is all there is.
        drop(self.say(&FromChild::Failed(failure), Vec::new()));
        syscall::exit_now(code)
    }

    fn say(&mut self, message: &FromChild, fds: Vec<OwnedFd>) -> Result<(), StartError> {
        self.channel.send(message, fds).map_err(|error| gone(&error))
    }
}

impl AsFd for ChildEnd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }
}
