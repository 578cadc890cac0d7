//! A shell from its start to its end: what it is given, its options, its script.

use std::path::Path;
use std::sync::Arc;

use bstr::BString;
use sandbox_tools::{Interrupt, Process, Stream, World};

use crate::exec::{self, status_of};
use crate::fds::Fds;
use crate::jobs::Jobs;
use crate::machine::{Machine, PROCESSES_MAX, STACK_BYTES, Signals};
use crate::options::Options;
use crate::shell::{CommandName, Flow, Shell, Stop};
use crate::traps::Traps;
use crate::vars::Vars;

/// Runs programs that are WebAssembly modules.
pub trait Modules: Send + Sync {
    /// Runs one to its end: its status. `EINTR` once `interrupt` is raised.
    fn run(&self, path: &Path, process: Process, interrupt: &Interrupt) -> std::io::Result<i32>;
}

/// What a shell may do.
#[derive(Clone, Default)]
pub struct Limits {
    /// Processes at once; 512 where none is said.
    pub processes: Option<usize>,
}

/// Runs a shell, or whatever program the first argument names, to its end: its exit status.
///
/// The name decides how: `sh`, `dash`, `ash` and `bash` are shells, anything else is looked for as a shell does and run.
/// `interrupt` ends it, with 128 and the signal; processes that it leaves behind are ended.
pub fn run(
    world: Arc<dyn World>,
    process: Process,
    interrupt: Arc<Interrupt>,
    limits: &Limits,
    modules: Option<Arc<dyn Modules>>,
) -> i32 {
    let machine = Machine::new(world, limits.processes.unwrap_or(PROCESSES_MAX));
    let signals = machine.root(process.args.clone(), interrupt);
    let pid = machine.world.pid();
    let mut setup = Setup::of_process(&machine, 0, &process);
    setup.signals = signals;
    setup.pid = pid;
    let bash = setup.bash;
    let status = on_own_stack(move || {
        let mut shell = Shell::from_setup(setup, bash);
        shell.modules = modules;
        let args: Vec<Vec<u8>> = process.args.iter().map(|arg| arg.to_vec()).collect();
        drop(process);
        let name = args.first().map_or(&b"sh"[..], |arg| exec::base(arg));
        let name = name.strip_prefix(b"-").unwrap_or(name);
        let result = if exec::is_shell(name).is_some() {
            main(&mut shell, args)
        } else {
            shell.run_program(args)
        };
        shell.finish(result)
    });
    machine.end_all(pid);
    status_of(status)
}

/// The thread that calls may have any stack.
fn on_own_stack(run: impl FnOnce() -> i32 + Send) -> i32 {
    std::thread::scope(|scope| {
        match std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, run) {
            Ok(thread) => thread.join().unwrap_or(2),
            Err(_) => 2,
        }
    })
}

/// What a shell begins with.
pub(crate) struct Setup {
    machine: Arc<Machine>,
    signals: Arc<Signals>,
    pid: u32,
    parent: u32,
    bash: bool,
    env: Vec<(BString, BString)>,
    cwd: Vec<u8>,
    umask: u32,
    fds: Fds,
    name: Vec<u8>,
}

impl Setup {
    pub(crate) fn of_process(machine: &Arc<Machine>, parent: u32, process: &Process) -> Self {
        use std::os::unix::ffi::OsStrExt as _;
        let name = process.args.first().map_or_else(|| b"sh".to_vec(), |name| name.to_vec());
        let base = exec::base(&name);
        let bash = exec::is_shell(base.strip_prefix(b"-").unwrap_or(base)) == Some(true);
        let stream = |stream: &Arc<dyn Stream>| Arc::clone(stream);
        Self {
            machine: Arc::clone(machine),
            signals: Arc::default(),
            pid: machine.world.pid(),
            parent,
            bash,
            env: process.env.clone(),
            cwd: process.cwd.as_os_str().as_bytes().to_vec(),
            umask: process.umask,
            fds: Fds::new(stream(&process.stdin), stream(&process.stdout), stream(&process.stderr)),
            name,
        }
    }
}

