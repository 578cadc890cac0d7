//! The new process: from a program's name to the runner in its place.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::fd::OwnedFd;

use rustix::fs::{
    Access, AtFlags, CWD, FileType, MemfdFlags, Mode, OFlags, StatxAttributes, StatxFlags,
    accessat, fstat, memfd_create, open, stat, statx,
};
use rustix::io::Errno;
use rustix::mount::{MountPropagationFlags, UnmountFlags, mount_change, unmount};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};
use sandbox_shim::{Channel, Compiled, Process, WASM_MAGIC, WASM_RUN, WasmJob, WasmKind};

use super::{ModuleRequest, Runs};
use crate::error::{During, StartError, step};
use crate::handshake::ChildEnd;
use crate::program::{self, ProgramError};
use crate::syscall;

/// The name the runner has in lists of processes.
const RUNNER_NAME: &str = "sockerless-wasm";

/// What the kernel shows of processes and of itself.
///
/// A program that may open any file below its root could open the memory of the process that runs it there, and be more than
/// WebAssembly.
const HIDDEN: [&str; 2] = ["/proc", "/sys"];

/// Mounts that may lie on one place, one over the other.
const MOUNTS_MAX: u32 = 64;

/// All that the process needs to become the runner.
pub(crate) struct Ready {
    path: String,
    /// What was compiled; none for the shell.
    kind: Option<WasmKind>,
    /// The compiled file; for the shell, an empty one.
    artifact: OwnedFd,
    /// The runner's program, the file with the limit of memory, and what tells that it was too little.
    given: [OwnedFd; 3],
}

/// Looks whether the program is WebAssembly, and gets it compiled if it is; nothing where it is the kernel's to run.
///
/// Where nothing native runs, all else is the engine's shell's: scripts, and what it has tools for.
///
/// For a process that has its rights still: what the kernel shows of itself is hidden from the program here.
pub(crate) fn look(
    runs: Runs,
    process: &Process,
    env: &[String],
    shim: &mut ChildEnd,
) -> Result<Option<Ready>, StartError> {
    let Some(name) = process.argv.first().filter(|_| runs != Runs::Native) else {
        return Ok(None);
    };
    // What is not found, or cannot be read, is refused later on in the words for it.
    let folders = program::variable(env, "PATH").unwrap_or("");
    let path = match program::find(name, folders) {
        Ok(path) => path,
        // An image without a folder for programs has the shell's tools.
        Err(_) if runs == Runs::Wasm && !name.contains('/') && !has_any(folders) => {
            return shell(name.clone(), shim).map(Some);
        }
        // It is read, not executed: images often have it without the right to execute it.
        Err(_) if name.contains('/') => name.clone(),
        Err(_) => return Ok(None),
    };
    match module(&path) {
        Ok(Some(module)) => ready(path, module, shim).map(Some),
        Ok(None) if runs == Runs::Wasm => shell(path, shim).map(Some),
        Ok(None) | Err(_) => Ok(None),
    }
}

/// Opens a file if it is WebAssembly.
fn module(path: &str) -> io::Result<Option<File>> {
    // Whatever else there may be in the image is not waited for.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = open(path, flags, Mode::empty())?;
    if !FileType::from_raw_mode(fstat(&file)?.st_mode).is_file() {
        return Ok(None);
    }
    let (mut file, mut start) = (File::from(file), [0; WASM_MAGIC.len()]);
    match file.read_exact(&mut start) {
        Ok(()) if start == WASM_MAGIC => file.rewind().map(|()| Some(file)),
        Ok(()) => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

fn has_any(folders: &str) -> bool {
    let is_folder = |folder: &str| {
        stat(folder).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode).is_dir())
    };
    folders.split(':').any(|folder| !folder.is_empty() && is_folder(folder))
}

/// What runs a program by the engine's shell. The tools open files for it in the runner's own process, so what the kernel shows
/// is hidden as from a module.
fn shell(path: String, shim: &mut ChildEnd) -> Result<Ready, StartError> {
    let given = shim.ask_for_runner(None)?;
    let artifact = memfd_create("sockerless-none", MemfdFlags::CLOEXEC)
        .during(step!("making an empty file"))?;
    hide_the_kernel()?;
    Ok(Ready { path, kind: None, artifact, given })
}

