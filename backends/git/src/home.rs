//! The settings of git: a home directory of its own for one fetch, so that neither the host's nor the user's count.
//!
//! A password of the client's is in here alone: not in an argument, which every user of the host could read, and not in
//! the repository's own settings, which become part of an image.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, Write as _},
    net::SocketAddr,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use crate::{Source, relay::SCHEME};

/// What is the same for every fetch: no hooks, nothing that is asked or run, no place of the host, and not more memory for
/// what is mapped than `program` has for all.
const SETTINGS: &str = "\
[init]
\tdefaultBranch = master
\ttemplateDir =
[core]
\thooksPath = /dev/null
\taskPass =
\tfsmonitor = false
\tsshCommand = false
\tpackedGitWindowSize = 32m
\tpackedGitLimit = 512m
[credential]
\thelper =
[protocol]
\tallow = never
[protocol \"http\"]
\tallow = always
[protocol \"https\"]
\tallow = always
[protocol \"git\"]
\tallow = always
[fetch]
\trecurseSubmodules = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
[advice]
\tdetachedHead = false
";

/// Makes the home directory.
pub(crate) fn make(home: &Path, source: &Source, relay: SocketAddr) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(home)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(home.join(".gitconfig"))?;
    file.write_all(text(source, relay).as_bytes())
}

fn text(source: &Source, relay: SocketAddr) -> String {
    let through = format!(
        "[http]\n\tproxy = socks5h://{relay}\n[url \"{}\"]\n\tinsteadOf = {SCHEME}\n",
        relayed(relay)
    );
    let (mut known, mut shown) = (source.remote.clone(), source.shown());
    let mut secrets = String::new();
    if known != shown && matches!(known.scheme(), "http" | "https") {
        // For all of the host, so that submodules beside the repository are fetched as it is.
        known.set_path("/");
        shown.set_path("/");
        known.set_query(None);
        shown.set_query(None);
        secrets = format!("[url {}]\n\tinsteadOf = {shown}\n", quoted(known.as_str()));
    }
    format!("{SETTINGS}{through}{secrets}")
}

/// How a repository of git's own protocol is named at the relay.
pub(crate) fn relayed(relay: SocketAddr) -> String {
    format!("{SCHEME}{relay}/")
}

/// A URL has no control characters, and most others as `%` and two digits.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests;
