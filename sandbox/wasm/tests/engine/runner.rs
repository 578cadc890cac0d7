//! Runs programs as a shim does: all they need comes as descriptors.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use sandbox_shim::WasmJob;
use sandbox_wasm::compile;
use tempfile::TempDir;

/// A program that is ready to run.
pub(crate) struct Runner {
    folder: TempDir,
    job: WasmJob,
    limit: &'static str,
}

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Whether it asked for too much memory.
    pub(crate) out_of_memory: bool,
}

impl Runner {
    /// Compiles a program.
    pub(crate) fn new(program: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let cache = folder.path().join("cache");
        // The second time it is the one that was kept.
        drop(compile(program, &cache).unwrap());
        let (kind, artifact) = compile(program, &cache).unwrap();
        let mut bytes = Vec::new();
        File::from(artifact).read_to_end(&mut bytes).unwrap();
        fs::write(folder.path().join("artifact"), bytes).unwrap();
        let job = WasmJob {
            kind: Some(kind),
            argv: vec!["prog".into()],
            env: Vec::new(),
            cwd: "/".into(),
        };
        Self { folder, job, limit: "max\n" }
    }

    /// Gives it arguments.
    pub(crate) fn arguments(mut self, arguments: &[&str]) -> Self {
        self.job.argv.extend(arguments.iter().map(|&text| text.to_owned()));
        self
    }

    /// Gives it an environment and a working directory.
    pub(crate) fn environment(mut self, variables: &[&str], cwd: &str) -> Self {
        self.job.env = variables.iter().map(|&text| text.to_owned()).collect();
        self.job.cwd = cwd.to_owned();
        self
    }

    /// Limits its memory, in the words of a control group's file.
    pub(crate) fn limit(mut self, limit: &'static str) -> Self {
        self.limit = limit;
        self
    }

    /// Starts it.
    #[expect(clippy::disallowed_methods, reason = "tests may run tools")]
    pub(crate) fn start(&self) -> Child {
        fs::write(self.path("job"), serde_json::to_vec(&self.job).unwrap()).unwrap();
        fs::write(self.path("limit"), self.limit).unwrap();
        let script = r#"exec "$0" run 5<artifact 6<job 7<limit 8>out-of-memory"#;
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_wasm-engine")]);
        command.current_dir(self.folder.path()).env_clear().env("RUST_BACKTRACE", "1");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Runs it to its end with this input.
    pub(crate) fn run(&self, input: &str) -> End {
        let mut child = self.start();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        self.end(child)
    }

    /// Waits for its end.
    pub(crate) fn end(&self, child: Child) -> End {
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let signalled = || 128 + status.signal().unwrap();
        End {
            code: status.code().unwrap_or_else(signalled),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
            out_of_memory: !fs::read(self.path("out-of-memory")).unwrap().is_empty(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}
