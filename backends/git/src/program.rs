//! One run of git.

use std::{
    fs::{File, OpenOptions},
    io::Read as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::GitError;

/// Where programs are: the server's own variables may name what belongs to somebody else.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Begins a program with its limits and permissions set, which a shell can and a spawned process cannot.
///
/// Memory is four gibibytes: git keeps what it unpacks and half of it is a file that it would write piece by piece. A file
/// is no larger than what is fetched in all may be.
const LIMITED: &str = "umask 022; ulimit -c 0; ulimit -v 4194304; ulimit -f 8388608; exec \"$@\"";

/// How a shell ends that does not find the program.
const NOT_FOUND: i32 = 127;

/// Bytes of what git writes that a client is told: it says why in its last lines, and seldom has more than a few.
const SAID_BYTES_MAX: u64 = 16 * 1024;

/// How git is run for one fetch.
pub(crate) struct Program {
    /// The repository's files.
    pub(crate) tree: PathBuf,
    /// The directory with the settings.
    pub(crate) home: PathBuf,
}

/// How a run ended.
pub(crate) struct Ended {
    pub(crate) code: i32,
    /// What it wrote.
    pub(crate) said: String,
}

/// The processes of a run; they go with this.
struct Group(Option<Pid>);

impl Program {
    /// Runs git in the tree.
    #[expect(clippy::disallowed_methods, reason = "the host's git is this file's own")]
    pub(crate) async fn run(&self, arguments: &[&str]) -> Result<Ended, GitError> {
        let failed = GitError::failed("running git");
        let place = self.home.join("said");
        let said = OpenOptions::new().create(true).append(true).open(&place).map_err(&failed)?;
        said.set_len(0).map_err(&failed)?;
        let mut command = std::process::Command::new("sh");
        command
            .args(["-c", LIMITED, "sh", "git"])
            .args(arguments)
            .current_dir(&self.tree)
            .env_clear()
            .envs([("PATH", PATH), ("LC_ALL", "C"), ("GIT_CONFIG_NOSYSTEM", "1")])
            .envs([("GIT_TERMINAL_PROMPT", "0"), ("GIT_PROTOCOL_FROM_USER", "0")])
            .env("HOME", &self.home)
            .stdin(Stdio::null())
            .stdout(said.try_clone().map_err(&failed)?)
            .stderr(said);
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = tokio::process::Command::from(command).spawn();
        let mut child = child.map_err(&failed)?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let mut group = Group(id);
        let status = child.wait().await.map_err(&failed)?;
        group.0 = None;
        // A signal is told as a shell does.
        let signal = std::os::unix::process::ExitStatusExt::signal(&status).unwrap_or_default();
        let code = status.code().unwrap_or(128 + signal);
        if code == NOT_FOUND {
            return Err(GitError::NotInstalled);
        }
        Ok(Ended { code, said: read(&place).map_err(&failed)? })
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0
            && let Err(error) = kill_process_group(group, Signal::KILL)
        {
            tracing::debug!(%error, "a git that was broken off had ended by itself");
        }
    }
}

fn read(place: &Path) -> std::io::Result<String> {
    let mut said = Vec::new();
    File::open(place)?.take(SAID_BYTES_MAX).read_to_end(&mut said)?;
    Ok(String::from_utf8_lossy(&said).into_owned())
}