impl Shell {
    pub(crate) fn from_setup(setup: Setup, bash: bool) -> Self {
        let world = exec::ProcessWorld::of(&setup.machine, setup.pid);
        let started = world.elapsed();
        let mut shell = Self {
            interrupt: Arc::clone(&setup.signals.interrupt),
            signals: setup.signals,
            world,
            machine: setup.machine,
            pid: setup.pid,
            root_pid: setup.pid,
            parent_pid: setup.parent,
            bash,
            options: Options::new(bash),
            vars: Vars::new(),
            functions: Arc::default(),
            aliases: Arc::default(),
            fds: setup.fds,
            cwd: setup.cwd,
            umask: setup.umask,
            name: setup.name.into(),
            command_name: CommandName::None,
            shown_name: None,
            params: Arc::default(),
            status: 0,
            line: 1,
            read_line: 1,
            arith_prefix: "",
            from_string: false,
            interactive: false,
            traps: Traps::default(),
            jobs: Jobs::default(),
            loops: 0,
            returns: 0,
            depth: 0,
            tested: 0,
            substituted: None,
            pipe_status: vec![0],
            last_argument: Vec::new(),
            getopts_at: 0,
            functions_running: Vec::new(),
            directories: Vec::new(),
            random: setup.pid,
            subshell: 0,
            started,
            process_fds: Vec::new(),
            modules: None,
        };
        shell.take_environment(setup.env);
        shell
    }

    fn take_environment(&mut self, env: Vec<(BString, BString)>) {
        for (name, value) in env {
            if sandbox_script::is_name(&name) {
                self.vars.force(&name, &value);
                self.vars.entry(&name).exported = true;
            }
        }
        // IFS of the environment is not to be trusted.
        self.vars.force(b"IFS", b" \t\n");
        self.vars.entry(b"IFS").exported = false;
        self.vars.force(b"OPTIND", b"1");
        self.vars.optind_set = false;
        let cwd = self.cwd.clone();
        let pwd = self.vars.get(b"PWD").map(<[u8]>::to_vec);
        let same = pwd.as_ref().is_some_and(|pwd| {
            let files = self.world.files();
            let there = files.metadata(&self.path(pwd));
            let here = files.metadata(&self.path(&cwd));
            pwd.starts_with(b"/")
                && matches!((there, here), (Ok(there), Ok(here)) if there.is_same_file(&here))
        });
        match pwd {
            Some(pwd) if same => self.cwd = pwd,
            _ => self.vars.force(b"PWD", &cwd),
        }
        if self.vars.get(b"PS4").is_none() {
            self.vars.force(b"PS4", b"+ ");
        }
        if self.bash {
            self.set_bash_variables();
        }
    }

    fn set_bash_variables(&mut self) {
        self.vars.entry(b"PWD").exported = true;
        let level = self.vars.get(b"SHLVL").and_then(crate::numbers::decimal).unwrap_or(0) + 1;
        self.vars.force(b"SHLVL", level.to_string().as_bytes());
        self.vars.entry(b"SHLVL").exported = true;
        if self.vars.get(b"PATH").is_none() {
            self.vars.force(b"PATH", exec::DEFAULT_PATH);
        }
        let version = ["5", "2", "15", "1", "release", "x86_64-pc-linux-gnu"];
        let version = version.iter().zip(0..).map(|(part, at)| (at, part.as_bytes().to_vec()));
        let version = crate::vars::Value::Indexed(Arc::new(version.collect()));
        let _ = self.vars.set_value(b"BASH_VERSINFO", version);
        let host = self.world.system().host;
        for (name, value) in [
            ("BASH_VERSION", "5.2.15(1)-release"),
            ("BASH", "/bin/bash"),
            ("OSTYPE", "linux-gnu"),
            ("HOSTTYPE", "x86_64"),
            ("MACHTYPE", "x86_64-pc-linux-gnu"),
            ("HOSTNAME", host.as_str()),
            ("OPTERR", "1"),
        ] {
            self.vars.force(name.as_bytes(), value.as_bytes());
        }
    }

    /// Makes this state that of a shell just started with `process`.
    pub(crate) fn become_new(&mut self, process: Process, bash: bool) {
        let args: Vec<Vec<u8>> = process.args.iter().map(|arg| arg.to_vec()).collect();
        let setup = Setup::of_process(&self.machine, self.pid, &process);
        let traps = self.traps.for_subshell();
        let modules = self.modules.clone();
        let mut new = Self::from_setup(setup, bash);
        new.modules = modules;
        new.fds.limit = self.fds.limit;
        new.traps = traps;
        new.traps.own_process();
        new.params = Arc::new(args);
        *self = new;
    }
}

