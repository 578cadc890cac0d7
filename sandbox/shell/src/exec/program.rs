//! Programs: found along `PATH`, and run as what their files say.
//!
//! A script is run by an interpreter of its own, in a process of its own. A native program cannot run here; where its name
//! is that of a tool, or of a shell, the tool runs in its place, for the image says that it is there. A name without a file
//! is not found, as in any container; only an image that has none of the directories of `PATH` gets all the tools.

use std::io;
use std::sync::Arc;

use bstr::{BStr, BString};
use rustix::io::Errno;
use sandbox_tools::{Process, Tool};

use super::world::{ProcessWorld, directory};
use crate::errors;
use crate::machine::Machine;
use crate::run::Setup;
use crate::shell::{Flow, Shell, Stop};

/// Where programs are looked for when `PATH` is not set.
pub(crate) const DEFAULT_PATH: &[u8] =
    b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Interpreters of interpreters: as the kernel allows.
const INTERPRETERS_MAX: usize = 5;

/// Links followed to learn which program a name stands for.
const LINKS_MAX: usize = 16;

/// What a file is when it is run.
pub(crate) enum Program {
    Tool(Tool),
    /// A shell with these arguments: bash or not.
    Shell(bool, Vec<Vec<u8>>),
    /// A module and its arguments.
    Module(Vec<u8>, Vec<Vec<u8>>),
}

/// A program, and what it is called with.
type Found = (Program, Vec<Vec<u8>>);

/// Why a program is not run.
pub(crate) enum NotRun {
    NotFound,
    Error(io::Error),
    /// A native program whose name is no tool's.
    Native,
}

impl Shell {
    /// Runs a program and waits for it.
    pub(crate) fn run_program(&mut self, args: Vec<Vec<u8>>) -> Flow {
        match self.program(args) {
            Ok((program, args)) => self.run_found(program, args),
            Err((refused, name)) => {
                self.status = self.tell_not_run(&refused, &name);
                Ok(())
            }
        }
    }

    fn run_found(&mut self, program: Program, args: Vec<Vec<u8>>) -> Flow {
        match program {
            Program::Tool(tool) => self.run_tool(tool, args),
            Program::Shell(bash, args) => {
                let process = self.process(strings(args));
                let mut copy = self.copy();
                copy.become_new(process, bash);
                let pid = self.spawn(copy, |copy| {
                    let args = copy.params.to_vec();
                    crate::run::main(copy, args)
                })?;
                self.status = self.wait_foreground(pid)?;
                Ok(())
            }
            Program::Module(path, args) => {
                let process = self.process(strings(args));
                let Some(modules) = self.modules.clone() else {
                    self.status = 126;
                    return Ok(());
                };
                let path = self.path(&path);
                self.status = match modules.run(&path, process, &self.interrupt) {
                    Ok(status) => status,
                    Err(error) => {
                        self.look_for_signal()?;
                        self.complain(errors::text(&error));
                        126
                    }
                };
                Ok(())
            }
        }
    }

    fn run_tool(&mut self, tool: Tool, args: Vec<Vec<u8>>) -> Flow {
        let process = self.process(strings(args));
        let world = ProcessWorld::with_fds(&self.machine, self.pid, self.fds.clone());
        let interrupt = Arc::clone(&self.interrupt);
        self.status = match sandbox_tools::call(tool, process, world, interrupt) {
            Ok(status) => status.into(),
            Err(_) => {
                let signal = self.interrupt.signal().unwrap_or(15);
                self.look_for_signal()?;
                128 + i32::from(signal)
            }
        };
        Ok(())
    }

    fn wait_foreground(&mut self, pid: u32) -> Flow<i32> {
        loop {
            if let Some(ended) = self.ended_or_signal(pid) {
                if ended >= 256 && !matches!(ended - 256, 2 | 13) {
                    self.tell_signal(ended - 256);
                }
                return Ok(super::status_of(ended));
            }
            if let Err(stop) = self.look_for_signal() {
                // Whoever ends the shell ends what it waits for.
                let _ = self.machine.kill(self.pid, pid.into(), 15);
                return Err(stop);
            }
        }
    }

    fn tell_signal(&self, signal: i32) {
        let text = match signal {
            1 => "Hangup",
            3 => "Quit",
            6 => "Aborted",
            9 => "Killed",
            10 => "User defined signal 1",
            11 => "Segmentation fault",
            12 => "User defined signal 2",
            14 => "Alarm clock",
            15 => "Terminated",
            _ => return,
        };
        if !self.bash {
            let _ = self.write(2, format!("{text}\n").as_bytes());
        }
    }

