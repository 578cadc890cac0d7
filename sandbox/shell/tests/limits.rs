//! What ends a script that would not end, and how a shell is fed.

use std::path::PathBuf;
use std::sync::Arc;

use sandbox_shell::{Limits, run};
use sandbox_tools::{HostWorld, Interrupt, Null, PipeReader, Process, Stream, pipe};

/// A shell whose input is `stdin` and whose output and errors can be read.
struct Run {
    status: std::thread::JoinHandle<i32>,
    output: Arc<PipeReader>,
    interrupt: Arc<Interrupt>,
}

fn start(args: &[&str], stdin: Arc<dyn Stream>, limits: Limits) -> Run {
    let (output, writer) = pipe();
    let interrupt = Interrupt::new();
    let process = Process {
        args: args.iter().map(|arg| (*arg).into()).collect(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        cwd: PathBuf::from("/"),
        umask: 0o022,
        stdin,
        stdout: writer.clone(),
        stderr: writer,
    };
    let its = Arc::clone(&interrupt);
    let status = std::thread::spawn(move || run(Arc::new(HostWorld), process, its, &limits, None));
    Run { status, output, interrupt }
}

impl Run {
    fn script(script: &str) -> Self {
        start(&["sh", "-c", script], Arc::new(Null), Limits::default())
    }

    /// Reads until the output has `text`.
    fn until(&self, text: &str) -> String {
        let mut all = Vec::new();
        let mut chunk = [0; 4096];
        let never = Interrupt::new();
        while !String::from_utf8_lossy(&all).contains(text) {
            let count = self.output.read(&mut chunk, &never).expect("nobody interrupts it");
            assert!(count > 0, "it ended with {:?}", String::from_utf8_lossy(&all));
            all.extend_from_slice(&chunk[..count]);
        }
        String::from_utf8(all).expect("it is text")
    }

    fn end(self) -> (i32, String) {
        let mut all = Vec::new();
        let mut chunk = [0; 4096];
        let never = Interrupt::new();
        loop {
            match self.output.read(&mut chunk, &never).expect("nobody interrupts it") {
                0 => break,
                count => all.extend_from_slice(&chunk[..count]),
            }
        }
        (
            self.status.join().expect("it does not panic"),
            String::from_utf8(all).expect("it is text"),
        )
    }
}

#[test]
fn a_signal_ends_an_endless_loop() {
    let run = Run::script("echo up; while :; do :; done");
    run.until("up\n");
    run.interrupt.raise(15);
    assert_eq!(run.end(), (143, String::new()));
}

#[test]
fn a_signal_ends_whoever_waits() {
    for script in [
        "echo up; cat; echo no",
        "echo up; (cat); echo no",
        "echo up; cat | cat; echo no",
        "echo up; cat & wait; echo no",
        "echo up; x=$(cat); echo no",
        "echo up; read x; echo no",
    ] {
        let (stdin, _open) = pipe();
        let run = start(&["sh", "-c", script], stdin, Limits::default());
        run.until("up\n");
        run.interrupt.raise(9);
        assert_eq!(run.end(), (137, String::new()), "{script}");
    }
}

#[test]
fn a_trapped_signal_runs_its_action_while_the_shell_waits() {
    let (stdin, _open) = pipe();
    let script = "trap 'echo caught; exit 3' TERM; cat <&3 & echo up; wait; echo no";
    let script = format!("exec 3<&0; {script}");
    let run = start(&["sh", "-c", &script], stdin, Limits::default());
    run.until("up\n");
    run.interrupt.raise(15);
    assert_eq!(run.end(), (3, "caught\n".to_owned()));
}

#[test]
fn processes_have_a_limit() {
    let limits = Limits { processes: Some(8) };
    let script = "f() { f | f; }; f 2>&1 | while read l; do echo \"$l\"; done";
    let run = start(&["sh", "-c", script], Arc::new(Null), limits);
    let (_, output) = run.end();
    assert!(output.contains("sh: 1: Cannot fork\n"), "{output}");
}

#[test]
fn what_nests_without_end_is_an_error() {
    for script in ["f() { f; }; f; echo no", "f() { eval f; }; f", "f() { (f); }; f; echo no"] {
        let (_, output) = Run::script(script).end();
        assert!(output.contains("recursion depth (1000) reached"), "{script}: {output}");
    }
    let deep = "(".repeat(100_000);
    let run = Run::script(&format!("echo {deep}"));
    assert_eq!(run.end().0, 2);
    let run = Run::script(&deep);
    assert_eq!(run.end(), (2, "sh: 1: Syntax error: nested too deep\n".to_owned()));
}

#[test]
fn a_script_on_its_input_runs_line_by_line_and_shares_the_input() {
    let (stdin, writer) = pipe();
    let run = start(&["sh"], stdin, Limits::default());
    let never = Interrupt::new();
    writer.write(b"echo one\n", &never).unwrap();
    assert_eq!(run.until("one\n"), "one\n");
    writer.write(b"read x; echo \"[$x]\"\nfor the variable\nexit 4\necho no\n", &never).unwrap();
    drop(writer);
    assert_eq!(run.end(), (4, "[for the variable]\n".to_owned()));
}

#[test]
fn a_program_is_a_tool_a_shell_or_refused() {
    let (status, output) =
        Run::script("cat /dev/null && echo tool; sh -c 'echo shell $1' sh x").end();
    assert_eq!((status, output.as_str()), (0, "tool\nshell x\n"));
    let (status, output) = Run::script("/usr/bin/perl -e 1").end();
    assert_eq!(
        (status, output.as_str()),
        (126, "sh: 1: /usr/bin/perl: cannot run a native program in WebAssembly\n")
    );
    let run = start(&["cat", "/etc/hostname"], Arc::new(Null), Limits::default());
    assert_eq!(run.end().0, 0);
}

#[test]
fn bytes_that_are_no_text_pass_through() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("script");
    std::fs::write(&file, b"x='\xff\xfe'; case $x in ??) echo two;; esac; echo ${#x} \xe4\n")
        .unwrap();
    let (output, writer) = pipe();
    let process = Process {
        args: vec!["sh".into(), file.to_str().unwrap().into()],
        env: Vec::new(),
        cwd: PathBuf::from("/"),
        umask: 0o022,
        stdin: Arc::new(Null),
        stdout: writer.clone(),
        stderr: writer,
    };
    let status = run(Arc::new(HostWorld), process, Interrupt::new(), &Limits::default(), None);
    let mut text = [0; 64];
    let count = output.read(&mut text, &Interrupt::new()).unwrap();
    assert_eq!((status, &text[..count]), (0, &b"two\n2 \xe4\n"[..]));
}

#[test]
fn processes_that_ended_make_room_for_others() {
    let limits = Limits { processes: Some(4) };
    let script =
        "i=0; while [ $i -lt 500 ]; do echo $i | cat >/dev/null; i=$((i+1)); done; echo $i";
    let run = start(&["sh", "-c", script], Arc::new(Null), limits);
    assert_eq!(run.end(), (0, "500\n".to_owned()));
}
