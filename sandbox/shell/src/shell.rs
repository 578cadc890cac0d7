//! One process of the shell: its state.

use std::sync::Arc;

use bstr::BString;
use sandbox_tools::{Interrupt, Stream, World};

use crate::fds::{Closed, Fds};
use crate::jobs::Jobs;
use crate::machine::{Machine, Signals};
use crate::options::Options;
use crate::traps::Traps;
use crate::vars::{NameMap, Vars};
use sandbox_script::{Aliases, Function};

/// Why a command does not go on to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The process ends with the status that is set.
    Exit,
    /// An error was told that ends a shell which is not interactive, unless something between catches it.
    Error,
    /// `return`.
    Return,
    /// `break`, and how many more loops.
    Break(u32),
    /// `continue`, and how many more loops.
    Continue(u32),
    /// A signal ends the process.
    Signal(u8),
}

/// What dash's errors name besides the line.
#[derive(Debug, Clone, Default)]
pub(crate) enum CommandName {
    #[default]
    None,
    Builtin(&'static [u8]),
    File(Arc<[u8]>),
}

impl CommandName {
    fn text(&self) -> Option<&[u8]> {
        match self {
            Self::None => None,
            Self::Builtin(name) => Some(name),
            Self::File(name) => Some(name),
        }
    }
}

/// How a command ends: its status is in the shell.
pub(crate) type Flow<T = ()> = Result<T, Stop>;

/// Functions by name.
pub(crate) type Functions = NameMap<(Arc<Function>, u32)>;

/// The state of one process of the shell.
pub(crate) struct Shell {
    pub(crate) machine: Arc<Machine>,
    pub(crate) world: Arc<dyn World>,
    pub(crate) signals: Arc<Signals>,
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) pid: u32,
    /// What `$$` is: the number of the first shell.
    pub(crate) root_pid: u32,
    pub(crate) parent_pid: u32,
    pub(crate) bash: bool,
    pub(crate) options: Options,
    pub(crate) vars: Vars,
    pub(crate) functions: Arc<Functions>,
    pub(crate) aliases: Arc<Aliases>,
    pub(crate) fds: Fds,
    pub(crate) cwd: Vec<u8>,
    pub(crate) umask: u32,
    /// `$0`, and what errors begin with.
    pub(crate) name: Arc<[u8]>,
    /// The builtin or sourced file that runs: dash's errors name it.
    pub(crate) command_name: CommandName,
    /// The sourced file that runs: bash's errors begin with it.
    pub(crate) shown_name: Option<Arc<[u8]>>,
    pub(crate) params: Arc<Vec<Vec<u8>>>,
    pub(crate) status: i32,
    /// The line of the command that runs.
    pub(crate) line: u32,
    /// The line that is read next: what dash's errors of syntax have.
    pub(crate) read_line: u32,
    /// What bash calls the text that runs: `-c: ` or nothing.
    pub(crate) from_string: bool,
    pub(crate) interactive: bool,
    pub(crate) traps: Traps,
    pub(crate) jobs: Jobs,
    /// Loops around the command that runs.
    pub(crate) loops: u32,
    /// Functions and sourced files around it.
    pub(crate) returns: u32,
    /// What nests on the stack.
    pub(crate) depth: usize,
    /// More than 0 where `set -e` does not count.
    pub(crate) tested: u32,
    /// The status of the last command substitution of a command without a name.
    pub(crate) substituted: Option<i32>,
    pub(crate) pipe_status: Vec<i32>,
    pub(crate) last_argument: Vec<u8>,
    /// Where the next letter of `getopts` is.
    pub(crate) getopts_at: usize,
    pub(crate) functions_running: Vec<Box<[u8]>>,
    pub(crate) directories: Vec<Vec<u8>>,
    pub(crate) random: u32,
    /// True in a copy of the state that runs in its parent's thread.
    pub(crate) subshell: u32,
    pub(crate) started: std::time::Duration,
    /// Descriptors of process substitutions that the command that runs has.
    pub(crate) process_fds: Vec<u32>,
    /// Programs that are no scripts and no tools.
    /// What bash's errors of arithmetic begin with.
    pub(crate) arith_prefix: &'static str,
    pub(crate) modules: Option<Arc<dyn crate::Modules>>,
}

