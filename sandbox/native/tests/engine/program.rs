//! What the program is, sees and may be called.

use sandbox_shim::{BoundFile, StartFailure};

use crate::harness::{command, shell};

fn failure(argv: &[&str]) -> StartFailure {
    match command(argv).try_start() {
        Ok(_) => panic!("{argv:?} started"),
        Err(failure) => failure,
    }
}

#[test]
fn arguments_and_environment_arrive_as_given() {
    let out = command(&["printf", "%s|", "a b", "", "$x", "ü"]).stdout();
    assert_eq!(out, "a b||$x|ü|");
    let out = command(&["env"])
        .with(|config| config.process.env.extend(["A=1".to_owned(), "B=x y".to_owned()]))
        .stdout();
    assert_eq!(out, "PATH=/usr/bin:/bin\nA=1\nB=x y\nHOME=/root\n");
}

#[test]
fn home_comes_from_passwd_unless_it_is_given() {
    let home = |user: &str, home: Option<&str>| {
        let setup = shell("echo $HOME").with(|config| {
            config.process.user = user.to_owned();
            config.process.env.extend(home.map(|home| format!("HOME={home}")));
        });
        setup.stdout()
    };
    assert_eq!(home("web", None), "/var/www\n");
    assert_eq!(home("4711", None), "/\n");
    assert_eq!(home("web", Some("/x")), "/x\n");
}

#[test]
fn users_and_groups_are_looked_up_in_the_image() {
    let check = |user: &str, groups: &[&str], expected: &str| {
        let setup = command(&["id"]).with(|config| {
            config.process.user = user.to_owned();
            config.process.additional_groups = groups.iter().map(|g| (*g).to_owned()).collect();
        });
        assert_eq!(setup.stdout(), expected, "{user}");
    };
    check("", &[], "uid=0(root) gid=0(root) groups=0(root)\n");
    check("web", &[], "uid=33(web) gid=34(www) groups=29(audio),34(www)\n");
    check("1000:1001", &["audio"], "uid=1000 gid=1001 groups=29(audio),1001\n");
}

#[test]
fn a_missing_working_directory_is_made() {
    let setup = shell("pwd; stat -c %a .").with(|config| config.process.cwd = "/a/b".to_owned());
    assert_eq!(setup.stdout(), "/a/b\n755\n");
}

#[test]
fn a_working_directory_is_never_reached_through_proc() {
    for cwd in ["/proc/self/fd/7", "/proc/self/cwd", "/proc/self/fd/../../../.."] {
        let setup = shell("pwd; ls").with(|config| config.process.cwd = cwd.to_owned());
        match setup.try_start() {
            Err(_) => {}
            Ok(container) => {
                let ended = container.end();
                assert!(
                    ended.stdout.contains("busybox") || ended.stdout.starts_with("/\n"),
                    "{}",
                    ended.stdout
                );
            }
        }
    }
}

#[test]
fn names_and_files_are_the_containers_own() {
    let setup = shell("hostname; hostname -d; cat /etc/hosts /etc/resolv.conf; echo x >> /etc/hosts; stat -c %a /etc/hosts")
        .with(|config| {
            config.hostname = "web1".to_owned();
            config.domainname = "example.org".to_owned();
            let file = |target: &str, contents: &str| BoundFile {
                target: target.to_owned(),
                contents: contents.to_owned(),
            };
            config.files = vec![
                file("/etc/hosts", "127.0.0.1 localhost\n10.0.0.2 web1.example.org web1\n"),
                file("/etc/resolv.conf", "nameserver 127.0.0.11\n"),
            ];
        });
    assert_eq!(
        setup.stdout(),
        "web1\nexample.org\n127.0.0.1 localhost\n10.0.0.2 web1.example.org web1\nnameserver 127.0.0.11\n644\n"
    );
}

#[test]
fn a_program_that_cannot_be_run_is_refused_in_dockers_words() {
    let check = |argv: &[&str], code: i32, reason: &str| {
        let failure = failure(argv);
        assert_eq!((failure.code, failure.reason.as_str()), (code, reason));
    };
    check(&["nosuch"], 127, "exec: \"nosuch\": executable file not found in $PATH");
    check(&["/nosuch"], 127, "exec: \"/nosuch\": stat /nosuch: no such file or directory");
    check(&["/etc/plain"], 126, "exec: \"/etc/plain\": permission denied");
    check(&["/etc"], 126, "exec: \"/etc\": is a directory");
    check(&["/etc/plain/x"], 127, "exec: \"/etc/plain/x\": stat /etc/plain/x: not a directory");
}

#[test]
fn a_failed_start_leaves_a_record_and_nothing_else() {
    let setup = command(&["nosuch"]);
    let cgroups = setup.config.cgroups.clone();
    let (report, mut shim) = setup.spawn(&crate::image::SEALED.path());
    crate::harness::wait(&mut shim);
    let sandbox_shim::StartReport::Failed(failure) = report else { panic!("started") };
    let record = std::fs::read(setup.config.run_dir.join("exit.json")).unwrap();
    let record: sandbox_shim::ExitRecord = serde_json::from_slice(&record).unwrap();
    assert_eq!((record.code, record.failure), (127, Some(failure)));
    assert!(!setup.config.run_dir.join("start.json").exists());
    assert!(!setup.config.run_dir.join("shim.sock").exists());
    let sandbox_shim::Cgroups::V1 { hierarchies } = cgroups else { return };
    for hierarchy in hierarchies {
        assert!(!hierarchy.parent.join(&setup.config.cgroup_name).exists());
    }
}

#[test]
fn a_program_the_kernel_refuses_ends_like_dockers() {
    let check = |program: &str, words: &str| {
        let ended = command(&[program]).run();
        assert_eq!((ended.exit.code, ended.stderr.as_str()), (255, words));
    };
    check("/bin/noformat", "exec /bin/noformat: exec format error\n");
    check("badshebang", "exec /bin/badshebang: no such file or directory\n");
}

#[test]
fn users_and_groups_that_are_not_there_are_named() {
    let check = |user: &str, text: &str| {
        let setup = command(&["true"]).with(|config| config.process.user = user.to_owned());
        let failure = setup.try_start().err().unwrap();
        assert_eq!(failure.docker_text(), text);
    };
    check("foo", "unable to find user foo: no matching entries in passwd file");
    check("web:bar", "unable to find group bar: no matching entries in group file");
}

#[test]
fn permission_to_execute_is_that_of_the_user() {
    let setup = command(&["/root/run"]).with(|config| config.process.user = "web".to_owned());
    let upper = setup.dir.path().join("upper/root");
    std::fs::create_dir(&upper).unwrap();
    std::fs::set_permissions(&upper, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    std::fs::copy("/bin/busybox", upper.join("run")).unwrap();
    let failure = setup.try_start().err().unwrap();
    assert_eq!(
        (failure.code, failure.reason.as_str()),
        (126, "exec: \"/root/run\": stat /root/run: permission denied")
    );
}