    /// Tells why a program was not run: the status.
    pub(crate) fn tell_not_run(&self, refused: &NotRun, name: &[u8]) -> i32 {
        let (text, status) = match refused {
            NotRun::Native => ("cannot run a native program in WebAssembly".to_owned(), 126),
            NotRun::NotFound if self.bash && !name.contains(&b'/') => {
                ("command not found".to_owned(), 127)
            }
            NotRun::NotFound if self.bash => ("No such file or directory".to_owned(), 127),
            NotRun::NotFound if name.is_empty() => ("Permission denied".to_owned(), 127),
            NotRun::NotFound => ("not found".to_owned(), 127),
            NotRun::Error(error) => {
                let gone = matches!(raw(error), Some(Errno::NOENT | Errno::NOTDIR));
                match (gone, self.bash) {
                    (true, false) => ("not found".to_owned(), 127),
                    (true, true) => (errors::text(error), 127),
                    (false, _) => (errors::text(error), 126),
                }
            }
        };
        self.complain([name, b": ", text.as_bytes()].concat());
        status
    }

    /// What a command's file says it is.
    pub(crate) fn program(&self, args: Vec<Vec<u8>>) -> Result<Found, (NotRun, Vec<u8>)> {
        let name = args.first().cloned().unwrap_or_default();
        let path = match self.find_program(&name) {
            Ok(Some(path)) => path,
            Ok(None) => {
                let tool = sandbox_tools::find(BStr::new(&name));
                return match tool {
                    Some(tool) if self.has_no_programs() => Ok((Program::Tool(tool), args)),
                    _ => Err((NotRun::NotFound, name)),
                };
            }
            Err(error) => return Err((NotRun::Error(error), name)),
        };
        let program = self.classify(&path, args, 0).map_err(|refused| (refused, name))?;
        Ok(program)
    }

