//! What a container sees, and what it does not.

use std::fs;

use sandbox_shim::{BindMount, Capabilities, DeviceRule, Mount, Rootfs, Security};

use crate::harness::{command, shell};
use crate::image::{BUSYBOX, version_2};

#[test]
fn every_namespace_is_another_than_the_hosts() {
    let out =
        shell("for n in pid mnt uts ipc net cgroup; do readlink /proc/self/ns/$n; done").stdout();
    for (name, inside) in ["pid", "mnt", "uts", "ipc", "net", "cgroup"].iter().zip(out.lines()) {
        let host = fs::read_link(format!("/proc/self/ns/{name}")).unwrap();
        assert_ne!(host.to_str().unwrap(), inside);
    }
}

#[test]
fn only_the_containers_processes_are_there() {
    // The title, the shell and ps itself; a pipe's other end might be there already or not.
    assert_eq!(shell("echo $$; ps -o pid,args > /seen; wc -l < /seen").stdout(), "1\n3\n");
}

#[test]
fn the_root_is_the_image_and_writes_stay_in_the_container() {
    let setup = shell("echo x > /new; rm /etc/plain; ls /");
    let upper = setup.dir.path().join("upper");
    let mut container = setup.start();
    assert_eq!(container.finish().stdout, "bin\ndev\netc\nnew\nproc\nroot\nsys\ntmp\nvar\n");
    assert!(upper.join("new").exists() && !BUSYBOX.join("new").exists());
    assert!(BUSYBOX.join("etc/plain").exists());
}

#[test]
fn many_layers_with_long_names_are_stacked() {
    let setup = shell("cat /layer/* | wc -l; cat /top");
    let mut lower = Vec::new();
    for number in 0..120 {
        let layer = setup.dir.path().join(format!("{number:0>200}"));
        fs::create_dir_all(layer.join("layer")).unwrap();
        fs::write(layer.join(format!("layer/{number}")), "line\n").unwrap();
        fs::write(layer.join("top"), format!("{number}\n")).unwrap();
        lower.push(layer);
    }
    lower.push(BUSYBOX.clone());
    let setup = setup.with(|config| {
        if let Rootfs::Overlay { lower: layers, .. } = &mut config.rootfs {
            *layers = lower;
        }
    });
    assert_eq!(setup.stdout(), "120\n0\n");
}

#[test]
fn a_container_without_syncs_can_be_started_again() {
    let setup = shell("cat /kept; echo kept > /kept").with(|config| {
        if let Rootfs::Overlay { volatile, .. } = &mut config.rootfs {
            *volatile = true;
        }
    });
    let mut first = setup.start();
    assert_eq!(first.finish().exit.code, 0);
    let again = shell("cat /kept").with(|config| config.rootfs = first.config.rootfs.clone());
    assert_eq!(again.stdout(), "kept\n");
}

#[test]
fn the_containers_layer_is_plain_files() {
    let setup = shell("mkdir /bin/sub; mv /var/www /var/moved; chmod 700 /etc/plain; ls /var");
    let upper = setup.dir.path().join("upper");
    let mut container = setup.start();
    assert_eq!(container.finish().stdout, "moved\n");
    assert!(upper.join("var/moved").is_dir());
    assert_eq!(fs::read(upper.join("etc/plain")).unwrap(), b"no program");
}

#[test]
fn a_prepared_tree_can_be_the_root() {
    let setup = shell("ls /bin/sh && echo x > /tmp/x");
    let tree = setup.dir.path().join("tree");
    fs::create_dir_all(tree.join("bin")).unwrap();
    fs::create_dir_all(tree.join("tmp")).unwrap();
    fs::copy("/bin/busybox", tree.join("bin/sh")).unwrap();
    std::os::unix::fs::symlink("sh", tree.join("bin/ls")).unwrap();
    let path = tree.clone();
    let setup = setup.with(|config| config.rootfs = Rootfs::Directory { path });
    let mut container = setup.start();
    assert_eq!(container.finish().stdout, "/bin/sh\n");
    assert!(tree.join("tmp/x").exists());
}

