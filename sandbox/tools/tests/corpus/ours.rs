//! The tools under test, in a world that is the host's files.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bstr::{BStr, BString, ByteSlice};
use rustix::io::Errno;
use sandbox_tools::{
    Child, FileSystem, HostWorld, Identity, Interrupt, Interrupted, PipeReader, Process,
    ProcessInfo, Stream, System, Time, World, call, find, pipe,
};

use crate::Ran;
use crate::case::Case;

/// Runs the tool of a case.
pub(crate) fn run(case: &Case, index: usize, folder: &Path) -> Ran {
    let (stdin, input) = pipe();
    let (stdout_reader, stdout) = pipe();
    let (stderr_reader, stderr) = pipe();
    let bytes = case.input.clone();
    let writer = std::thread::spawn(move || {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            match input.write(rest, &Interrupt::new()) {
                Ok(count) => rest = &rest[count..],
                Err(_) => break,
            }
        }
    });
    let (stdout_thread, stderr_thread) = (collect(stdout_reader), collect(stderr_reader));
    let process = Process {
        args: case.runs[index].iter().map(|word| BString::from(word.as_str())).collect(),
        env: [("PATH", "/usr/bin:/bin"), ("TZ", "UTC0"), ("HOME", "/")]
            .map(|(name, value)| (name.into(), value.into()))
            .to_vec(),
        cwd: folder.to_owned(),
        umask: 0o022,
        stdin,
        stdout,
        stderr,
    };
    let mut child = Arc::new(TestWorld::default()).start(process).unwrap();
    let code = child.wait(None, &Interrupt::new()).unwrap().unwrap();
    drop(child);
    writer.join().unwrap();
    let (stdout, stderr) = (stdout_thread.join().unwrap(), stderr_thread.join().unwrap());
    Ran { stdout, stderr, code: code.into() }
}

fn collect(reader: Arc<PipeReader>) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let interrupt = Interrupt::new();
        let mut bytes = Vec::new();
        let mut chunk = vec![0; 4096];
        loop {
            match reader.read(&mut chunk, &interrupt).unwrap() {
                0 => return bytes,
                count => bytes.extend_from_slice(&chunk[..count]),
            }
        }
    })
}

/// The host's files, and processes that are threads.
#[derive(Default)]
struct TestWorld {
    pids: Arc<AtomicU32>,
}

struct Thread {
    pid: u32,
    interrupt: Arc<Interrupt>,
    done: Arc<PipeReader>,
    thread: Option<JoinHandle<Result<u8, Interrupted>>>,
}

impl Child for Thread {
    fn pid(&self) -> u32 {
        self.pid
    }

    fn wait(&mut self, time: Option<Duration>, interrupt: &Interrupt) -> io::Result<Option<u8>> {
        // The end of the pipe is the end of the thread; a wait with a limit looks for it.
        if let Some(time) = time {
            let slept = interrupt.sleep(Some(time));
            if self.thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
                return slept.map(|()| None);
            }
        }
        self.done.read(&mut [0], interrupt)?;
        let Some(thread) = self.thread.take() else { return Ok(Some(0)) };
        let code = thread.join().unwrap();
        Ok(Some(code.unwrap_or_else(|_| 128 + self.interrupt.signal().unwrap_or(0))))
    }

    fn kill(&mut self, signal: u8) -> io::Result<()> {
        self.interrupt.raise(signal);
        Ok(())
    }
}

impl World for TestWorld {
    fn files(&self) -> &dyn FileSystem {
        HostWorld.files()
    }

    fn identity(&self) -> Identity {
        HostWorld.identity()
    }

    fn system(&self) -> System {
        HostWorld.system()
    }

    fn now(&self) -> Time {
        HostWorld.now()
    }

    fn elapsed(&self) -> Duration {
        HostWorld.elapsed()
    }

    fn random(&self, bytes: &mut [u8]) -> io::Result<()> {
        HostWorld.random(bytes)
    }

    fn pid(&self) -> u32 {
        1
    }

    fn start(&self, process: Process) -> io::Result<Box<dyn Child>> {
        let mut process = process;
        let name = process.args[0].clone();
        // As much of a shell as the cases need: words, and what goes to the standard error.
        if name == "sh" && process.args.get(1).is_some_and(|arg| arg == "-c") {
            let command = process.args[2].clone();
            process.args = command.fields().map(BString::from).collect();
            if process.args.last().is_some_and(|last| last == "1>&2") {
                process.args.pop();
                process.stdout = process.stderr.clone();
            }
            return self.start(process);
        }
        let base = name.rsplit_str("/").next().unwrap_or_default();
        let tool = find(BStr::new(base)).ok_or(Errno::NOENT)?;
        let (done, ends) = pipe();
        let interrupt = Interrupt::new();
        let world: Arc<dyn World> = Arc::new(Self { pids: self.pids.clone() });
        let pid = self.pids.fetch_add(1, Ordering::SeqCst) + 2;
        let own = interrupt.clone();
        let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(move || {
            let code = call(tool, process, world, own);
            drop(ends);
            code
        })?;
        Ok(Box::new(Thread { pid, interrupt, done, thread: Some(thread) }))
    }

    fn processes(&self) -> Vec<ProcessInfo> {
        Vec::new()
    }

    fn kill(&self, _pid: i64, _signal: u8) -> io::Result<()> {
        Err(Errno::SRCH.into())
    }

    fn connect(&self, _: &BStr, _: u16, _: Duration, _: &Interrupt) -> io::Result<Arc<dyn Stream>> {
        Err(Errno::NOSYS.into())
    }
}
