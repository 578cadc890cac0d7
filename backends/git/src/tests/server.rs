//! A server of repositories: git's own programs behind a listener.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use tempfile::TempDir;

/// How repositories are served.
#[derive(Clone)]
pub(super) enum Protocol {
    /// By git's own.
    Git,
    /// By HTTP and git's program for it.
    Http { password: Option<String> },
    /// By HTTP, as files.
    Files,
}

/// The server. Its thread ends with the tests' process.
pub(super) struct Server {
    folder: TempDir,
    start: String,
}

impl Server {
    pub(super) fn start(protocol: Protocol) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let start = match &protocol {
            Protocol::Git => format!("git://{address}"),
            Protocol::Http { password: Some(password) } => format!("http://{password}@{address}"),
            Protocol::Http { password: None } | Protocol::Files => format!("http://{address}"),
        };
        let root = folder.path().to_owned();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (protocol, root) = (protocol.clone(), root.clone());
                thread::spawn(move || match protocol {
                    Protocol::Git => daemon(client, &root),
                    Protocol::Http { password } => http(client, &root, password.as_deref(), false),
                    Protocol::Files => http(client, &root, None, true),
                });
            }
        });
        Self { folder, start }
    }

    /// Where a client finds a repository.
    pub(super) fn url(&self, what: &str) -> String {
        format!("{}/{what}", self.start)
    }

    /// Where a repository is on the host.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Makes a repository with a commit.
    pub(super) fn repository(&self, name: &str, write: impl FnOnce(&Path)) {
        fs::create_dir(self.path(name)).unwrap();
        self.git(name, &["init", "-q", "-b", "master"]);
        self.commit(name, write);
    }

    /// Adds a commit.
    pub(super) fn commit(&self, name: &str, write: impl FnOnce(&Path)) {
        write(&self.path(name));
        self.git(name, &["add", "-A"]);
        self.git(name, &["commit", "-q", "-m", "one more"]);
    }

    /// Adds a submodule that is at its master.
    pub(super) fn submodule(&self, name: &str, url: &str, directory: &str) {
        self.git(
            name,
            &["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", url, directory],
        );
        self.git(name, &["commit", "-q", "-m", "a submodule"]);
    }

    /// Runs git in a repository and gives what it writes.
    pub(super) fn git(&self, name: &str, arguments: &[&str]) -> String {
        let mut command = git(self.folder.path());
        let output = command.args(arguments).current_dir(self.path(name)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' own git")]
fn git(home: &Path) -> Command {
    let mut command = Command::new("git");
    command.env("HOME", home).env("GIT_CONFIG_NOSYSTEM", "1");
    for (name, value) in [("NAME", "someone"), ("EMAIL", "someone@example.test")] {
        command.env(format!("GIT_AUTHOR_{name}"), value);
        command.env(format!("GIT_COMMITTER_{name}"), value);
    }
    command
}

fn daemon(client: TcpStream, root: &Path) {
    let output = OwnedFd::from(client.try_clone().unwrap());
    let base = format!("--base-path={}", root.display());
    let mut daemon = git(root);
    daemon.args(["daemon", "--inetd", "--export-all", &base]);
    daemon.stdin(OwnedFd::from(client)).stdout(output).stderr(Stdio::null());
    daemon.status().unwrap();
}

/// Answers one request, and closes.
fn http(client: TcpStream, root: &Path, password: Option<&str>, as_files: bool) {
    let mut reader = BufReader::new(client);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        let count = reader.read_line(&mut line).unwrap_or_default();
        let line = line.trim_end().to_owned();
        if count == 0 || line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let header = |name: &str| {
        let is_it = |line: &&String| line.to_lowercase().starts_with(&format!("{name}: "));
        lines.iter().skip(1).find(is_it).map(|line| line[name.len() + 2..].to_owned())
    };
    let length = header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() || lines.is_empty() {
        return;
    }
    let mut words = lines[0].split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let is_known = password.is_none_or(|password| {
        header("authorization") == Some(format!("Basic {}", STANDARD.encode(password)))
    });
    let answer = if !is_known {
        b"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
    } else if as_files {
        match fs::read(root.join(path.trim_start_matches('/'))) {
            Ok(bytes) => {
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    bytes.len()
                );
                [head.into_bytes(), bytes].concat()
            }
            Err(_) => {
                b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
            }
        }
    } else {
        let mut backend = git(root);
        backend.arg("http-backend").env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1");
        backend.env("REQUEST_METHOD", method).env("PATH_INFO", path).env("QUERY_STRING", query);
        backend.env("CONTENT_LENGTH", length.to_string());
        for (name, variable) in [
            ("content-type", "CONTENT_TYPE"),
            ("content-encoding", "HTTP_CONTENT_ENCODING"),
            ("git-protocol", "GIT_PROTOCOL"),
        ] {
            backend.env(variable, header(name).unwrap_or_default());
        }
        let mut child = backend.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(&body).unwrap();
        let said = child.wait_with_output().unwrap().stdout;
        let text = String::from_utf8_lossy(&said);
        let status = text.strip_prefix("Status: ").and_then(|rest| rest.lines().next());
        let head = format!("HTTP/1.1 {}\r\nConnection: close\r\n", status.unwrap_or("200 OK"));
        [head.into_bytes(), said].concat()
    };
    // A client that has hung up wants no answer.
    let _ = reader.get_mut().write_all(&answer);
}
