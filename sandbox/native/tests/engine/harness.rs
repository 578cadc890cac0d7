//! A container for a test: made of a few words, started by the real program, cleaned up whatever happens.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use backends_logs::{LogReader, Stream};
use sandbox_shim::{
    Capabilities, Client, ContainerConfig, ExecSpec, ExecStdio, ExitRecord, Network, Notice,
    Process, Reply, Request, Resources, Rootfs, RunDir, Security, ShimState, StartFailure,
    StartRecord, StartReport, SweepRequest, TerminalSize,
};
use tempfile::TempDir;

use crate::image::{BUSYBOX, HOST, SEALED, tool};

/// How long anything may take before a test gives up on it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A container to be.
pub(crate) struct Setup {
    pub(crate) dir: TempDir,
    pub(crate) config: ContainerConfig,
}

/// A container that runs, or has run.
pub(crate) struct Container {
    /// Removed when this value goes.
    _dir: TempDir,
    pub(crate) config: ContainerConfig,
    pub(crate) start: StartRecord,
    shim: Option<Child>,
}

/// How a container ended.
pub(crate) struct Ended {
    pub(crate) exit: ExitRecord,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A container of busybox that runs `script` in a shell.
pub(crate) fn shell(script: &str) -> Setup {
    command(&["/bin/sh", "-c", script])
}

/// A container of busybox that runs `argv`.
pub(crate) fn command(argv: &[&str]) -> Setup {
    static NUMBER: AtomicU64 = AtomicU64::new(1);
    let dir = tempfile::tempdir().unwrap();
    for name in ["upper", "work", "run", "log"] {
        fs::create_dir(dir.path().join(name)).unwrap();
    }
    let path = |name: &str| dir.path().join(name);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let container_id = format!("{:032x}{number:032x}", std::process::id());
    let config = ContainerConfig {
        version: sandbox_shim::PROTOCOL_VERSION,
        cgroup_name: container_id.clone(),
        container_id,
        incarnation: 1,
        effect_id: "effect".to_owned(),
        run_dir: path("run"),
        log_dir: path("log"),
        log_retention: None,
        rootfs: Rootfs::Overlay {
            lower: vec![BUSYBOX.clone()],
            upper: path("upper"),
            work: path("work"),
            volatile: false,
            user_xattrs: false,
        },
        hostname: "box".to_owned(),
        domainname: String::new(),
        process: process(argv),
        open_stdin: false,
        init: false,
        files: Vec::new(),
        mounts: Vec::new(),
        shm_size_bytes: 64 * 1024 * 1024,
        security: Security::docker_default(),
        sysctls: BTreeMap::new(),
        resources: Resources::default(),
        cgroups: HOST.cgroups.clone(),
        oom_score_adj: 0,
        network: Network::None,
        namespaces: Default::default(),
        publishing: None,
        resolver: None,
        hub: None,
        wasm: None,
    };
    Setup { dir, config }
}

/// A process that runs `argv` as root.
pub(crate) fn process(argv: &[&str]) -> Process {
    Process {
        argv: argv.iter().map(|argument| (*argument).to_owned()).collect(),
        env: vec!["PATH=/usr/bin:/bin".to_owned()],
        cwd: "/".to_owned(),
        user: String::new(),
        additional_groups: Vec::new(),
        terminal: None,
        capabilities: Capabilities::DOCKER_DEFAULT,
        no_new_privileges: false,
        rlimits: Vec::new(),
    }
}

// === impl Setup ===

impl Setup {
    /// Changes the configuration.
    pub(crate) fn with(mut self, change: impl FnOnce(&mut ContainerConfig)) -> Self {
        change(&mut self.config);
        self
    }

    /// Runs the program on a terminal.
    pub(crate) fn terminal(self, height: u16, width: u16) -> Self {
        self.with(|config| config.process.terminal = Some(TerminalSize { height, width }))
    }

    /// Starts the container, which must work.
    pub(crate) fn start(self) -> Container {
        self.try_start().unwrap_or_else(|failure| panic!("{}", failure.docker_text()))
    }

    /// Starts the container.
    pub(crate) fn try_start(self) -> Result<Container, StartFailure> {
        let (report, shim) = self.spawn(&SEALED.path());
        let (dir, config, shim) = (self.dir, self.config, Some(shim));
        match report {
            StartReport::Started(start) => Ok(Container { _dir: dir, config, start, shim }),
            StartReport::Failed(failure) => {
                wait(&mut shim.unwrap());
                Err(failure)
            }
        }
    }

    /// Starts the shim by `program` and returns what it reports.
    #[expect(clippy::disallowed_methods, reason = "the tests stand for the server")]
    pub(crate) fn spawn(&self, program: &std::path::Path) -> (StartReport, Child) {
        let file = tempfile::tempfile().unwrap();
        serde_json::to_writer(&file, &self.config).unwrap();
        std::io::Seek::rewind(&mut &file).unwrap();
        let mut shim = Command::new(program)
            .arg(&self.config.container_id[..12])
            .stdin(Stdio::from(file))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut report = String::new();
        shim.stdout.take().unwrap().read_to_string(&mut report).unwrap();
        (serde_json::from_str(&report).unwrap(), shim)
    }

    /// Starts the container and waits for its end.
    pub(crate) fn run(self) -> Ended {
        self.start().end()
    }

    /// Runs the container and returns its standard output; it must succeed and say nothing else.
    pub(crate) fn stdout(self) -> String {
        let ended = self.run();
        assert_eq!((ended.exit.code, ended.stderr.as_str()), (0, ""), "{}", ended.stdout);
        ended.stdout
    }
}

// === impl Container ===

impl Container {
    /// Names the run directory.
    pub(crate) fn run_dir(&self) -> RunDir {
        RunDir::new(&self.config.run_dir)
    }

