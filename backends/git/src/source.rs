//! What a client names: `https://host/repository.git#ref:directory` and its kin.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::GitError;

/// What is wanted of a repository where a client does not say it.
const REFERENCE: &str = "master";

/// How the only repositories begin that git would reach by SSH.
const SSH: &str = "git@";

/// A repository, and what is wanted of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Where it is; there may be a password in it.
    pub(crate) remote: Url,
    /// A branch, a tag, a commit, anything that the other side has a name for.
    pub(crate) reference: String,
    /// The directory that is the context; all of it where it is empty.
    pub(crate) directory: String,
}

/// Tells whether the docker daemon takes a context's place for that of a git repository.
pub fn is_git(remote: &str) -> bool {
    let is_web = remote.starts_with("http://") || remote.starts_with("https://");
    let ends_as_one = remote.ends_with(".git")
        || remote.split_once(".git#").is_some_and(|(_, wanted)| !wanted.is_empty());
    (is_web && ends_as_one)
        || ["git://", "github.com/", SSH].iter().any(|start| remote.starts_with(start))
}

impl Source {
    /// Reads what a client names.
    pub fn parse(text: &str) -> Result<Self, GitError> {
        let (place, fragment) = text.split_once('#').unwrap_or((text, ""));
        if place.starts_with(SSH) || place.starts_with("ssh://") {
            return Err(GitError::Ssh(place.to_owned()));
        }
        let is_whole = ["git://", "http://", "https://"]
            .iter()
            .any(|scheme| place.to_ascii_lowercase().starts_with(scheme));
        let place = if is_whole { place.to_owned() } else { format!("https://{place}") };
        // What is no URL may hold a password anywhere.
        let wrong = |reason: String| GitError::Source { remote: "this".to_owned(), reason };
        let remote = Url::parse(&place).map_err(|error| wrong(error.to_string()))?;
        if remote.host_str().is_none_or(str::is_empty) {
            return Err(wrong("it names no host".to_owned()));
        }
        let fragment = percent_decode_str(fragment).decode_utf8();
        let fragment = fragment.map_err(|error| wrong(error.to_string()))?;
        let (reference, directory) = fragment.split_once(':').unwrap_or((&fragment, ""));
        if reference.starts_with('-') {
            return Err(GitError::Reference(reference.to_owned()));
        }
        let reference = if reference.is_empty() { REFERENCE } else { reference };
        Ok(Self { remote, reference: reference.to_owned(), directory: directory.to_owned() })
    }

    /// Gives the repository's place without what is secret.
    pub(crate) fn shown(&self) -> Url {
        let mut shown = self.remote.clone();
        // Neither can fail: the URL has a host.
        let _ = shown.set_username("");
        let _ = shown.set_password(None);
        shown
    }

    /// Gives the directory in the tree; `None` where it would lead out of it.
    pub(crate) fn directory(&self) -> Option<String> {
        let mut parts: Vec<&str> = Vec::new();
        for part in self.directory.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop()?;
                }
                part => parts.push(part),
            }
        }
        Some(parts.join("/"))
    }
}

#[cfg(test)]
mod tests;
