//! A repository becomes files: the runs of git that the docker daemon makes, with its words for what goes wrong.

use std::{
    fs,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::Duration,
};

use backends_images::open_in_root;
use rustix::{fs::OFlags, io::Errno};

use crate::{
    GitError, Source, home,
    program::{Ended, Program},
    relay::Relay,
    watch::{self, Limits},
};

/// Bytes that may come from the network: as many as of a context that is fetched as a file.
const FETCHED_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// How long all of it may take. A large repository comes in some minutes.
const TIME_MAX: Duration = Duration::from_secs(15 * 60);

/// What a server says that hands out files and knows nothing of git: all of the history has to come.
const NOT_SHALLOW: &str = "dumb http transport does not support shallow capabilities";

/// Fetches a repository into an empty directory, and gives the directory that is the context.
pub async fn check_out(source: &Source, place: &Path) -> Result<OwnedFd, GitError> {
    let fetched = fetch(source, place, Limits::DEFAULT, FETCHED_BYTES_MAX);
    let slow = || Err(GitError::TooSlow(TIME_MAX.as_secs()));
    tokio::time::timeout(TIME_MAX, fetched).await.unwrap_or_else(|_| slow())
}

pub(crate) async fn fetch(
    source: &Source,
    place: &Path,
    limits: Limits,
    bytes_max: u64,
) -> Result<OwnedFd, GitError> {
    let relay =
        Relay::open(bytes_max).await.map_err(GitError::failed("opening the way for git"))?;
    let (tree, home) = (place.join("tree"), place.join("home"));
    let making = GitError::failed("making a directory for git");
    fs::create_dir(&tree).map_err(&making)?;
    home::make(&home, source, relay.address()).map_err(&making)?;
    let run = Run { source, program: Program { tree: tree.clone(), home }, relay };
    tokio::select! {
        done = run.all() => done?,
        error = watch::outgrown(&tree, limits) => return Err(error),
    }
    // What was written since the last look, and by a fetch that took less than that.
    watch::look(tree.clone(), limits).await?;
    directory(source, &tree)
}

struct Run<'s> {
    source: &'s Source,
    program: Program,
    relay: Relay,
}

impl Run<'_> {
    async fn all(&self) -> Result<(), GitError> {
        let (reference, origin) = (self.source.reference.as_str(), self.source.shown());
        self.git("failed to init repo", &["init"]).await?;
        let what = format!("failed add origin repo at {origin}");
        self.git(&what, &["remote", "add", "origin", origin.as_str()]).await?;
        self.fetch(reference).await?;
        // By the name first, which makes a branch of it.
        let what = format!("error checking out {reference}");
        if let Err(error) = self.git(&what, &["checkout", reference]).await
            && self.git(&what, &["checkout", "FETCH_HEAD"]).await.is_err()
        {
            return Err(error);
        }
        let submodules = ["submodule", "update", "--init", "--recursive", "--depth=1"];
        self.git("error initializing submodules", &submodules).await?;
        let failed = GitError::failed("writing where the repository is from");
        forget_relay(&self.program.tree, &home::relayed(self.relay.address())).map_err(failed)
    }

    async fn fetch(&self, reference: &str) -> Result<(), GitError> {
        const WHAT: &str = "error fetching";
        let shallow = ["fetch", "--depth", "1", "origin", "--", reference];
        match self.git(WHAT, &shallow).await {
            Err(GitError::Run { said, .. }) if said.contains(NOT_SHALLOW) => {
                self.git(WHAT, &["fetch", "origin", "--", reference]).await
            }
            done => done,
        }
    }

    async fn git(&self, what: &str, arguments: &[&str]) -> Result<(), GitError> {
        let Ended { code, said } = self.program.run(arguments).await?;
        if code == 0 {
            return Ok(());
        }
        if let Some(bytes_max) = self.relay.exceeded() {
            return Err(GitError::TooLarge(format!("{bytes_max} bytes")));
        }
        let what = what.to_owned();
        let mut said = self.without_secrets(&said);
        if let Some(reason) = self.relay.refused() {
            said = format!("{}: {reason}", said.trim_end());
        }
        Err(GitError::Run { what, said, code })
    }

    /// Takes what is the server's or a secret out of what git wrote.
    fn without_secrets(&self, said: &str) -> String {
        let said = said.replace(&home::relayed(self.relay.address()), crate::relay::SCHEME);
        let (remote, shown) = (&self.source.remote, self.source.shown());
        let user = remote.username();
        let secret = match remote.password() {
            Some(password) => format!("{user}:{password}@"),
            None if user.is_empty() => return said,
            None => format!("{user}@"),
        };
        said.replace(remote.as_str(), shown.as_str()).replace(&secret, "")
    }
}

/// Writes the repository's own place where git has written that of the relay.
fn forget_relay(tree: &Path, relayed: &str) -> std::io::Result<()> {
    let place: PathBuf = tree.join(".git/FETCH_HEAD");
    let told = fs::read_to_string(&place)?;
    if told.contains(relayed) {
        fs::write(&place, told.replace(relayed, crate::relay::SCHEME))?;
    }
    Ok(())
}

/// Opens the directory that is the context. Links to it are followed inside of the tree.
fn directory(source: &Source, tree: &Path) -> Result<OwnedFd, GitError> {
    let asked = &source.directory;
    let path = source.directory().ok_or_else(|| GitError::Outside(asked.clone()))?;
    let root = fs::File::open(tree).map_err(GitError::failed("opening what git fetched"))?;
    let path = if path.is_empty() { "." } else { &path };
    match open_in_root(&root, path.as_bytes(), OFlags::RDONLY | OFlags::DIRECTORY) {
        Ok(directory) => Ok(directory),
        Err(Errno::NOENT) => Err(GitError::NoDirectory(asked.clone())),
        Err(Errno::NOTDIR) => Err(GitError::NotADirectory(asked.clone())),
        Err(errno) => Err(GitError::failed("opening the directory of the repository")(errno)),
    }
}