fn ready(path: String, module: File, shim: &mut ChildEnd) -> Result<Ready, StartError> {
    let (ours, its) =
        socketpair(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
            .during(step!("making a socket pair"))?;
    let request = ModuleRequest { module: module.into(), reply: its };
    let given = shim.ask_for_runner(Some(request))?;
    let mut compiler = Channel::<Compiled, ()>::new(ours);
    let (compiled, artifact) = match compiler.receive() {
        Ok((compiled, files)) => (compiled, files.into_iter().next()),
        Err(_) => (Err("it takes too much time or memory to compile".to_owned()), None),
    };
    match (compiled, artifact) {
        (Ok(kind), Some(artifact)) => {
            hide_the_kernel()?;
            Ok(Ready { path, kind: Some(kind), artifact, given })
        }
        (Err(reason), _) => Err(StartError::Wasm { path, reason }),
        (Ok(_), None) => {
            Err(StartError::Wasm { path, reason: "what was compiled did not come".to_owned() })
        }
    }
}

/// Takes away what shows processes and the kernel, in a mount namespace of this process's own.
///
/// An exec joins the mounts of the container's own program: where that is WebAssembly, it is all gone there already.
fn hide_the_kernel() -> Result<(), StartError> {
    if !HIDDEN.into_iter().any(is_mount) {
        return Ok(());
    }
    let alone = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    syscall::new_mount_namespace()
        .and_then(|()| mount_change("/", alone))
        .during(step!("leaving the container's mounts"))?;
    for place in HIDDEN {
        let mut mounts = 0;
        loop {
            match unmount(place, UnmountFlags::DETACH | UnmountFlags::NOFOLLOW) {
                Ok(()) if mounts < MOUNTS_MAX => mounts += 1,
                // Nothing is mounted there any more.
                Err(Errno::INVAL | Errno::NOENT) => break,
                Ok(()) => return Err(Errno::LOOP).during(step!("unmounting {place}")),
                Err(errno) => return Err(errno).during(step!("unmounting {place}")),
            }
        }
    }
    Ok(())
}

/// Tells whether something is mounted at `place`; it is where that cannot be told.
fn is_mount(place: &str) -> bool {
    match statx(CWD, place, AtFlags::SYMLINK_NOFOLLOW, StatxFlags::empty()) {
        Ok(found) => {
            let known = found.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT);
            !known || found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT)
        }
        Err(errno) => errno != Errno::NOENT,
    }
}

// === impl Ready ===

impl Ready {
    /// Becomes the runner, as the user that this process is by now; returns only the error.
    pub(crate) fn run(self, process: &Process, env: &[String], shim: &ChildEnd) -> StartError {
        match self.try_run(process, env, shim) {
            Ok(errno) => StartError::System { what: "starting sockerless-wasm".to_owned(), errno },
            Err(error) => error,
        }
    }

    fn try_run(
        self,
        process: &Process,
        env: &[String],
        shim: &ChildEnd,
    ) -> Result<Errno, StartError> {
        // It was opened by root; its user has to be able to read it, too. What the shell runs it looks at itself.
        if self.kind.is_some()
            && let Err(errno) = accessat(CWD, &self.path, Access::READ_OK, AtFlags::EACCESS)
        {
            return Err(ProgramError::Refused { path: self.path, errno }.into());
        }
        let job = WasmJob {
            kind: self.kind,
            argv: process.argv.clone(),
            env: env.to_vec(),
            cwd: process.cwd.clone(),
        };
        let job = in_memory(&job).during(step!("writing down what is run"))?;
        let shown = [RUNNER_NAME, WASM_RUN].map(str::to_owned);
        let argv: Vec<String> = shown.into_iter().chain(process.argv.iter().cloned()).collect();
        let argv = program::c_strings(&argv)?;
        let [runner, limit, out_of_memory] = self.given;
        let files = [runner, self.artifact, job, limit, out_of_memory];
        Ok(shim.exec_runner(files, &argv))
    }
}

fn in_memory(job: &WasmJob) -> io::Result<OwnedFd> {
    let mut file = File::from(memfd_create("sockerless-job", MemfdFlags::CLOEXEC)?);
    file.write_all(&serde_json::to_vec(job)?)?;
    file.rewind()?;
    Ok(file.into())
}
