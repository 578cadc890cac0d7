//! Files of containers in each phase: looked at, copied out, copied in, exported.

use std::{io, sync::Arc, time::Duration};

use backends_core::{
    ArchiveStream, Backend, Files, FilesError, FilesOf, PathStat, Workload, WriteOptions, Written,
};
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use journal_domain::{ContainerSpec, Signal};
use tokio::time::timeout;

use super::bundle::{Host, PATIENCE, append, on_a_host};

fn of(workload: &Workload) -> FilesOf {
    FilesOf {
        container: workload.run.container,
        spec: Arc::clone(&workload.spec),
        options: workload.options.clone(),
    }
}

async fn collect(mut archive: ArchiveStream) -> Result<Vec<u8>, FilesError> {
    let mut bytes = Vec::new();
    while let Some(piece) = archive.next().await {
        bytes.extend_from_slice(&piece?);
    }
    Ok(bytes)
}

/// Gives the names of an archive, and the contents of its small files.
fn listed(archive: &[u8]) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(archive);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        (name, io::read_to_string(&mut entry).unwrap_or_default())
    });
    entries.collect()
}

fn names(archive: &[u8]) -> Vec<String> {
    listed(archive).into_iter().map(|(name, _)| name).collect()
}

fn tar_of(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, text) in files {
        append(&mut tar, name, tar::EntryType::Regular, 0o644, text.as_bytes(), None);
    }
    tar.into_inner().unwrap()
}

async fn read(host: &Host, workload: &Workload, path: &str) -> Result<Vec<u8>, FilesError> {
    collect(host.local().read_path(&of(workload), path).await?.1).await
}

async fn stat(host: &Host, workload: &Workload, path: &str) -> Result<PathStat, FilesError> {
    host.local().stat_path(&of(workload), path).await
}

async fn put(
    host: &Host,
    workload: &Workload,
    path: &str,
    archive: Vec<u8>,
) -> Result<Written, FilesError> {
    put_with(host, workload, path, archive, WriteOptions::default()).await
}

async fn put_with(
    host: &Host,
    workload: &Workload,
    path: &str,
    archive: Vec<u8>,
    options: WriteOptions,
) -> Result<Written, FilesError> {
    let files = host.local().write_path(&of(workload), path, options).await?;
    files.take(stream::iter([Ok(Bytes::from(archive))]).boxed()).await
}

