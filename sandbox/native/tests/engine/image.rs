//! What the tests run: the shim's program, built as the product builds it, and a layer with busybox.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use sandbox_shim::{Cgroups, HostReport, HostRequest, SealedProgram};

/// The flags of the crate's front page.
const BUILD: &str = "rustc -q -p sandbox-native --bin sockerless-shim --profile shim --message-format json -- \
                     -C target-feature=+crt-static -C relocation-model=static";

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34:web:/var/www:/bin/sh\n";
const GROUP: &str = "root:x:0:\naudio:x:29:web\nwww:x:34:\n";

/// Takes the groups of every run, so that there are no more of them after many.
pub(crate) const CGROUP_PARENT: &str = "sockerless-tests";

/// The program in a file.
pub(crate) static PROGRAM: LazyLock<PathBuf> = LazyLock::new(build);

/// The program in sealed memory, as a server starts it.
pub(crate) static SEALED: LazyLock<SealedProgram> =
    LazyLock::new(|| SealedProgram::copy(&PROGRAM).unwrap());

/// A layer with busybox, users and groups.
pub(crate) static BUSYBOX: LazyLock<PathBuf> = LazyLock::new(layer);

/// The control groups of this host, with a parent for these tests.
pub(crate) static HOST: LazyLock<HostReport> = LazyLock::new(|| {
    prepare(&HostRequest {
        cgroup_parent: CGROUP_PARENT.to_owned(),
        private_mount: scratch().join("cgroup"),
        keep_processes: false,
        favor_dynmods: true,
    })
});

/// The version 2 tree of this host, wherever it is mounted.
pub(crate) fn version_2() -> Cgroups {
    let mounts = fs::read_to_string("/proc/mounts").unwrap();
    let tree = mounts.lines().find(|line| line.split(' ').nth(2) == Some("cgroup2")).unwrap();
    let parent = Path::new(tree.split(' ').nth(1).unwrap()).join(CGROUP_PARENT);
    if !parent.exists() {
        fs::create_dir(&parent).unwrap();
    }
    Cgroups::V2 { parent }
}

/// Runs the program with a task on its standard input.
#[expect(clippy::disallowed_methods, reason = "the tests own the program they start")]
pub(crate) fn tool(argument: &str, task: &impl serde::Serialize) -> std::process::Output {
    let file = tempfile::tempfile().unwrap();
    serde_json::to_writer(&file, task).unwrap();
    std::io::Seek::rewind(&mut &file).unwrap();
    Command::new(&*PROGRAM).arg(argument).stdin(Stdio::from(file)).output().unwrap()
}

/// Runs `prepare`.
pub(crate) fn prepare(request: &HostRequest) -> HostReport {
    let output = tool("prepare", request);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A directory for what all tests of this process share; those of earlier processes are removed.
fn scratch() -> PathBuf {
    static SCRATCH: LazyLock<PathBuf> = LazyLock::new(|| {
        let base = Path::new(env!("CARGO_TARGET_TMPDIR"));
        for entry in fs::read_dir(base).unwrap().flatten() {
            let name = entry.file_name().into_string().unwrap();
            let owner = name.strip_prefix("engine-").map(|pid| Path::new("/proc").join(pid));
            if owner.is_some_and(|owner| !owner.exists()) {
                // Another process may be doing the same.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let own = base.join(format!("engine-{}", std::process::id()));
        fs::create_dir(&own).unwrap();
        own
    });
    SCRATCH.clone()
}

#[expect(clippy::disallowed_methods, reason = "the tests build the program as its users do")]
fn build() -> PathBuf {
    let output = Command::new(env!("CARGO")).args(BUILD.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).unwrap();
    let executable = messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        message["executable"].as_str().map(PathBuf::from)
    });
    executable.unwrap()
}

#[expect(clippy::disallowed_methods, reason = "busybox tells its own applets")]
fn layer() -> PathBuf {
    let root = scratch().join("busybox");
    fs::create_dir(&root).unwrap();
    fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["bin", "etc", "root", "tmp", "var/www"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    fs::set_permissions(root.join("tmp"), fs::Permissions::from_mode(0o1777)).unwrap();
    fs::copy("/bin/busybox", root.join("bin/busybox")).unwrap();
    let applets = Command::new("/bin/busybox").arg("--list").output().unwrap();
    for applet in String::from_utf8(applets.stdout).unwrap().lines() {
        // The applet of that name is there already.
        let _ = symlink("busybox", root.join("bin").join(applet));
    }
    fs::write(root.join("etc/passwd"), PASSWD).unwrap();
    fs::write(root.join("etc/group"), GROUP).unwrap();
    fs::write(root.join("etc/plain"), "no program").unwrap();
    fs::write(root.join("bin/noformat"), "\u{1}no program").unwrap();
    fs::write(root.join("bin/badshebang"), "#!/nosuch\n").unwrap();
    for name in ["bin/noformat", "bin/badshebang"] {
        fs::set_permissions(root.join(name), fs::Permissions::from_mode(0o755)).unwrap();
    }
    root
}
