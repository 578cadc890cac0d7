//! Starting a container: everything from a configuration to a program that runs.

use std::fs::{self, File, Permissions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt;

use backends_logs::{LogWriter, Stream, WriterOptions};
use rustix::fs::{FlockOperation, flock};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::pipe::{PipeFlags, fcntl_setpipe_size, pipe_with};
use sandbox_shim::{
    Capabilities, Cgroups, ContainerConfig, FailureOrigin, LogRetention, Network, PROTOCOL_VERSION,
    RunDir, Sharing, StartFailure, StartRecord,
};

use crate::cgroup::{ContainerCgroups, devices};
use crate::error::{During, StartError, step};
use crate::network;
use crate::output::Output;
use crate::ports::Forwarder;
use crate::process::ChildProcess;
use crate::records;
use crate::resolver::ResolverSockets;
use crate::rights::MAKE_DEVICES;
use crate::seccomp::{self, Filter};
use crate::stdio::{Stdio, host_null};
use crate::wasm::WasmHost;

mod birth;

pub(crate) use birth::adjust_oom_score;

use birth::Born;

/// The mode of `/etc/hosts` and the like.
const BOUND_FILE_MODE: u32 = 0o644;

/// Bytes a pipe of the container's output holds while the shim is busy: what an unprivileged process may ask for.
const PIPE_SIZE_BYTES: usize = 1024 * 1024;

/// A container that runs.
///
/// Its environment and whatever else was secret in its configuration is no longer here.
pub(crate) struct Running {
    pub(crate) container_id: String,
    pub(crate) incarnation: u64,
    pub(crate) run_dir: RunDir,
    pub(crate) oom_score_adj: i32,
    /// The host's null device.
    pub(crate) null: OwnedFd,
    pub(crate) record: StartRecord,
    pub(crate) cgroups: ContainerCgroups,
    /// Whether the end of the first process is the end of all others, by the kernel's doing.
    pub(crate) ends_together: bool,
    /// The container's first process.
    pub(crate) process: ChildProcess,
    pub(crate) output: Output,
    /// The way into standard input, while it is open: the pipe's end or the terminal.
    pub(crate) stdin: Option<OwnedFd>,
    pub(crate) terminal: Option<OwnedFd>,
    /// `/dev/pts` of the container.
    pub(crate) terminals: OwnedFd,
    pub(crate) filter: Option<Filter>,
    /// What is withheld from its programs.
    pub(crate) withheld: Capabilities,
    pub(crate) listener: OwnedFd,
    /// The process that holds the container's ports on the host, if it has any.
    pub(crate) forwarder: Option<Forwarder>,
    /// The sockets at which it asks for names, once it has any.
    pub(crate) resolver: Option<ResolverSockets>,
    /// How its programs are run that are WebAssembly.
    pub(crate) wasm: Option<WasmHost>,
}

/// The run directory is not this shim's: nothing may be written there.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct NotOurs(StartError);

impl NotOurs {
    /// Returns the failure as the protocol has it.
    pub(crate) fn into_failure(self) -> StartFailure {
        self.0.into_failure(FailureOrigin::Create)
    }
}

/// Takes the run directory for this process.
///
/// An incarnation is started once: a directory with records of a start is left as it is.
pub(crate) fn claim(run_dir: &RunDir) -> Result<File, NotOurs> {
    let lock = || -> Result<File, StartError> {
        let path = run_dir.lock();
        let file = File::options().write(true).create(true).truncate(false).open(&path);
        let file = file.during(step!("opening {}", path.display()))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .during(step!("locking {}", path.display()))?;
        let records = [run_dir.start_record(), run_dir.exit_record()];
        match records.iter().find(|record| record.exists()) {
            None => Ok(file),
            Some(record) => {
                let reason = format!("this incarnation has been started: {}", record.display());
                Err(StartError::Refused { reason })
            }
        }
    };
    lock().map_err(NotOurs)
}

/// Starts the container; what a failed start has made is taken away again, but for files of the run directory.
pub(crate) fn start(config: ContainerConfig) -> Result<Running, StartFailure> {
    let create = |error: StartError| error.into_failure(FailureOrigin::Create);
    let run_dir = RunDir::new(&config.run_dir);
    // Before the shim's children are born into the container, and before anything is made that would have to go again.
    let hub = config.hub.as_deref();
    let forwarder = config.publishing.as_ref().map(|asked| Forwarder::start(asked, hub));
    let forwarder = forwarder.transpose()?;
    // A container with the host's network gets the one that this process is in.
    if config.network != Network::Host {
        network::enter(hub).map_err(create)?;
    }
    let mut prepared = Prepared::make(&config, &run_dir).map_err(create)?;
    let born = match birth::give(&config, &mut prepared) {
        Ok(born) => born,
        Err(failure) => {
            prepared.cgroups.remove();
            return Err(failure);
        }
    };
    let mut record = born.record(&config);
    record.ports = forwarder.as_ref().map(Forwarder::ports).unwrap_or_default();
    let running = prepared.into_running(config, born, record, forwarder);
    match records::write(&run_dir.start_record(), &running.record) {
        Ok(()) => Ok(running),
        Err(error) => {
            running.process.kill();
            running.cgroups.remove();
            Err(create(error))
        }
    }
}

/// What a container needs before it is born.
struct Prepared {
    null: OwnedFd,
    log: LogWriter,
    filter: Option<Filter>,
    listener: OwnedFd,
    streams: Streams,
    cgroups: ContainerCgroups,
    resolver: Option<ResolverSockets>,
    wasm: Option<WasmHost>,
}

impl Prepared {
    fn make(config: &ContainerConfig, run_dir: &RunDir) -> Result<Self, StartError> {
        check(config)?;
        files(config, run_dir)?;
        let log = LogWriter::open(&config.log_dir, retention(config.log_retention));
        let log = log.map_err(|error| StartError::Refused { reason: error.to_string() })?;
        let security = &config.security;
        let filter = seccomp::filter(&security.seccomp, config.process.capabilities)?;
        let rules = match security.privileged {
            true => None,
            false => Some(devices::rules(&config.resources)?),
        };
        let (name, resources) = (&config.cgroup_name, &config.resources);
        Ok(Self {
            null: host_null()?,
            log,
            filter,
            listener: listen(run_dir)?,
            streams: Streams::open(config).during(step!("making pipes"))?,
            cgroups: ContainerCgroups::create(&config.cgroups, name, resources, rules.as_deref())?,
            resolver: None,
            wasm: config.wasm.as_ref().map(WasmHost::new),
        })
    }

    /// Without a filter of devices a container could make a node of the host's disk and read it.
    fn withheld(&self, privileged: bool) -> Capabilities {
        match privileged || self.cgroups.filter_devices() {
            true => Capabilities::NONE,
            false => MAKE_DEVICES,
        }
    }

    fn into_running(
        self,
        config: ContainerConfig,
        born: Born,
        record: StartRecord,
        forwarder: Option<Forwarder>,
    ) -> Running {
        let withheld = self.withheld(config.security.privileged);
        let Streams { mut stdin, mut sources, .. } = self.streams;
        if let Some(ends) = born.terminal_ends {
            sources.push((ends.output, Stream::Stdout));
            stdin = Some(ends.input).filter(|_| config.open_stdin);
        }
        Running {
            output: Output::new(self.log, sources),
            container_id: config.container_id,
            incarnation: config.incarnation,
            run_dir: RunDir::new(config.run_dir),
            oom_score_adj: config.oom_score_adj,
            null: self.null,
            record,
            ends_together: config.namespaces.pid == Sharing::Own,
            cgroups: self.cgroups,
            process: born.process,
            stdin,
            terminal: born.terminal,
            terminals: born.terminals,
            withheld,
            filter: self.filter,
            listener: self.listener,
            forwarder,
            resolver: self.resolver,
            wasm: self.wasm,
        }
    }
}

/// The standard streams of a program that has no terminal.
struct Streams {
    /// The program's ends; given to it at birth.
    ends: Option<Stdio>,
    sources: Vec<(OwnedFd, Stream)>,
    stdin: Option<OwnedFd>,
}

impl Streams {
    fn open(config: &ContainerConfig) -> Result<Self, Errno> {
        if config.process.terminal.is_some() {
            return Ok(Self { ends: None, sources: Vec::new(), stdin: None });
        }
        let (read_stdin, write_stdin) = match config.open_stdin {
            true => pipe_with(PipeFlags::CLOEXEC).map(|(read, write)| (Some(read), Some(write)))?,
            false => (None, None),
        };
        let (read_stdout, stdout) = pipe_with(PipeFlags::CLOEXEC)?;
        let (read_stderr, stderr) = pipe_with(PipeFlags::CLOEXEC)?;
        for end in [&read_stdout, &read_stderr].into_iter().chain(&write_stdin) {
            // Only this side of each pipe: the program's side blocks as programs expect.
            ioctl_fionbio(end, true)?;
        }
        // A user with many pipes is given a smaller one; it works all the same.
        let _ = fcntl_setpipe_size(&read_stdout, PIPE_SIZE_BYTES);
        let (stdout, stderr) = (Some(stdout), Some(stderr));
        Ok(Self {
            ends: Some(Stdio::Streams { stdin: read_stdin, stdout, stderr }),
            sources: vec![(read_stdout, Stream::Stdout), (read_stderr, Stream::Stderr)],
            stdin: write_stdin,
        })
    }
}

fn retention(asked: Option<LogRetention>) -> WriterOptions {
    asked.map_or_else(WriterOptions::default, |asked| WriterOptions {
        segment_bytes: asked.segment_bytes,
        segments_max: Some(asked.segments),
    })
}

fn listen(run_dir: &RunDir) -> Result<OwnedFd, StartError> {
    // A socket that is there has no listener, for this process holds the lock.
    drop(fs::remove_file(run_dir.socket()));
    run_dir.listen().during(step!("listening in {}", run_dir.path().display()))
}

fn check(config: &ContainerConfig) -> Result<(), StartError> {
    let refuse = |reason: String| Err(StartError::Refused { reason });
    if config.version > PROTOCOL_VERSION {
        return refuse(format!("the shim speaks version {PROTOCOL_VERSION}"));
    }
    if !config.process.cwd.starts_with('/') {
        return refuse(format!("the working directory {:?} is not absolute", config.process.cwd));
    }
    if config.namespaces.pid != Sharing::Own && config.cgroups == Cgroups::Absent {
        return refuse("without control groups a container needs its own processes".to_owned());
    }
    match [&config.run_dir, &config.log_dir].into_iter().find(|path| !path.is_absolute()) {
        Some(path) => refuse(format!("{} is not an absolute path", path.display())),
        None => Ok(()),
    }
}

/// Makes the files of the run directory: the place of the root file system and what is bound over the image's files.
fn files(config: &ContainerConfig, run_dir: &RunDir) -> Result<(), StartError> {
    let what = step!("preparing {}", run_dir.path().display());
    // A shim that died in the middle may have been here.
    fs::create_dir_all(run_dir.root()).during(what)?;
    if config.files.is_empty() {
        return Ok(());
    }
    fs::create_dir_all(run_dir.files()).during(what)?;
    for (number, file) in config.files.iter().enumerate() {
        let path = run_dir.files().join(number.to_string());
        fs::write(&path, &file.contents).during(what)?;
        // The shim's umask keeps others out, but these are for the container's users.
        fs::set_permissions(&path, Permissions::from_mode(BOUND_FILE_MODE)).during(what)?;
    }
    Ok(())
}
