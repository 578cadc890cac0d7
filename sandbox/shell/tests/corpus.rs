//! Scripts run by this shell and by the real one, compared byte for byte.
//!
//! Each file of `corpus/posix` goes through dash and each of `corpus/bash` through bash. A file holds many scripts, divided
//! by lines of `#---`; each is given an empty directory and a small environment, and its output, its errors and its status
//! have to be the same.

use std::io::{Read as _, Seek as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use sandbox_shell::Limits;
use sandbox_tools::{HostStream, HostWorld, Interrupt, Process, Stream};

/// What a shell made of a script.
#[derive(PartialEq, Eq)]
struct Ran {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    status: i32,
}

fn main() {
    let arguments = Arguments::from_args();
    let corpus = Path::new("tests/corpus");
    let mut trials = Vec::new();
    for (folder, shell) in [("posix", "dash"), ("bash", "bash")] {
        let mut scripts: Vec<PathBuf> = std::fs::read_dir(corpus.join(folder))
            .expect("the corpus is there")
            .map(|entry| entry.expect("it can be listed").path())
            .filter(|path| path.extension().is_some_and(|end| end == "sh"))
            .collect();
        scripts.sort();
        for script in scripts {
            let name = format!("{folder}/{}", script.file_stem().unwrap_or_default().display());
            trials.push(Trial::test(name, move || compare(&script, shell)));
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn compare(file: &Path, shell: &str) -> Result<(), Failed> {
    let mut wrong = String::new();
    for script in scripts(&std::fs::read(file)?) {
        let real = real(&script, shell)?;
        let ours = ours(&script, shell)?;
        if real != ours {
            wrong.push_str(&format!(
                "script:\n{}\n{shell}: {}\nours: {}\n\n",
                String::from_utf8_lossy(&script).trim_end(),
                shown(&real),
                shown(&ours)
            ));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}

fn scripts(text: &[u8]) -> Vec<Vec<u8>> {
    let mut scripts = vec![Vec::new()];
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line == b"#---\n" {
            scripts.push(Vec::new());
        } else if let Some(script) = scripts.last_mut() {
            script.extend_from_slice(line);
        }
    }
    scripts
}

fn shown(ran: &Ran) -> String {
    format!(
        "status {}\nstdout {:?}\nstderr {:?}",
        ran.status,
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr)
    )
}

/// The variables that both shells begin with.
fn environment(folder: &Path) -> Vec<(&'static str, String)> {
    vec![
        ("HOME", "/home/someone".to_owned()),
        ("PATH", "/usr/bin:/bin".to_owned()),
        ("PWD", folder.display().to_string()),
        ("TMP", folder.display().to_string()),
    ]
}

#[expect(clippy::disallowed_methods, reason = "the shells compared with are programs of the host")]
fn real(script: &[u8], shell: &str) -> Result<Ran, Failed> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("script"), script)?;
    // Whoever runs the tests in the background has them ignore signals, and a shell keeps to that.
    let output = Command::new("env")
        .args(["--default-signal", shell, "script"])
        .env_clear()
        .envs(environment(folder.path()))
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()?;
    let status = match output.status.signal() {
        Some(signal) => 128 + signal,
        None => output.status.code().unwrap_or(-1),
    };
    Ok(Ran {
        stdout: without(&output.stdout, folder.path()),
        stderr: without(&output.stderr, folder.path()),
        status,
    })
}

fn ours(script: &[u8], shell: &str) -> Result<Ran, Failed> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("script"), script)?;
    let stdout = tempfile::tempfile()?;
    let stderr = tempfile::tempfile()?;
    let stream = |file: &std::fs::File| -> Result<Arc<dyn Stream>, Failed> {
        Ok(Arc::new(HostStream::new(file.try_clone()?.into())?))
    };
    let process = Process {
        args: vec![shell.into(), "script".into()],
        env: environment(folder.path())
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        cwd: folder.path().to_owned(),
        umask: 0o022,
        stdin: Arc::new(sandbox_tools::Null),
        stdout: stream(&stdout)?,
        stderr: stream(&stderr)?,
    };
    let world = Arc::new(HostWorld);
    let status = sandbox_shell::run(world, process, Interrupt::new(), &Limits::default(), None);
    Ok(Ran {
        stdout: without(&contents(stdout)?, folder.path()),
        stderr: without(&contents(stderr)?, folder.path()),
        status,
    })
}

fn contents(mut file: std::fs::File) -> Result<Vec<u8>, Failed> {
    let mut text = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut text)?;
    Ok(text)
}

/// The text with the directory's name, which differs, taken out.
fn without(text: &[u8], folder: &Path) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    text.replace(&folder.display().to_string(), "DIR").into_bytes()
}
