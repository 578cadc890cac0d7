//! The shim: has a file compiled, and hands the runner into the container.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;

use rustix::event::{EventfdFlags, eventfd};
use rustix::io::Errno;
use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};
use rustix::thread::{
    LinkNameSpaceType, ThreadNameSpaceType, move_into_link_name_space, move_into_thread_name_spaces,
};
use sandbox_shim::{WASM_COMPILE, WasmEngine};

use super::Runs;
use crate::cgroup::ContainerCgroups;
use crate::error::{During, StartError, step};
use crate::handshake::ShimEnd;
use crate::mount;
use crate::process::ChildProcess;
use crate::stdio;
use crate::syscall::{self, Forked};

/// The first descriptor that is no standard stream.
const FIRST_OTHER: i32 = 3;

/// The exit code of a compiler that could not be started; nobody sees it but in a trace.
const CODE_NOT_STARTED: i32 = 127;

/// How WebAssembly is run in a container.
pub(crate) struct WasmHost {
    engine: WasmEngine,
    /// Written when a program asks for memory beyond the limit; there once one runs.
    out_of_memory: Option<OwnedFd>,
    /// Whether the container's own program is WebAssembly.
    is_main: bool,
}

/// What a new process asks for.
pub(crate) struct ModuleRequest {
    /// The file.
    pub(crate) module: OwnedFd,
    /// Where the answer of the compiler goes.
    pub(crate) reply: OwnedFd,
}

/// A process that compiles; dropping it ends it.
pub(crate) struct Compiler(ChildProcess);

impl WasmHost {
    pub(crate) fn new(engine: &WasmEngine) -> Self {
        Self { engine: engine.clone(), out_of_memory: None, is_main: false }
    }

    /// Returns what may be a program.
    pub(crate) fn runs(&self) -> Runs {
        if self.engine.only || self.is_main { Runs::Wasm } else { Runs::Both }
    }

    /// Notes that the container's own program is WebAssembly.
    pub(crate) fn note_main(&mut self) {
        self.is_main = true;
    }

    /// Tells whether a program has asked for memory beyond the limit, and was ended for it.
    pub(crate) fn is_out_of_memory(&self) -> bool {
        let mut count = [0; 8];
        self.out_of_memory.as_ref().is_some_and(|file| rustix::io::read(file, &mut count).is_ok())
    }

    /// Gives a new process of the container the runner, and starts to compile for it where it asks for that.
    pub(crate) fn answer(
        &mut self,
        link: &mut ShimEnd,
        request: Option<&ModuleRequest>,
        cgroups: &ContainerCgroups,
        first: &ChildProcess,
    ) -> Result<Option<Compiler>, StartError> {
        let program = self.program()?;
        let limit = match cgroups.memory_limit() {
            Some(limit) => limit.into(),
            // Where nothing limits memory there is nothing to read.
            None => stdio::host_null()?,
        };
        let out_of_memory = self.out_of_memory()?;
        let compiler = request.map(|request| self.compile(request, first)).transpose()?;
        link.give_runner(vec![program, limit, out_of_memory]);
        Ok(compiler)
    }

    /// Opens the runner's program behind a mount that refuses writes, as root in the container could reach the file by
    /// `/proc/<pid>/exe` (CVE-2019-5736).
    fn program(&self) -> Result<OwnedFd, StartError> {
        let path = &self.engine.program;
        let what = step!("opening {}", path.display());
        mount::read_only_copy_of_path(path).during(what)
    }

    fn out_of_memory(&mut self) -> Result<OwnedFd, StartError> {
        let what = step!("making an eventfd");
        let file = match self.out_of_memory.take() {
            Some(file) => file,
            None => eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).during(what)?,
        };
        let copy = file.try_clone().during(what);
        self.out_of_memory = Some(file);
        copy
    }

    /// Starts the compiler, among the processes of the host: those this one makes otherwise are born in the container.
    fn compile(
        &self,
        request: &ModuleRequest,
        first: &ChildProcess,
    ) -> Result<Compiler, StartError> {
        let own = File::open("/proc/self/ns/pid").during(step!("opening the pid namespace"))?;
        move_into_link_name_space(own.as_fd(), Some(LinkNameSpaceType::ProcessID))
            .during(step!("returning to the host's processes"))?;
        let forked = self.fork(request);
        move_into_thread_name_spaces(first.as_fd(), ThreadNameSpaceType::PROCESS_ID)
            .during(step!("joining the pid namespace"))?;
        forked.map(Compiler)
    }

    fn fork(&self, request: &ModuleRequest) -> Result<ChildProcess, StartError> {
        let string = |bytes: &[u8]| {
            let reason = "a path contains a null byte".to_owned();
            CString::new(bytes).map_err(|_| StartError::Refused { reason })
        };
        let program = string(self.engine.program.as_os_str().as_bytes())?;
        let cache = string(self.engine.cache.as_os_str().as_bytes())?;
        let argv = [program.clone(), string(WASM_COMPILE.as_bytes())?, cache];
        let shim = getpid();
        match syscall::clone3(0, None).during(step!("forking"))? {
            Forked::Parent { pid, pidfd } => Ok(ChildProcess::new(pid, pidfd)),
            Forked::Child => {
                syscall::reset_signals();
                let placed = set_parent_process_death_signal(Some(Signal::KILL))
                    .and_then(|()| syscall::place(&request.module, 0))
                    .and_then(|()| syscall::place(&request.reply, 1));
                if placed.is_ok() && getppid() == Some(shim) {
                    // Every owner of what is closed here is the shim's; none of them is used in this process.
                    syscall::close_from(FIRST_OTHER);
                    let _: Errno = syscall::execve(&program, &argv, &[]);
                }
                syscall::exit_now(CODE_NOT_STARTED)
            }
        }
    }
}

impl Drop for Compiler {
    fn drop(&mut self) {
        // One that has answered has ended, or is about to.
        self.0.kill();
    }
}