#[test]
fn a_read_only_root_refuses_writes_but_its_tmpfs_do_not() {
    let setup = shell(
        "for f in /x /etc/x /dev/shm/x; do echo > $f && echo wrote $f; done 2>/dev/null; true",
    )
    .with(|config| config.security.read_only_rootfs = true);
    assert_eq!(setup.stdout(), "wrote /dev/shm/x\n");
}

#[test]
fn binds_show_the_host_and_read_only_ones_refuse_writes() {
    let setup = shell("cat /data/f; echo new > /data/g; echo x > /ro/g; cat /one/file");
    let source = setup.dir.path().join("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("f"), "from the host\n").unwrap();
    let bind = |source: std::path::PathBuf, target: &str, read_only| {
        Mount::Bind(BindMount {
            source,
            target: target.to_owned(),
            read_only,
            ..BindMount::default()
        })
    };
    let mounts = vec![
        bind(source.clone(), "/data", false),
        bind(source.clone(), "/ro", true),
        bind(source.join("f"), "/one/file", true),
    ];
    let ended = setup.with(|config| config.mounts = mounts).start().end();
    assert_eq!(ended.stdout, "from the host\nfrom the host\n");
    assert!(ended.stderr.contains("Read-only file system"), "{}", ended.stderr);
}

#[test]
fn capabilities_are_dockers_for_root_and_none_for_others() {
    let caps = |user: &str| {
        let setup = shell("grep ^Cap /proc/self/status")
            .with(|config| config.process.user = user.to_owned());
        setup.stdout()
    };
    assert_eq!(
        caps(""),
        "CapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\nCapEff:\t00000000a80425fb\nCapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\n"
    );
    assert_eq!(
        caps("web"),
        "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\nCapBnd:\t00000000a80425fb\nCapAmb:\t0000000000000000\n"
    );
}

#[test]
fn the_filter_is_on_and_refuses_what_it_should() {
    let out = shell("grep -E '^Seccomp:' /proc/self/status; unshare -m true; mount -t tmpfs x /tmp; swapoff -a; echo done").run();
    assert_eq!(out.stdout, "Seccomp:\t2\ndone\n");
    assert!(
        out.stderr.contains("unshare: unshare(0x20000): Operation not permitted"),
        "{}",
        out.stderr
    );
    // With the capability the filter lets the call through.
    let setup = shell("unshare -m true && echo unshared").with(|c| {
        c.process.capabilities = Capabilities::DOCKER_DEFAULT.union("SYS_ADMIN".parse().unwrap());
    });
    assert_eq!(setup.stdout(), "unshared\n");
}

#[test]
fn no_new_privileges_is_set_when_asked_for() {
    let status = |on: bool| {
        let setup = shell("grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status")
            .with(|config| config.process.no_new_privileges = on);
        setup.stdout()
    };
    assert_eq!(status(false), "NoNewPrivs:\t0\nSeccomp:\t2\n");
    assert_eq!(status(true), "NoNewPrivs:\t1\nSeccomp:\t2\n");
}

#[test]
fn masked_paths_are_empty_and_read_only_ones_refuse_writes() {
    let script = "cat /proc/kcore /proc/keys /proc/timer_list 2>/dev/null | wc -c; ls /sys/firmware | wc -l; \
                  echo 1 > /proc/sys/kernel/panic; mkdir /sys/x; mkdir /sys/fs/cgroup/x";
    let ended = shell(script).run();
    assert_eq!(ended.stdout, "0\n0\n");
    assert_eq!(ended.stderr.matches("Read-only file system").count(), 3, "{}", ended.stderr);
}

#[test]
fn the_mounts_are_dockers() {
    let out = shell("cut -d' ' -f2-4 /proc/mounts | grep -vE ' /(etc|proc/|sys/)' | sort | sed 's/,lowerdir.*//; s/,inode64//; s/,size=.*//'").stdout();
    for expected in [
        "/ overlay rw,relatime",
        "/dev tmpfs rw,nosuid",
        "/dev/mqueue mqueue rw,nosuid,nodev,noexec,relatime",
        "/dev/pts devpts rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=666",
        "/dev/shm tmpfs rw,nosuid,nodev,noexec,relatime",
        "/proc proc rw,nosuid,nodev,noexec,relatime",
        "/sys sysfs ro,nosuid,nodev,noexec,relatime",
        "/sys/fs/cgroup tmpfs ro,nosuid,nodev,noexec,relatime,mode=755",
    ] {
        assert!(out.lines().any(|line| line == expected), "no {expected} in\n{out}");
    }
}

#[test]
fn devices_are_the_default_ones_and_others_cannot_be_used() {
    let script = "ls /dev | tr '\\n' ' '; echo x > /dev/null; head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; \
                  mknod /tmp/disk b 254 0; cat /tmp/disk; mknod /tmp/mem c 1 1 && cat /tmp/mem";
    for cgroups in [crate::image::HOST.cgroups.clone(), version_2()] {
        let ended = shell(script).with(|config| config.cgroups = cgroups).run();
        assert_eq!(
            ended.stdout,
            "core fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero 4\n4\n"
        );
        assert_eq!(ended.stderr.matches("Operation not permitted").count(), 2, "{}", ended.stderr);
    }
}

#[test]
fn a_given_device_can_be_used() {
    let setup = shell("cat /dev/given | head -c 3 | wc -c").with(|config| {
        config.resources.devices = vec![DeviceRule {
            source: "/dev/zero".into(),
            target: "/dev/given".to_owned(),
            access: "rwm".to_owned(),
        }];
    });
    assert_eq!(setup.stdout(), "3\n");
}

#[test]
fn a_privileged_container_has_everything() {
    let setup = shell("ls /dev | wc -l; mount -t tmpfs x /tmp && echo mounted; grep CapEff /proc/self/status; touch /sys/fs/cgroup/memory/cgroup.procs && echo writable")
        .with(|config| {
            config.security = Security::privileged();
            config.process.capabilities = Capabilities::ALL;
        });
    let mut container = setup.start();
    let ended = container.finish();
    let devices: u32 = ended.stdout.lines().next().unwrap().parse().unwrap();
    assert!(devices > 20, "{}", ended.stdout);
    assert!(
        ended.stdout.contains("mounted") && ended.stdout.contains("writable"),
        "{} {}",
        ended.stdout,
        ended.stderr
    );
}

#[test]
fn sysctls_are_the_containers_own_and_others_are_refused() {
    let setup = shell("cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward").with(|config| {
        config.sysctls.insert("kernel.msgmax".to_owned(), "12345".to_owned());
        config.sysctls.insert("net.ipv4.ip_forward".to_owned(), "1".to_owned());
    });
    assert_eq!(setup.stdout(), "12345\n1\n");
    for name in ["kernel.panic", "vm.swappiness", "net/../kernel.panic", "kernel.msgmax/../panic"] {
        let setup = command(&["true"])
            .with(|config| drop(config.sysctls.insert(name.to_owned(), "1".to_owned())));
        let failure = setup.try_start().err().unwrap();
        assert!(
            failure.reason.contains("is not in a separate kernel namespace"),
            "{}",
            failure.reason
        );
    }
}

#[test]
fn version_2_holds_freezes_and_releases_a_container() {
    let mut container =
        shell("cat /proc/self/cgroup | grep ^0; while :; do echo tick; sleep 0.01; done")
            .with(|config| config.cgroups = version_2())
            .start();
    container.await_output("tick");
    assert!(container.output().0.starts_with("0::/\n"), "{}", container.output().0);
    assert_eq!(container.exec_shell("grep ^0 /proc/self/cgroup"), "0::/\n");
    container.call(sandbox_shim::Request::Pause);
    container.call(sandbox_shim::Request::Shutdown);
    assert_eq!(container.finish().exit.code, 137);
    assert!(container.cgroup_paths().iter().all(|path| !path.exists()));
}