impl Shell {
    /// A copy for a subshell: traps that run commands are gone, jobs are not its own.
    pub(crate) fn copy(&self) -> Self {
        let mut copy = Self {
            machine: Arc::clone(&self.machine),
            world: Arc::clone(&self.world),
            signals: Arc::clone(&self.signals),
            interrupt: Arc::clone(&self.interrupt),
            pid: self.pid,
            root_pid: self.root_pid,
            parent_pid: self.parent_pid,
            bash: self.bash,
            options: self.options,
            vars: self.vars.clone(),
            functions: Arc::clone(&self.functions),
            aliases: Arc::clone(&self.aliases),
            fds: self.fds.clone(),
            cwd: self.cwd.clone(),
            umask: self.umask,
            name: Arc::clone(&self.name),
            command_name: self.command_name.clone(),
            shown_name: self.shown_name.clone(),
            params: Arc::clone(&self.params),
            status: self.status,
            line: self.line,
            read_line: self.read_line,
            arith_prefix: "",
            from_string: self.from_string,
            interactive: false,
            traps: self.traps.for_subshell(),
            jobs: self.jobs.for_subshell(),
            loops: self.loops,
            returns: self.returns,
            depth: self.depth,
            tested: self.tested,
            substituted: None,
            pipe_status: self.pipe_status.clone(),
            last_argument: self.last_argument.clone(),
            getopts_at: self.getopts_at,
            functions_running: self.functions_running.clone(),
            directories: self.directories.clone(),
            random: self.random,
            subshell: self.subshell + 1,
            started: self.started,
            process_fds: Vec::new(),
            modules: self.modules.clone(),
        };
        copy.options.set_name("monitor", false);
        copy
    }

    /// The stream at a descriptor; a closed one fails at every use.
    pub(crate) fn stream(&self, fd: u32) -> Arc<dyn Stream> {
        self.fds.get(fd).map_or_else(|| Arc::new(Closed) as Arc<dyn Stream>, Arc::clone)
    }

    /// Writes all of `bytes` to a descriptor.
    pub(crate) fn write(&self, fd: u32, mut bytes: &[u8]) -> std::io::Result<()> {
        let Some(stream) = self.fds.get(fd) else {
            return Err(rustix::io::Errno::BADF.into());
        };
        while !bytes.is_empty() {
            let count = stream.write(bytes, &self.interrupt)?;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Tells an error: `name: line: message`.
    pub(crate) fn complain(&self, message: impl AsRef<[u8]>) {
        let mut text = match &self.shown_name {
            Some(name) => name.to_vec(),
            None => self.name.to_vec(),
        };
        if self.bash {
            if self.interactive {
                text.extend_from_slice(b": ");
            } else {
                text.extend_from_slice(format!(": line {}: ", self.line.max(1)).as_bytes());
            }
        } else {
            text.extend_from_slice(format!(": {}: ", self.line.max(1)).as_bytes());
            if let Some(name) = self.command_name.text() {
                text.extend_from_slice(name);
                text.extend_from_slice(b": ");
            }
        }
        text.extend_from_slice(message.as_ref());
        text.push(b'\n');
        let _ = self.write(2, &text);
    }

    /// Tells an error that ends the shell: status 2 in dash, 1 in bash.
    pub(crate) fn fail<T>(&mut self, message: impl AsRef<[u8]>) -> Flow<T> {
        self.complain(message);
        self.status = if self.bash { 1 } else { 2 };
        Err(Stop::Error)
    }

    /// A path as the file system takes it.
    pub(crate) fn path(&self, path: &[u8]) -> std::path::PathBuf {
        use std::os::unix::ffi::OsStrExt as _;
        let path = std::path::Path::new(std::ffi::OsStr::from_bytes(path));
        if path.as_os_str().is_empty() {
            return path.to_owned();
        }
        std::path::Path::new(std::ffi::OsStr::from_bytes(&self.cwd)).join(path)
    }

    /// The environment and streams of a program that is started.
    pub(crate) fn process(&self, args: Vec<BString>) -> sandbox_tools::Process {
        use std::os::unix::ffi::OsStrExt as _;
        let env = self.vars.environment();
        sandbox_tools::Process {
            args,
            env: env.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
            cwd: std::path::Path::new(std::ffi::OsStr::from_bytes(&self.cwd)).to_owned(),
            umask: self.umask,
            stdin: self.stream(0),
            stdout: self.stream(1),
            stderr: self.stream(2),
        }
    }
}
