//! Ways out that containers have found elsewhere, and that must be closed here.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use sandbox_shim::{BindMount, BoundFile, Mount};

use crate::harness::{Container, command, process, shell};

/// A container whose image says what its links are.
fn with_links(links: &[(&str, &str)], script: &str) -> crate::harness::Setup {
    let setup = shell(script);
    for (name, to) in links {
        let path = setup.dir.path().join("upper").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(to, path).unwrap();
    }
    setup
}

#[test]
fn no_descriptor_of_the_host_is_open_in_the_container() {
    let script = "ls /proc/self/fd | tr '\\n' ' '; ls -l /proc/self/fd /proc/1/fd | grep -cE 'socket|/run|/log|memfd'";
    // The listing itself has the fourth descriptor open.
    assert_eq!(shell(script).run().stdout, "0 1 2 3 0\n");
    let container = command(&["sleep", "1000"]).start();
    let (_, out, _) = container.exec(process(&["/bin/sh", "-c", script])).unwrap();
    assert_eq!(out, "0 1 2 3 0\n");
}

#[test]
fn with_init_no_descriptor_of_the_host_is_open_either() {
    let setup =
        shell("ls /proc/self/fd | tr '\\n' ' '; ls /proc/1/fd | wc -l").with(|c| c.init = true);
    assert_eq!(setup.stdout(), "0 1 2 3 0\n");
}

#[test]
fn the_shims_program_cannot_be_overwritten_from_inside() {
    // CVE-2019-5736: the program that becomes a container's process is reachable as its /proc/<pid>/exe.
    let script = "(echo x > /proc/1/exe) 2>&1; cp /proc/1/exe /tmp/copy && (echo x >> /proc/1/exe) 2>&1; true";
    let container = shell("sleep 1000").with(|config| config.init = true).start();
    let out = container.exec_shell(script);
    assert!(!out.is_empty(), "the program was written to");
    let exe = fs::File::open(format!("/proc/{}/exe", container.start.shim_pid)).unwrap();
    assert!(sandbox_shim::SealedProgram::is_sealed(exe));
}

#[test]
fn a_program_path_through_proc_does_not_reach_the_host() {
    // CVE-2024-21626: /proc/self/fd/N as a program or a directory, while descriptors of the host are still open.
    let container: Container = command(&["sleep", "1000"]).start();
    for number in 3..20 {
        let path = format!("/proc/self/fd/{number}/../../../../../../bin/busybox");
        assert!(command(&[&path]).try_start().is_err(), "{path}");
        assert!(container.exec(process(&[&path])).is_err(), "{path}");
        let mut wanted = process(&["true"]);
        wanted.cwd = format!("/proc/self/fd/{number}");
        assert!(container.exec(wanted).is_err());
    }
}

#[test]
fn a_link_in_the_place_of_the_null_device_leads_no_exec_to_the_host() {
    let container = command(&["sleep", "1000"]).start();
    let what = "stat -L -c %t:%T /proc/self/fd/0";
    for number in 3..20 {
        let script = format!("ln -sf /proc/self/fd/{number} /dev/null");
        container.exec_shell(&script);
        assert_eq!(container.exec_shell(what), "1:3\n");
    }
    container.exec_shell("rm /dev/null; mkfifo /dev/null");
    assert_eq!(container.exec_shell(what), "1:3\n");
}

#[test]
fn the_hosts_null_device_cannot_be_changed_from_a_container() {
    let mode = || fs::metadata("/dev/null").unwrap().permissions().mode();
    let before = mode();
    let container = command(&["sleep", "1000"]).start();
    // What hides files of the kernel.
    let script = "chmod 600 /proc/timer_list 2>&1; chown 7 /proc/timer_list 2>&1; true";
    let said = container.exec_shell(script);
    assert_eq!(said.matches("Read-only file system").count(), 2, "{said}");
    // What a program is given where the container has spoilt its own.
    let script = "rm /dev/null; chmod 600 /proc/self/fd/0 2>&1; chown 7 /proc/self/fd/0 2>&1; true";
    container.exec_shell("rm /dev/null; mkfifo /dev/null");
    let said = container.exec_shell(script);
    assert_eq!(said.matches("Read-only file system").count(), 2, "{said}");
    assert_eq!(container.exec_shell("cat; echo x >&0 && echo written"), "written\n");
    assert_eq!(mode(), before);
}

#[test]
fn links_in_the_image_do_not_lead_mounts_outside() {
    let outside = tempfile::tempdir().unwrap();
    let away = outside.path().to_str().unwrap();
    let setup = with_links(
        &[("data", away), ("etc/hosts", "../../../../../../etc/sockerless-test-hosts")],
        "cat /etc/hosts",
    );
    let source = setup.dir.path().join("source");
    fs::create_dir(&source).unwrap();
    let setup = setup.with(|config| {
        config.mounts = vec![Mount::Bind(BindMount {
            source: source.clone(),
            target: "/data/sub".to_owned(),
            ..BindMount::default()
        })];
        config.files =
            vec![BoundFile { target: "/etc/hosts".to_owned(), contents: "mine\n".to_owned() }];
    });
    // A dangling link is refused or followed inside; either way the host has nothing new.
    let _ = setup.try_start().map(Container::end);
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert!(!std::path::Path::new("/etc/sockerless-test-hosts").exists());
}

#[test]
fn an_image_cannot_put_links_in_the_place_of_the_kernels_directories() {
    for name in ["proc", "sys", "dev"] {
        let setup = with_links(&[(name, "/etc")], "true");
        let failure = setup.try_start().err().unwrap();
        assert!(failure.reason.starts_with(&format!("mounting /{name}: ")), "{}", failure.reason);
    }
}

#[test]
fn mounts_over_proc_are_refused() {
    let setup = shell("true").with(|config| {
        config.mounts = vec![Mount::Bind(BindMount {
            source: "/tmp".into(),
            target: "/proc/sys".to_owned(),
            ..BindMount::default()
        })];
    });
    let failure = setup.try_start().err().unwrap();
    assert_eq!(failure.reason, "\"/proc/sys\" cannot be mounted because it is inside /proc");
}

#[test]
fn a_passwd_that_is_no_file_does_not_hang_the_start() {
    let setup = shell("true").with(|config| config.process.user = "web".to_owned());
    let etc = setup.dir.path().join("upper/etc");
    fs::create_dir(&etc).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        etc.join("passwd"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    )
    .unwrap();
    let failure = setup.try_start().err().unwrap();
    assert_eq!(failure.reason, "unable to find user web: no matching entries in passwd file");
}

#[test]
fn the_hosts_mounts_and_processes_are_out_of_sight() {
    let out =
        shell("cat /proc/mounts | wc -l; grep -c vda /proc/mounts; ls /proc | grep -cE '^[0-9]+$'")
            .run()
            .stdout;
    let numbers: Vec<u32> = out.lines().map(|line| line.parse().unwrap()).collect();
    assert!(numbers[0] < 60 && numbers[1] == 0 && numbers[2] < 8, "{out}");
}

#[test]
fn a_program_on_a_terminal_cannot_type_for_the_host() {
    // TIOCSTI needs a controlling terminal; the one the program has is the container's own.
    let out = shell("cat /proc/self/stat | cut -d' ' -f6,7").terminal(24, 80).stdout();
    let fields: Vec<&str> = out.split_whitespace().collect();
    assert_eq!(fields[0], "1", "the session is not the container's: {out}");
}