    /// Connects as a server does.
    pub(crate) fn connect(&self) -> (Client, ShimState, OwnedFd) {
        Client::connect(&self.run_dir()).unwrap()
    }

    /// Makes one call on a connection of its own.
    pub(crate) fn call(&self, request: Request) -> Vec<OwnedFd> {
        self.connect().0.call(request, Vec::new()).unwrap().1
    }

    /// Waits until the container's output contains `text`.
    pub(crate) fn await_output(&self, text: &str) {
        let (_client, _, news) = self.connect();
        while !self.output().0.contains(text) {
            let mut count = [0; 8];
            assert!(readable(&news), "no output {text:?} in {:?}", self.output());
            rustix::io::read(&news, &mut count).unwrap();
        }
    }

    /// Waits for the shim to end, and returns what is left.
    pub(crate) fn end(mut self) -> Ended {
        self.finish()
    }

    /// As [`Self::end`], for a container that is looked at afterwards.
    pub(crate) fn finish(&mut self) -> Ended {
        wait(self.shim.as_mut().unwrap());
        self.shim = None;
        let (stdout, stderr) = self.output();
        Ended { exit: self.exit_record(), stdout, stderr }
    }

    /// Reads the record of the end.
    pub(crate) fn exit_record(&self) -> ExitRecord {
        serde_json::from_slice(&fs::read(self.run_dir().exit_record()).unwrap()).unwrap()
    }

    /// Reads the log.
    pub(crate) fn output(&self) -> (String, String) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut reader = LogReader::open(&self.config.log_dir).unwrap();
        while let Some(frame) = reader.next_frame().unwrap() {
            match frame.stream {
                Stream::Stdout => stdout.extend_from_slice(&frame.bytes),
                Stream::Stderr => stderr.extend_from_slice(&frame.bytes),
            }
        }
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        (text(stdout), text(stderr))
    }

    /// Adds a program and waits for its end; returns its exit code, standard output and standard error.
    pub(crate) fn exec(&self, process: Process) -> Result<(i32, String, String), StartFailure> {
        let (mut read_stdout, stdout) = std::io::pipe().unwrap();
        let (mut read_stderr, stderr) = std::io::pipe().unwrap();
        let stdio = ExecStdio { stdin: false, stdout: true, stderr: true };
        let spec = Box::new(ExecSpec { process, stdio });
        let (mut client, _, _) = self.connect();
        let exec_id = "exec".to_owned();
        let fds = vec![OwnedFd::from(stdout), OwnedFd::from(stderr)];
        match client.call(Request::Exec { exec_id: exec_id.clone(), spec }, fds) {
            Ok((Reply::ExecStarted { .. }, _)) => {}
            Err(sandbox_shim::CallFailed::Refused(sandbox_shim::CallError::Start(failure))) => {
                return Err(failure);
            }
            other => panic!("{other:?}"),
        }
        let (mut out, mut err) = (String::new(), String::new());
        read_stdout.read_to_string(&mut out).unwrap();
        read_stderr.read_to_string(&mut err).unwrap();
        loop {
            if let Notice::ExecExit(exit) = client.notice().unwrap() {
                client.call(Request::ExecForget { exec_id }, Vec::new()).unwrap();
                return Ok((exit.code, out, err));
            }
        }
    }

    /// Runs `script` in a shell added to the container and returns its standard output.
    pub(crate) fn exec_shell(&self, script: &str) -> String {
        let (code, out, err) = self.exec(process(&["/bin/sh", "-c", script])).unwrap();
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        out
    }

    /// Lets go of the shim, which then is nobody's.
    pub(crate) fn shim(&mut self) -> &mut Option<Child> {
        &mut self.shim
    }

    /// Returns the container's directory in each control group hierarchy.
    pub(crate) fn cgroup_paths(&self) -> Vec<PathBuf> {
        match &self.config.cgroups {
            sandbox_shim::Cgroups::V1 { hierarchies } => {
                hierarchies.iter().map(|h| h.parent.join(&self.config.cgroup_name)).collect()
            }
            sandbox_shim::Cgroups::V2 { parent } => vec![parent.join(&self.config.cgroup_name)],
            sandbox_shim::Cgroups::Absent => Vec::new(),
        }
    }
}

impl Drop for Container {
    /// A test that fails in the middle must not leave its container behind.
    fn drop(&mut self) {
        if let Some(shim) = &mut self.shim {
            let _ = shim.kill();
            let _ = shim.wait();
            let (cgroups, cgroup_name) =
                (self.config.cgroups.clone(), self.config.cgroup_name.clone());
            tool("sweep", &SweepRequest { cgroups, cgroup_name });
        }
    }
}

/// Waits for a child; fails if it takes too long.
pub(crate) fn wait(child: &mut Child) {
    let pid = rustix::process::Pid::from_child(child);
    let pidfd = rustix::process::pidfd_open(pid, rustix::process::PidfdFlags::empty()).unwrap();
    assert!(readable(&pidfd), "the shim does not end");
    child.wait().unwrap();
}

/// Waits until a descriptor is readable; tells whether it became so in time.
pub(crate) fn readable(file: &OwnedFd) -> bool {
    let mut files = [rustix::event::PollFd::new(file, rustix::event::PollFlags::IN)];
    let patience = rustix::event::Timespec { tv_sec: PATIENCE.as_secs() as i64, tv_nsec: 0 };
    rustix::event::poll(&mut files, Some(&patience)).unwrap() > 0
}

/// Asks again and again until `condition` holds; for what nobody tells of.
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    for _ in 0..PATIENCE.as_millis() {
        if condition() {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("{what} did not come true");
}
