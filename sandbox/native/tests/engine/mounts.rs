//! What is mounted in a container beyond its root: binds in all their ways, and memory.

use std::fs;
use std::path::Path;
use std::process::Command;

use sandbox_shim::{BindMount, Mount, Propagation, TmpfsMount};

use crate::harness::{Setup, shell};

fn bind(source: &Path, target: &str) -> BindMount {
    BindMount { source: source.to_owned(), target: target.to_owned(), ..BindMount::default() }
}

fn with(setup: Setup, mounts: Vec<BindMount>) -> Setup {
    setup.with(|config| config.mounts = mounts.into_iter().map(Mount::Bind).collect())
}

/// Runs a program of the host.
#[expect(clippy::disallowed_methods, reason = "the tests stand for the host's administrator")]
fn host(program: &str, arguments: &[&str]) {
    assert!(Command::new(program).args(arguments).status().unwrap().success(), "{arguments:?}");
}

#[test]
fn a_path_in_a_volume_is_mounted_and_its_links_do_not_lead_out_of_it() {
    let setup = shell("cat /in/f; cat /link/f /link/passwd");
    let volume = setup.dir.path().join("volume");
    fs::create_dir_all(volume.join("deep/er")).unwrap();
    fs::create_dir_all(volume.join("etc")).unwrap();
    fs::write(volume.join("deep/er/f"), "deep\n").unwrap();
    fs::write(volume.join("etc/f"), "of the volume\n").unwrap();
    std::os::unix::fs::symlink("/etc", volume.join("out")).unwrap();
    let inside = |subpath: &str, target: &str| BindMount {
        subpath: subpath.to_owned(),
        ..bind(&volume, target)
    };
    let ended = with(setup, vec![inside("deep/er", "/in"), inside("out", "/link")]).run();
    assert_eq!(ended.stdout, "deep\nof the volume\n");
    assert!(ended.stderr.contains("No such file"), "{}", ended.stderr);
}

#[test]
fn a_missing_path_in_a_volume_is_refused() {
    let setup = shell("true");
    let volume = setup.dir.path().to_owned();
    let missing = BindMount { subpath: "nosuch".to_owned(), ..bind(&volume, "/x") };
    let failure = with(setup, vec![missing]).try_start().err().unwrap();
    assert!(failure.reason.contains("no such file or directory"), "{}", failure.reason);
}

#[test]
fn a_directory_is_not_mounted_onto_a_file() {
    let setup = shell("true");
    let source = setup.dir.path().to_owned();
    let failure = with(setup, vec![bind(&source, "/etc/passwd")]).try_start().err().unwrap();
    assert!(failure.reason.to_lowercase().contains("not a directory"), "{}", failure.reason);
}

#[test]
fn what_is_mounted_below_a_bind_comes_along_unless_told_and_is_read_only_if_told() {
    let setup = shell(
        "ls /all/sub /top/sub; for d in /ro /rotop; do echo x > $d/f; echo x > $d/sub/f; done",
    );
    // Not the container's own folder, which goes with it and takes everything along.
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    let sub = source.join("sub");
    fs::create_dir_all(&sub).unwrap();
    host("mount", &["-t", "tmpfs", "none", sub.to_str().unwrap()]);
    fs::write(sub.join("below"), "").unwrap();
    let ended = with(
        setup,
        vec![
            bind(&source, "/all"),
            BindMount { without_submounts: true, ..bind(&source, "/top") },
            BindMount { read_only: true, ..bind(&source, "/ro") },
            BindMount { read_only_top: true, ..bind(&source, "/rotop") },
        ],
    )
    .run();
    let written = sub.join("f").exists();
    host("umount", &[sub.to_str().unwrap()]);
    assert_eq!(ended.stdout, "/all/sub:\nbelow\n\n/top/sub:\n");
    assert_eq!(ended.stderr.matches("Read-only file system").count(), 3, "{}", ended.stderr);
    assert!(written, "what is mounted below a mount that alone is read-only can be written to");
}

#[test]
fn mounts_of_the_host_get_into_a_slave_and_into_nothing_else() {
    let setup = shell("sleep 1000");
    // Not the container's own folder, which goes with it and takes everything along.
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("source");
    let sub = source.join("sub");
    fs::create_dir_all(&sub).unwrap();
    let shared = source.to_str().unwrap();
    host("mount", &["--bind", shared, shared]);
    host("mount", &["--make-shared", shared]);
    let slave = BindMount { propagation: Propagation::RecursiveSlave, ..bind(&source, "/slave") };
    let container = with(setup, vec![slave, bind(&source, "/private")]).start();
    host("mount", &["-t", "tmpfs", "none", sub.to_str().unwrap()]);
    fs::write(sub.join("f"), "").unwrap();
    let seen = container.exec_shell("ls -d /slave/sub/f /private/sub/f 2>/dev/null || true");
    let inside = container.exec_shell("grep -c ' /private' /proc/self/mountinfo");
    drop(container);
    for path in [&sub, &source] {
        host("umount", &["-l", path.to_str().unwrap()]);
    }
    assert_eq!((seen.as_str(), inside.as_str()), ("/slave/sub/f\n", "1\n"));
}

#[test]
fn memory_has_the_mode_of_the_directory_that_it_hides() {
    let setup = shell("stat -c %a /root /new /tmp").with(|config| {
        let memory = |target: &str, options: &str| {
            Mount::Tmpfs(TmpfsMount { target: target.to_owned(), options: options.to_owned() })
        };
        config.mounts = vec![memory("/root", ""), memory("/new", ""), memory("/tmp", "mode=750")];
    });
    assert_eq!(setup.stdout(), "755\n1777\n750\n");
}

#[test]
fn a_mount_at_a_file_of_the_network_stands_instead_of_it() {
    let setup = shell("cat /etc/hosts");
    let own = setup.dir.path().join("own");
    fs::write(&own, "own\n").unwrap();
    let setup = with(setup, vec![bind(&own, "/etc/hosts")]).with(|config| {
        let file = |target: &str| sandbox_shim::BoundFile {
            target: target.to_owned(),
            contents: "made\n".to_owned(),
        };
        config.files = vec![file("/etc/resolv.conf"), file("/etc/hosts")];
    });
    assert_eq!(setup.stdout(), "own\n");
}