/// Reads the arguments of a shell and runs what they say.
pub(crate) fn main(shell: &mut Shell, args: Vec<Vec<u8>>) -> Flow {
    shell.root_pid = shell.pid;
    let name = args.first().cloned().unwrap_or_else(|| b"sh".to_vec());
    shell.name = name.clone().into();
    let mut rest = args.into_iter().skip(1).peekable();
    let (mut command, mut stdin) = (false, false);
    while let Some(arg) = rest.peek() {
        let on = match arg.first() {
            Some(b'-') => true,
            Some(b'+') => false,
            _ => break,
        };
        let arg = arg.clone();
        rest.next();
        match arg.as_slice() {
            b"-" | b"--" => break,
            b"--posix" | b"--norc" | b"--noprofile" | b"--login" | b"--restricted" => continue,
            b"--bash" => {
                shell.bash = true;
                shell.options = Options::new(true);
                shell.set_bash_variables();
                continue;
            }
            _ => {}
        }
        for letter in &arg[1..] {
            match letter {
                b'c' => command = true,
                b's' => stdin = true,
                b'l' => {}
                b'i' => {
                    shell.interactive = true;
                    shell.options.set_letter(b'i', true);
                }
                b'o' | b'O' => {
                    let name = rest.next().unwrap_or_default();
                    let name = String::from_utf8_lossy(&name).into_owned();
                    if *letter == b'O' {
                        if let Some(option) = shell.options.shopt(&name) {
                            *option = on;
                        }
                    } else if !shell.options.set_name(&name, on) {
                        shell.line = 0;
                        return shell.illegal_option(
                            format!("{}o {name}", if on { '-' } else { '+' }).as_bytes(),
                        );
                    }
                }
                letter if shell.options.set_letter(*letter, on) => {}
                letter => return shell.illegal_option(&[arg[0], *letter]),
            }
        }
    }
    shell.vars.export_all = shell.options.allexport;
    shell.read_script(rest.collect(), command, stdin)
}

impl Shell {
    fn illegal_option(&mut self, option: &[u8]) -> Flow {
        let text = [&*self.name, b": 0: Illegal option ", option, b"\n"].concat();
        let _ = self.write(2, &text);
        self.status = 2;
        Err(Stop::Exit)
    }

    fn read_script(&mut self, rest: Vec<Vec<u8>>, command: bool, stdin: bool) -> Flow {
        let mut rest = rest.into_iter();
        if command {
            let Some(text) = rest.next() else {
                let message = if self.bash {
                    [&*self.name, b": -c: option requires an argument\n"].concat()
                } else {
                    [&*self.name, b": 0: -c requires an argument\n"].concat()
                };
                let _ = self.write(2, &message);
                self.status = 2;
                return Err(Stop::Exit);
            };
            if let Some(name) = rest.next() {
                self.name = name.into();
            }
            self.params = Arc::new(rest.collect());
            self.from_string = true;
            return self.run_text(text, 1);
        }
        match rest.next() {
            Some(file) if !stdin => {
                self.params = Arc::new(rest.collect());
                self.run_file(&file)
            }
            first => {
                self.params = Arc::new(first.into_iter().chain(rest).collect());
                self.options.set_letter(b's', true);
                let terminal = self.stream(0).is_terminal() && self.stream(2).is_terminal();
                if terminal {
                    self.interactive = true;
                    self.options.set_letter(b'i', true);
                }
                self.run_stream(0)
            }
        }
    }

    fn run_file(&mut self, file: &[u8]) -> Flow {
        match self.open_reading(file) {
            Ok(stream) => {
                let text = self.read_all(&*stream);
                self.name = file.into();
                self.run_text(text, 1)
            }
            Err(error) => {
                let message = if self.bash {
                    [&*self.name, b": ", file, b": ", crate::errors::text(&error).as_bytes(), b"\n"]
                        .concat()
                } else {
                    let text = crate::errors::dash(&error, false);
                    [&*self.name, b": 0: cannot open ", file, b": ", text.as_bytes(), b"\n"]
                        .concat()
                };
                let _ = self.write(2, &message);
                self.status = if self.bash { 127 } else { 2 };
                Err(Stop::Exit)
            }
        }
    }
}
