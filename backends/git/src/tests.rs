//! Repositories on this host's loopback, served by git itself, fetched as those of clients are.

mod server;

use std::{
    fs,
    io::Read as _,
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use self::server::{Protocol, Server};
use crate::{GitError, Source, check_out::fetch, watch::Limits};

/// Repositories with a server.
struct Rig {
    server: Server,
    place: TempDir,
}

impl Rig {
    /// Makes `repo` with two commits, a branch, a tag, links and directories, and serves it.
    fn new(protocol: Protocol) -> Self {
        let server = Server::start(protocol);
        server.repository("repo", |tree| {
            fs::write(tree.join("Dockerfile"), "FROM first").unwrap();
            fs::create_dir(tree.join("sub")).unwrap();
            fs::write(tree.join("sub/Dockerfile"), "FROM sub").unwrap();
            std::os::unix::fs::symlink("/sub", tree.join("link")).unwrap();
            std::os::unix::fs::symlink("/etc", tree.join("host")).unwrap();
        });
        server.git("repo", &["tag", "one"]);
        server.git("repo", &["checkout", "-q", "-b", "branch"]);
        server.commit("repo", |tree| fs::write(tree.join("Dockerfile"), "FROM second").unwrap());
        server.git("repo", &["checkout", "-q", "master"]);
        Self { server, place: tempfile::tempdir().unwrap() }
    }

    async fn fetch(&self, what: &str) -> Result<String, GitError> {
        self.fetch_within(what, Limits::DEFAULT, u64::MAX).await
    }

    /// Fetches, and gives the Dockerfile.
    async fn fetch_within(
        &self,
        what: &str,
        limits: Limits,
        bytes_max: u64,
    ) -> Result<String, GitError> {
        let source = Source::parse(&self.server.url(what))?;
        let place = tempfile::tempdir_in(self.place.path()).unwrap().keep();
        let directory = fetch(&source, &place, limits, bytes_max).await?;
        let mut text = String::new();
        let inside = format!("/proc/self/fd/{}/Dockerfile", directory.as_raw_fd());
        fs::File::open(inside).unwrap().read_to_string(&mut text).unwrap();
        Ok(text)
    }

    async fn refused(&self, what: &str) -> String {
        self.fetch(what).await.unwrap_err().to_string()
    }

    /// The files of the only fetch.
    fn tree(&self) -> PathBuf {
        let mut places = fs::read_dir(self.place.path()).unwrap();
        places.next().unwrap().unwrap().path().join("tree")
    }
}

#[tokio::test]
async fn a_branch_a_tag_and_a_commit_are_found() {
    let rig = Rig::new(Protocol::Git);
    assert_eq!(rig.fetch("repo").await.unwrap(), "FROM first");
    assert_eq!(rig.fetch("repo#one").await.unwrap(), "FROM first");
    assert_eq!(rig.fetch("repo#branch").await.unwrap(), "FROM second");
    let commit = rig.server.git("repo", &["rev-parse", "branch"]);
    assert_eq!(rig.fetch(&format!("repo#{}", commit.trim())).await.unwrap(), "FROM second");
    assert_eq!(
        rig.refused("repo#nosuch").await,
        "error fetching: fatal: couldn't find remote ref nosuch\n: exit status 128"
    );
    assert!(rig.refused("nosuch").await.starts_with("error fetching: fatal: "));
}

#[tokio::test]
async fn a_directory_is_found_inside_of_the_repository() {
    let rig = Rig::new(Protocol::Git);
    assert_eq!(rig.fetch("repo#:sub").await.unwrap(), "FROM sub");
    assert_eq!(rig.fetch("repo#master:link").await.unwrap(), "FROM sub");
    assert_eq!(rig.refused("repo#:host").await, "stat host: no such file or directory");
    assert_eq!(rig.refused("repo#:nosuch").await, "stat nosuch: no such file or directory");
    assert_eq!(
        rig.refused("repo#:Dockerfile").await,
        "error setting git context, not a directory: Dockerfile"
    );
    assert_eq!(
        rig.refused("repo#:../sub").await,
        "error setting git context, \"../sub\" not within git root"
    );
}

#[tokio::test]
async fn a_submodule_comes_along_and_one_of_the_host_does_not() {
    let rig = Rig::new(Protocol::Git);
    rig.server.repository("with", |tree| fs::write(tree.join("Dockerfile"), "FROM x").unwrap());
    rig.server.submodule("with", &rig.server.url("repo"), "beside");
    rig.fetch("with").await.unwrap();
    assert_eq!(fs::read_to_string(rig.tree().join("beside/sub/Dockerfile")).unwrap(), "FROM sub");
    let of_the_host = rig.server.path("repo").to_string_lossy().into_owned();
    rig.server.repository("evil", |tree| fs::write(tree.join("Dockerfile"), "FROM x").unwrap());
    rig.server.submodule("evil", &of_the_host, "files");
    let told = rig.refused("evil").await;
    assert!(told.starts_with("error initializing submodules: "), "{told}");
    assert!(told.contains("transport 'file' not allowed"), "{told}");
}

#[tokio::test]
async fn the_repository_says_where_it_is_from() {
    let rig = Rig::new(Protocol::Git);
    rig.fetch("repo").await.unwrap();
    let told = fs::read_to_string(rig.tree().join(".git/FETCH_HEAD")).unwrap();
    assert!(told.ends_with(&format!("branch 'master' of {}\n", rig.server.url("repo"))), "{told}");
    assert!(!rig.tree().join(".git/hooks").exists());
}

#[tokio::test]
async fn http_is_spoken_with_a_password_that_nothing_keeps() {
    let rig = Rig::new(Protocol::Http { password: Some("user:s3cret".to_owned()) });
    assert_eq!(rig.fetch("repo#branch").await.unwrap(), "FROM second");
    assert_eq!(find_text(&rig.tree(), "s3cret"), Vec::<PathBuf>::new());
    let mut wrong = rig.server.url("repo");
    wrong = wrong.replace("s3cret", "wr0ng");
    let place = tempfile::tempdir().unwrap();
    let source = Source::parse(&wrong).unwrap();
    let told = fetch(&source, place.path(), Limits::DEFAULT, u64::MAX).await.unwrap_err();
    let told = told.to_string();
    assert!(told.contains("Authentication failed") && !told.contains("wr0ng"), "{told}");
}

#[tokio::test]
async fn a_server_of_files_hands_out_the_whole_history() {
    let rig = Rig::new(Protocol::Files);
    rig.server.git("repo", &["update-server-info"]);
    assert_eq!(rig.fetch("repo/.git#branch").await.unwrap(), "FROM second");
    assert_eq!(rig.fetch("repo/.git#:sub").await.unwrap(), "FROM sub");
}

#[tokio::test]
async fn more_than_may_be_is_told() {
    let rig = Rig::new(Protocol::Git);
    rig.server.repository("large", |tree| {
        fs::write(tree.join("Dockerfile"), vec![b'#'; 5_000_000]).unwrap();
    });
    let refused = async |limits, bytes_max| {
        rig.fetch_within("large", limits, bytes_max).await.unwrap_err().to_string()
    };
    let limits = Limits { bytes: 4_000_000, ..Limits::DEFAULT };
    assert_eq!(refused(limits, u64::MAX).await, "the git repository has more than 4000000 bytes");
    let limits = Limits { entries: 10, ..Limits::DEFAULT };
    assert_eq!(refused(limits, u64::MAX).await, "the git repository has more than 10 files");
    assert_eq!(refused(Limits::DEFAULT, 100).await, "the git repository has more than 100 bytes");
}

#[tokio::test]
async fn a_metadata_service_is_no_repository() {
    let place = tempfile::tempdir().unwrap();
    for (number, url) in
        ["git://169.254.169.254/r", "http://169.254.169.254/r.git"].iter().enumerate()
    {
        let place = place.path().join(number.to_string());
        fs::create_dir(&place).unwrap();
        let source = Source::parse(url).unwrap();
        let told = fetch(&source, &place, Limits::DEFAULT, u64::MAX).await.unwrap_err().to_string();
        assert!(told.starts_with("error fetching: "), "{told}");
        assert!(told.contains("where a git repository must not lead"), "{told}");
    }
}

/// The files below a directory that hold a text.
fn find_text(directory: &Path, text: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let (path, kind) = {
            let entry = entry.unwrap();
            (entry.path(), entry.file_type().unwrap())
        };
        if kind.is_dir() {
            found.extend(find_text(&path, text));
        } else if kind.is_file()
            && String::from_utf8_lossy(&fs::read(&path).unwrap()).contains(text)
        {
            found.push(path);
        }
    }
    found
}
