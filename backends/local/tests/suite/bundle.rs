//! What the tests stand on: a host of their own, images of busybox, waiting for reports.

use std::{
    collections::BTreeMap,
    future::Future,
    io,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use backends_core::{
    Backend, Observation, ObservationReceiver, Output, RunId, Workload, observations,
};
use backends_images::{ImageStore, LayerLimits};
use backends_local::{LocalBackend, LocalOptions};
use backends_logs::Stream;
use journal_domain::{ContainerId, ContainerSpec, Digest, ExecId, NetworkMode};
use tokio::time::timeout;

/// Longer than anything takes here; a test that waits so long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The arguments by which the shim is linked, as its crate's documentation has them.
const SHIM_FLAGS: [&str; 4] = ["-C", "target-feature=+crt-static", "-C", "relocation-model=static"];

/// A backend on a data directory of its own.
pub(crate) struct Host {
    pub(crate) cluster: [u8; 16],
    pub(crate) options: LocalOptions,
    pub(crate) images: Arc<ImageStore>,
    /// The layer that has busybox.
    pub(crate) layer: Digest,
    local: Option<Arc<LocalBackend>>,
    reports: ObservationReceiver,
    next_id: AtomicU32,
    // Dropped last: what is above lies in it.
    data: tempfile::TempDir,
}

/// Runs a test on a host of its own, in a network namespace of its own.
pub(crate) fn on_a_host<F: Future<Output = ()>>(test: impl FnOnce(Host) -> F + Send + 'static) {
    in_own_network(move || async move { test(Host::new().await).await });
}

/// Runs `test` on threads whose network is new and has nothing but loopback.
pub(crate) fn in_own_network<F: Future<Output = ()>>(test: impl FnOnce() -> F + Send + 'static) {
    let thread = std::thread::spawn(move || {
        enter_new_network();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let patience = timeout(PATIENCE * 2, Box::pin(test())).await;
            patience.expect("the test ends in good time");
        });
    });
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[expect(
    unsafe_code,
    reason = "a thread that leaves the process's network is unsafe to whoever relies on it"
)]
pub(crate) fn enter_new_network() {
    // SAFETY: the thread is new, and what it starts belongs to this test alone.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNET) }.unwrap();
    ip(&["link", "set", "lo", "up"]);
}

/// Runs the `ip` tool in the calling thread's network.
#[expect(clippy::disallowed_methods, reason = "tests may run tools")]
pub(crate) fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "ip {}: {complaint}", arguments.join(" "));
}

// === impl Host ===

impl Host {
    pub(crate) async fn new() -> Self {
        // Memory, where there is some: tests sync and delete a lot.
        let folder = Path::new("/dev/shm");
        let folder = if folder.is_dir() { folder.to_owned() } else { std::env::temp_dir() };
        let data = tempfile::Builder::new().prefix("sockerless-local-").tempdir_in(folder).unwrap();
        let images = Arc::new(ImageStore::open(data.path()).unwrap());
        let layer = add_layer(&images, busybox_tar());
        let mut cluster = [0; 16];
        let name = data.path().file_name().unwrap().as_encoded_bytes();
        let end = &name[name.len().saturating_sub(16)..];
        cluster[..end.len()].copy_from_slice(end);
        // The random part first: a bridge is named by the beginning.
        cluster.reverse();
        let options = LocalOptions::new(data.path(), shim(), cluster);
        let (local, reports) = open(&options, &images).await;
        let next_id = AtomicU32::new(1);
        Self { cluster, options, images, layer, local: Some(local), reports, next_id, data }
    }

    pub(crate) fn local(&self) -> &Arc<LocalBackend> {
        self.local.as_ref().expect("the server runs")
    }

    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// Ends the server and starts another; containers go on meanwhile, and `meanwhile` happens without a server.
    pub(crate) async fn restart<F: Future<Output = ()>>(&mut self, meanwhile: F) {
        let old = Arc::downgrade(&self.local.take().expect("the server runs"));
        assert!(old.upgrade().is_none(), "nobody else holds the backend");
        meanwhile.await;
        let (local, reports) = open(&self.options, &self.images).await;
        (self.local, self.reports) = (Some(local), reports);
    }