fn no_mount_is_left(host: &Host) {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap();
    let own = host.data().display().to_string();
    let left: Vec<&str> =
        mounts.lines().filter(|line| line.contains(&own) && line.contains("overlay")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_copy_into_a_container_that_never_ran_is_there_when_it_runs() {
    on_a_host(|mut host| async move {
        let workload = host.script("cat /tmp/a /tmp/b; echo more >> /tmp/a");
        assert_eq!(stat(&host, &workload, "/tmp").await.unwrap().mode & 0o170_000, 0o040_000);
        let rw = host.data().join("rw").join(workload.run.container.to_string());
        assert!(!rw.exists(), "a look leaves nothing");
        let written = put(&host, &workload, "/tmp", tar_of(&[("a", "one\n"), ("b", "two\n")]));
        let written = written.await.unwrap();
        assert_eq!((written.entries, written.sent_bytes), (2, 3072));
        let again = put(&host, &workload, "/tmp", tar_of(&[("a", "three\n")])).await;
        again.unwrap();
        assert_eq!(
            names(&read(&host, &workload, "/tmp").await.unwrap()),
            ["tmp/", "tmp/a", "tmp/b"]
        );
        assert_eq!(host.run(&workload).await, (0, "three\ntwo\n".to_owned()));
        let after = read(&host, &workload, "/tmp/a").await.unwrap();
        assert_eq!(listed(&after), [("a".to_owned(), "three\nmore\n".to_owned())]);
        no_mount_is_left(&host);
        host.remove(workload.run.container).await;
        assert!(!rw.exists());
    });
}

#[test]
fn a_running_container_is_seen_without_what_only_its_run_has() {
    on_a_host(|mut host| async move {
        let script = "mkdir /d; echo hi > /d/f; echo mem > /mem/f; echo ready; sleep 1000";
        let spec = ContainerSpec {
            tmpfs: [("/mem".to_owned(), String::new())].into(),
            ..host.spec(&["sh", "-c", script])
        };
        let workload = host.workload(spec);
        host.start(&workload).await;
        host.wait_for_text(workload.run.container, "ready\n").await;
        let found = read(&host, &workload, "/d").await.unwrap();
        assert_eq!(names(&found), ["d/", "d/f"]);
        for (path, inside) in [("/mem", "mem/"), ("/proc", "proc/"), ("/sys", "sys/")] {
            assert_eq!(names(&read(&host, &workload, path).await.unwrap()), [inside]);
        }
        let hosts = read(&host, &workload, "/etc/hosts").await.unwrap();
        assert!(listed(&hosts)[0].1.contains("localhost"), "{:?}", listed(&hosts));
        put(&host, &workload, "/d", tar_of(&[("new", "text")])).await.unwrap();
        let exec = host.data().join("rw").join(workload.run.container.to_string());
        assert_eq!(std::fs::read_to_string(exec.join("upper/d/new")).unwrap(), "text");
        let exported =
            names(&collect(host.local().export(&of(&workload)).await.unwrap()).await.unwrap());
        for name in ["bin/busybox", "d/f", "d/new", "etc/passwd", "proc/", "mem/"] {
            assert!(exported.iter().any(|exported| exported == name), "{name}: {exported:?}");
        }
        assert!(!exported.iter().any(|name| name.starts_with("proc/1") || name == "mem/f"));
        host.local().signal(workload.run, 1, Signal::KILL).await.unwrap();
        host.exit(workload.run).await;
        assert_eq!(names(&read(&host, &workload, "/d").await.unwrap()), ["d/", "d/f", "d/new"]);
        no_mount_is_left(&host);
    });
}

#[test]
fn paths_are_resolved_as_in_the_container() {
    on_a_host(|mut host| async move {
        let script = "mkdir -p /d/e; echo hi > /d/f; ls -l / >/dev/null; \
            busybox ln -s f /d/l; busybox ln -s /etc /d/abs; busybox ln -s ../../../../etc/passwd /d/up; \
            busybox ln -s /nosuch/x /d/broken; busybox ln -s loop /d/loop";
        let workload = host.script(script);
        assert_eq!(host.run(&workload).await.0, 0);
        for (path, name, target) in [
            ("/d/f", "f", ""),
            ("d/f", "f", ""),
            ("/d/nosuch/../f", "f", ""),
            ("/d/l", "l", "/d/f"),
            ("/d/abs", "abs", "/etc"),
            ("/d/up", "up", "/etc/passwd"),
            ("/d/broken", "broken", "/nosuch/x"),
            ("/d/abs/", "abs", ""),
            ("/d/abs/.", ".", ""),
            ("/", "/", ""),
            ("/../..", "/", ""),
            ("/.", ".", ""),
        ] {
            let found = stat(&host, &workload, path).await.unwrap();
            assert_eq!((found.name.as_str(), found.link_target.as_str()), (name, target), "{path}");
        }
        let through = read(&host, &workload, "/d/abs/passwd").await.unwrap();
        assert!(listed(&through)[0].1.starts_with("root:x:0:0:root:/root:/bin/sh\napp:"));
        let gone = |path: &str| FilesError::NotFound { path: path.to_owned() };
        for path in ["/nosuch", "/d/broken/", "/nosuch/x"] {
            assert_eq!(stat(&host, &workload, path).await, Err(gone(path)));
        }
        for (path, words) in [
            ("/d/f/", "lstat /d/f/: not a directory"),
            ("/d/f/x", "lstat /d/f/x: not a directory"),
            ("/d/loop/x", "lstat /d/loop/x: too many levels of symbolic links"),
        ] {
            assert_eq!(stat(&host, &workload, path).await, Err(FilesError::Path(words.to_owned())));
        }
        let refused = put(&host, &workload, "/d/f", tar_of(&[])).await;
        assert_eq!(refused, Err(FilesError::NotADirectory));
        assert_eq!(put(&host, &workload, "/nosuch", tar_of(&[])).await, Err(gone("/nosuch")));
        put(&host, &workload, "/d/abs", tar_of(&[("through", "a link")])).await.unwrap();
        assert_eq!(stat(&host, &workload, "/etc/through").await.unwrap().size_bytes, 6);
    });
}

#[test]
fn a_read_only_root_is_read_and_not_written() {
    on_a_host(|host| async move {
        let workload =
            host.workload(ContainerSpec { read_only_rootfs: true, ..host.spec(&["true"]) });
        assert_eq!(put(&host, &workload, "/tmp", tar_of(&[])).await, Err(FilesError::ReadOnly));
        let refused = put(&host, &workload, "/etc/passwd", tar_of(&[])).await;
        assert_eq!(refused, Err(FilesError::NotADirectory));
        assert_eq!(names(&read(&host, &workload, "/tmp").await.unwrap()), ["tmp/"]);
    });
}

#[test]
fn files_get_the_containers_user_where_that_is_asked_for() {
    on_a_host(|mut host| async move {
        let spec = ContainerSpec { user: "app".into(), ..host.spec(&["ls", "-ln", "/tmp"]) };
        let workload = host.workload(spec);
        let options = WriteOptions { to_user: true, ..WriteOptions::default() };
        put_with(&host, &workload, "/tmp", tar_of(&[("f", "")]), options).await.unwrap();
        let (_, text) = host.run(&workload).await;
        assert!(text.contains("1000     1000"), "{text}");
    });
}

#[test]
fn what_is_no_archive_is_said_so() {
    on_a_host(|host| async move {
        let workload = host.script("true");
        let mut cut = tar_of(&[("f", "text")]);
        cut.truncate(600);
        for archive in [b"garbage ".repeat(100), cut] {
            let refused = put(&host, &workload, "/tmp", archive).await;
            assert!(matches!(refused, Err(FilesError::Content(_))), "{refused:?}");
        }
        let up = tar_of(&[("f", "")]);
        let up = [b"../x\0".as_slice(), &up[5..]].concat();
        let refused = put(&host, &workload, "/tmp", up).await;
        assert!(matches!(refused, Err(FilesError::Content(_))), "{refused:?}");
        let broken = host.local().write_path(&of(&workload), "/tmp", WriteOptions::default()).await;
        let hung_up = stream::iter([Err(io::Error::from(io::ErrorKind::BrokenPipe))]).boxed();
        let refused = broken.unwrap().take(hung_up).await;
        assert!(matches!(refused, Err(FilesError::Transport(_))), "{refused:?}");
    });
}

#[test]
fn a_start_waits_for_copies_and_ends_those_that_take_too_long() {
    on_a_host(|mut host| async move {
        let workload = host.script("sleep 1000");
        // A client that reads one piece and no more, and one that sends nothing.
        put(&host, &workload, "/tmp", tar_of(&[("f", &"x".repeat(4 << 20))])).await.unwrap();
        let (_, mut reading) = host.local().read_path(&of(&workload), "/tmp").await.unwrap();
        reading.next().await.unwrap().unwrap();
        let files = of(&workload);
        let writing = host.local().write_path(&files, "/tmp", WriteOptions::default()).await;
        let writing = tokio::spawn(writing.unwrap().take(stream::pending().boxed()));
        host.start(&workload).await;
        assert_eq!(writing.await.unwrap(), Err(FilesError::Ended));
        assert_eq!(collect(reading).await, Err(FilesError::Ended));
        no_mount_is_left(&host);
    });
}

#[test]
fn a_container_is_removed_while_it_is_read() {
    on_a_host(|host| async move {
        let workload = host.script("true");
        put(&host, &workload, "/tmp", tar_of(&[("f", &"x".repeat(4 << 20))])).await.unwrap();
        let (_, reading) = host.local().read_path(&of(&workload), "/tmp").await.unwrap();
        let local = Arc::clone(host.local());
        let removing = tokio::spawn(async move { local.remove(workload.run.container).await });
        // The removal waits for the copy, which comes whole.
        let archive = timeout(PATIENCE, collect(reading)).await.unwrap().unwrap();
        assert_eq!(names(&archive), ["tmp/", "tmp/f"]);
        timeout(Duration::from_secs(5), removing).await.unwrap().unwrap().unwrap();
    });
}

#[test]
fn programs_that_swap_links_meanwhile_never_reach_outside() {
    on_a_host(|mut host| async move {
        let script = "mkdir /w /w/d; echo public > /w/d/passwd; busybox ln -s / /w/root; \
            busybox ln -s /etc /w/l; echo ready; \
            while :; do busybox mv /w/d /w/x; busybox mv /w/l /w/d; busybox mv /w/d /w/l; busybox mv /w/x /w/d; done";
        let workload = host.script(script);
        host.start(&workload).await;
        host.wait_for_text(workload.run.container, "ready\n").await;
        let own = std::fs::read_to_string("/etc/passwd").unwrap();
        for _ in 0..50 {
            // What is read is a file of the container by either name; whether it is there is a matter of luck.
            if let Ok(archive) = read(&host, &workload, "/w/d/passwd").await {
                assert!(listed(&archive).iter().all(|(_, text)| *text != own));
            }
            let _ = put(&host, &workload, "/w", tar_of(&[("d/copied-by-a-test", "")])).await;
        }
        assert!(!std::path::Path::new("/etc/copied-by-a-test").exists());
        host.local().signal(workload.run, 1, Signal::KILL).await.unwrap();
        host.exit(workload.run).await;
    });
}