    /// The file of a command: its own path, or the first along `PATH`.
    pub(crate) fn find_program(&self, name: &[u8]) -> io::Result<Option<Vec<u8>>> {
        if name.is_empty() {
            return Ok(None);
        }
        if name.contains(&b'/') {
            self.executable(name)?;
            return Ok(Some(name.to_vec()));
        }
        let path = self.vars.get(b"PATH").unwrap_or(DEFAULT_PATH);
        let mut refused = None;
        for folder in path.split(|byte| *byte == b':') {
            let mut file = folder.to_vec();
            if !file.is_empty() {
                file.push(b'/');
            }
            file.extend_from_slice(name);
            match self.executable(&file) {
                Ok(()) => return Ok(Some(file)),
                Err(error) if raw(&error) == Some(Errno::ACCESS) => {
                    let is_dir = self.world.files().metadata(&self.path(&file));
                    if !is_dir.is_ok_and(|meta| meta.is_dir()) {
                        refused = Some(error);
                    }
                }
                Err(_) => {}
            }
        }
        match refused {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }

    fn executable(&self, name: &[u8]) -> io::Result<()> {
        let path = self.path(name);
        let meta = self.world.files().metadata(&path)?;
        if meta.is_dir() {
            let error = if self.bash { Errno::ISDIR } else { Errno::ACCESS };
            return Err(error.into());
        }
        if meta.mode & 0o111 == 0 {
            return Err(Errno::ACCESS.into());
        }
        self.world.files().access(&path, 1)
    }

    fn has_no_programs(&self) -> bool {
        let path = self.vars.get(b"PATH").unwrap_or(DEFAULT_PATH);
        let mut folders = path.split(|byte| *byte == b':').filter(|folder| !folder.is_empty());
        let is_there = |folder: &[u8]| {
            let meta = self.world.files().metadata(&self.path(folder));
            meta.is_ok_and(|meta| meta.is_dir())
        };
        !path.is_empty() && !folders.any(is_there)
    }

    fn classify(&self, path: &[u8], args: Vec<Vec<u8>>, depth: usize) -> Result<Found, NotRun> {
        let start = self.first_bytes(path).map_err(NotRun::Error)?;
        if start.starts_with(b"#!") {
            return self.interpreted(path, &start, args, depth);
        }
        if start.starts_with(b"\0asm") {
            return Ok((Program::Module(path.to_vec(), args.clone()), args));
        }
        if start.starts_with(b"\x7fELF") {
            return self.native(path, args);
        }
        // A text without a first line for the kernel is a script of the shell that met it.
        let mut script = vec![path.to_vec()];
        script.extend(args.iter().skip(1).cloned());
        let mut all =
            vec![if self.bash { b"bash".to_vec() } else { b"sh".to_vec() }, b"--".to_vec()];
        all.extend(script);
        Ok((Program::Shell(self.bash, all), args))
    }

    fn first_bytes(&self, path: &[u8]) -> io::Result<Vec<u8>> {
        let stream = self.open_reading(path)?;
        let mut start = vec![0; 256];
        let count = stream.read(&mut start, &self.interrupt)?;
        start.truncate(count);
        Ok(start)
    }

    fn interpreted(
        &self,
        path: &[u8],
        start: &[u8],
        args: Vec<Vec<u8>>,
        depth: usize,
    ) -> Result<Found, NotRun> {
        if depth >= INTERPRETERS_MAX {
            return Err(NotRun::Error(Errno::LOOP.into()));
        }
        let line = start[2..].split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
        let (interpreter, argument) = match line.iter().position(u8::is_ascii_whitespace) {
            Some(at) => (&line[..at], Some(line[at..].trim_ascii())),
            None => (line, None),
        };
        let mut all = vec![interpreter.to_vec()];
        all.extend(argument.map(<[u8]>::to_vec));
        all.push(path.to_vec());
        all.extend(args.into_iter().skip(1));
        let name = base(interpreter);
        if name == b"env" {
            // `env name` finds the interpreter along PATH.
            let skip = if all.get(1).is_some_and(|arg| arg == b"-S") { 2 } else { 1 };
            all.drain(..skip);
            if let Some(bash) = is_shell(base(&all[0])) {
                return Ok((Program::Shell(bash, all.clone()), all));
            }
            let found = self.find_program(&all[0]).map_err(NotRun::Error)?;
            let found = found.ok_or(NotRun::NotFound)?;
            return self.classify(&found, all, depth + 1);
        }
        if let Some(bash) = is_shell(name) {
            return Ok((Program::Shell(bash, all.clone()), all));
        }
        let interpreter = interpreter.to_vec();
        self.executable(&interpreter).map_err(NotRun::Error)?;
        self.classify(&interpreter, all, depth + 1)
    }

    fn native(&self, path: &[u8], args: Vec<Vec<u8>>) -> Result<Found, NotRun> {
        let called = base(path).to_vec();
        let target = self.link_end(path);
        if base(&target) == b"busybox" && called == b"busybox" {
            // `busybox name …`
            let args: Vec<Vec<u8>> = args.into_iter().skip(1).collect();
            let name = args.first().cloned().unwrap_or_default();
            return native_named(&name, args);
        }
        native_named(&called, args)
    }

    /// The file at the end of a chain of links.
    fn link_end(&self, path: &[u8]) -> Vec<u8> {
        let mut path = self.path(path);
        for _ in 0..LINKS_MAX {
            let Ok(target) = self.world.files().read_link(&path) else { break };
            use std::os::unix::ffi::OsStringExt as _;
            let target = std::path::PathBuf::from(std::ffi::OsString::from_vec(target.into()));
            path = match path.parent() {
                Some(parent) => parent.join(target),
                None => target,
            };
        }
        directory(path)
    }

    /// Starts a process for a tool that runs others.
    pub(super) fn start_process(
        machine: &Arc<Machine>,
        parent: u32,
        process: Process,
    ) -> io::Result<u32> {
        let args: Vec<Vec<u8>> = process.args.iter().map(|arg| arg.to_vec()).collect();
        let mut parent_shell =
            Self::from_setup(Setup::of_process(machine, parent, &process), false);
        let copy = Self::from_setup(Setup::of_process(machine, parent, &process), false);
        match copy.program(args.clone()) {
            Ok((program, args)) => {
                let spawned = parent_shell.spawn(copy, |copy| copy.run_found(program, args));
                spawned.map_err(|_| Errno::AGAIN.into())
            }
            Err((NotRun::NotFound, _)) => Err(Errno::NOENT.into()),
            Err((NotRun::Native, _)) => Err(Errno::NOEXEC.into()),
            Err((NotRun::Error(error), _)) => Err(error),
        }
    }

    /// `exec name`: runs a program in this one's place.
    pub(crate) fn exec_program(&mut self, args: Vec<Vec<u8>>) -> Flow {
        match self.program(args) {
            Ok((program, args)) => {
                // What runs in the shell's place knows nothing of its traps.
                self.traps = self.traps.for_subshell();
                self.traps.own_process();
                self.run_found(program, args)?;
                Err(Stop::Exit)
            }
            Err((refused, name)) => {
                if let (true, NotRun::NotFound) = (self.bash, &refused) {
                    self.complain([b"exec: ", name.as_slice(), b": not found"].concat());
                    self.status = 127;
                } else {
                    self.status = self.tell_not_run(&refused, &name);
                }
                Err(Stop::Exit)
            }
        }
    }
}

fn native_named(name: &[u8], args: Vec<Vec<u8>>) -> Result<Found, NotRun> {
    if let Some(bash) = is_shell(name) {
        return Ok((Program::Shell(bash, args.clone()), args));
    }
    match sandbox_tools::find(BStr::new(name)) {
        Some(tool) => Ok((Program::Tool(tool), args)),
        None => Err(NotRun::Native),
    }
}

/// Whether a name is a shell's, and then whether it is bash.
pub(crate) fn is_shell(name: &[u8]) -> Option<bool> {
    match name {
        b"bash" | b"rbash" => Some(true),
        b"sh" | b"dash" | b"ash" => Some(false),
        _ => None,
    }
}

/// The last part of a path.
pub(crate) fn base(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

fn strings(args: Vec<Vec<u8>>) -> Vec<BString> {
    args.into_iter().map(BString::from).collect()
}

fn raw(error: &io::Error) -> Option<Errno> {
    error.raw_os_error().map(Errno::from_raw_os_error)
}