    pub(crate) fn id(&self) -> [u8; 32] {
        let mut id = [0; 32];
        let number = self.next_id.fetch_add(1, Ordering::Relaxed);
        // Containers differ in the first digits, as real ids do.
        id[..4].copy_from_slice(&number.to_be_bytes());
        id[..2].copy_from_slice(&number.to_le_bytes()[..2]);
        id
    }

    /// Makes a container that runs a script, without a network.
    pub(crate) fn script(&self, script: &str) -> Workload {
        self.workload(self.spec(&["sh", "-c", script]))
    }

    pub(crate) fn spec(&self, cmd: &[&str]) -> ContainerSpec {
        ContainerSpec {
            cmd: Some(cmd.iter().map(ToString::to_string).collect()),
            layers: vec![self.layer],
            network: NetworkMode::None,

            ..ContainerSpec::default()
        }
    }

    pub(crate) fn workload(&self, spec: ContainerSpec) -> Workload {
        let container = ContainerId::from_bytes(self.id());
        Workload {
            run: RunId { container, incarnation: 1 },
            name: "test".into(),
            hostname: container.short(),
            spec: Arc::new(spec),
            options: None,
            endpoints: Vec::new(),
            way_out: None,
            links: Vec::new(),
            bridge: None,
            peers: BTreeMap::new(),
            size: None,
        }
    }

    pub(crate) fn exec_id(&self) -> ExecId {
        ExecId::from_bytes(self.id())
    }

    /// Waits for the next report.
    pub(crate) async fn report(&mut self) -> Observation {
        timeout(PATIENCE, self.reports.recv()).await.expect("a report comes").expect("it runs")
    }

    /// Starts a run and gives its process.
    pub(crate) async fn start(&mut self, workload: &Workload) -> u32 {
        self.local().start(workload).await.unwrap();
        let report = self.report().await;
        let Observation::Started { run, pid, .. } = report else { panic!("no start: {report:?}") };
        assert_eq!(run, workload.run);
        pid
    }

    /// Waits for the end of a run; other reports before it are dropped.
    pub(crate) async fn exit(&mut self, wanted: RunId) -> (i64, bool) {
        loop {
            let report = self.report().await;
            assert!(!matches!(report, Observation::Lost { .. }), "{report:?}");
            let Observation::Exited { run, exit_code, oom_killed, error, .. } = report else {
                continue;
            };
            if run == wanted {
                assert_eq!(error, "");
                return (exit_code, oom_killed);
            }
        }
    }

    /// Starts a run, waits for its end, and gives its exit code and output.
    pub(crate) async fn run(&mut self, workload: &Workload) -> (i64, String) {
        self.start(workload).await;
        let (code, _) = self.exit(workload.run).await;
        (code, self.text(workload.run.container))
    }

