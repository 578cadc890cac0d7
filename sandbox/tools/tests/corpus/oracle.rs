//! The real programs.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::Ran;
use crate::case::Case;

/// Where busybox is.
const BUSYBOX: &str = "/bin/busybox";

/// A folder in which every tool of busybox is a program, so that tools that run others run those.
static PROGRAMS: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    for name in sandbox_tools::names().filter(|name| *name != "jq") {
        std::os::unix::fs::symlink(BUSYBOX, folder.path().join(name)).unwrap();
    }
    folder
});

/// Runs the real program of a case.
#[expect(clippy::disallowed_methods, reason = "what the tools are compared with is a program")]
pub(crate) fn run(case: &Case, index: usize, folder: &Path) -> Ran {
    let words = &case.runs[index];
    let mut command = if case.gnu || words[0] == "jq" {
        Command::new(format!("/usr/bin/{}", words[0]))
    } else {
        let mut command = Command::new(BUSYBOX);
        command.arg(&words[0]);
        command
    };
    let path =
        if case.gnu { "/usr/bin:/bin".to_owned() } else { PROGRAMS.path().display().to_string() };
    let mut child = command
        .args(&words[1..])
        .current_dir(folder)
        .env_clear()
        .envs([("PATH", path.as_str()), ("TZ", "UTC0"), ("HOME", "/")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = case.input.clone();
    // A program that reads none of it closes its end.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
    let code = output.status.code().unwrap_or_else(|| 128 + signal.unwrap_or(0));
    Ran { stdout: output.stdout, stderr: output.stderr, code }
}