    /// Gives what a container has written so far.
    pub(crate) fn text(&self, container: ContainerId) -> String {
        let mut output = self.local().output(container).unwrap();
        let mut bytes = Vec::new();
        while let Some(frame) = output.reader.next_frame().unwrap() {
            bytes.extend_from_slice(&frame.bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until a running container has written `text`.
    pub(crate) async fn wait_for_text(&self, container: ContainerId, text: &str) {
        let output = self.local().output(container).unwrap();
        follow_until(output, |seen, _| seen.ends_with(text.as_bytes())).await;
    }

    pub(crate) async fn remove(&self, container: ContainerId) {
        self.local().remove(container).await.unwrap();
    }
}

impl Drop for Host {
    /// Leaves nothing on the machine, whatever the test has done.
    fn drop(&mut self) {
        self.local = None;
        let options = self.options.clone();
        // A thread of this one's network; the runtime of the test cannot wait inside itself.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.unwrap().block_on(LocalBackend::tear_down(&options))
        });
        let torn_down = thread.join().expect("tearing down does not panic");
        if !std::thread::panicking() {
            torn_down.unwrap();
        }
    }
}

/// Follows output until `enough` says so of all bytes so far and the last frame's stream.
pub(crate) async fn follow_until(
    mut output: Output,
    mut enough: impl FnMut(&[u8], Stream) -> bool,
) -> Vec<u8> {
    let mut seen = Vec::new();
    let following = async {
        loop {
            while let Some(frame) = output.reader.next_frame().unwrap() {
                seen.extend_from_slice(&frame.bytes);
                if enough(&seen, frame.stream) {
                    return;
                }
            }
            output.grown.changed().await.expect("the backend is there");
        }
    };
    let followed = timeout(PATIENCE, following).await;
    assert!(followed.is_ok(), "only came: {}", String::from_utf8_lossy(&seen));
    seen
}

async fn open(
    options: &LocalOptions,
    images: &Arc<ImageStore>,
) -> (Arc<LocalBackend>, ObservationReceiver) {
    let (sender, reports) = observations();
    let local = LocalBackend::open(options.clone(), Arc::clone(images), sender).await.unwrap();
    (Arc::new(local), reports)
}

/// Unpacks a layer into the store.
pub(crate) fn add_layer(images: &ImageStore, tar: &[u8]) -> Digest {
    let lease = images.lease();
    let layers = images.layers();
    let staged = layers.stage(tar, io::sink(), &LayerLimits::default()).unwrap();
    let digest = staged.layer().diff_id;
    layers.commit(vec![staged], &lease).unwrap();
    Digest::from_bytes(digest.to_bytes())
}

/// The archive of a root file system that has busybox and nothing else.
fn busybox_tar() -> &'static [u8] {
    static TAR: OnceLock<Vec<u8>> = OnceLock::new();
    TAR.get_or_init(|| {
        let busybox =
            ["/usr/bin/busybox", "/bin/busybox"].iter().find_map(|path| std::fs::read(path).ok());
        let busybox = busybox.expect("busybox is installed (busybox-static)");
        let mut tar = tar::Builder::new(Vec::new());
        for dir in ["bin", "etc", "tmp", "proc", "sys", "dev", "root"] {
            append(&mut tar, dir, tar::EntryType::Directory, 0o755, b"", None);
        }
        append(&mut tar, "bin/busybox", tar::EntryType::Regular, 0o755, &busybox, None);
        for applet in APPLETS {
            let path = format!("bin/{applet}");
            append(&mut tar, &path, tar::EntryType::Symlink, 0o777, b"", Some("busybox"));
        }
        let passwd = b"root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000:app:/tmp:/bin/sh\n";
        append(&mut tar, "etc/passwd", tar::EntryType::Regular, 0o644, passwd, None);
        append(&mut tar, "etc/not-a-program", tar::EntryType::Regular, 0o644, b"text", None);
        tar.into_inner().unwrap()
    })
}

/// The programs of busybox that tests use.
const APPLETS: [&str; 26] = [
    "sh", "cat", "echo", "sleep", "true", "false", "id", "env", "stty", "kill", "ps", "ping", "ls",
    "mkdir", "dd", "touch", "rm", "hostname", "ip", "nc", "head", "yes", "wc", "tail", "trap",
    "seq",
];

pub(crate) fn append(
    tar: &mut tar::Builder<Vec<u8>>,
    path: &str,
    kind: tar::EntryType,
    mode: u32,
    bytes: &[u8],
    link: Option<&str>,
) {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(bytes.len() as u64);
    if let Some(link) = link {
        header.set_link_name(link).unwrap();
    }
    tar.append_data(&mut header, path, bytes).unwrap();
}

/// Builds the shim, if it is not built yet, and gives its path.
#[expect(clippy::disallowed_methods, reason = "tests may run tools")]
fn shim() -> PathBuf {
    static SHIM: OnceLock<PathBuf> = OnceLock::new();
    let path = SHIM.get_or_init(|| {
        // target/debug/deps/local-<hash>
        let own = std::env::current_exe().unwrap();
        let target = own.ancestors().nth(3).unwrap();
        let built = Command::new(env!("CARGO"))
            .args(["rustc", "--quiet", "-p", "sandbox-native", "--bin", "sockerless-shim"])
            .args(["--profile", "shim", "--target-dir"])
            .arg(target)
            .arg("--")
            .args(SHIM_FLAGS)
            .current_dir("../..")
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        target.join("shim/sockerless-shim")
    });
    path.clone()
}
