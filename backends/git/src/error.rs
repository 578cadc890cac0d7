//! Why a repository was not fetched, in the words of the docker daemon where it has some.

/// Tells why there is no context.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// What the client named is no repository.
    #[error("{remote} is no git repository: {reason}")]
    Source {
        /// What was named, without what may be secret in it.
        remote: String,
        /// Why.
        reason: String,
    },
    /// It is asked for by SSH.
    #[error(
        "not built yet: a git repository over SSH ({0}), for the keys would be those of the server; \
         name it by https, or clone it and send the directory"
    )]
    Ssh(String),
    /// What is wanted of it would be an option of git.
    #[error("invalid refspec: {0}")]
    Reference(String),
    /// Git said no.
    #[error("{what}: {said}: exit status {code}")]
    Run {
        /// What it was run for.
        what: String,
        /// What it wrote.
        said: String,
        /// How it ended.
        code: i32,
    },
    /// The directory is none of the repository's.
    #[error("error setting git context, {0:?} not within git root")]
    Outside(String),
    /// The directory is not there.
    #[error("stat {0}: no such file or directory")]
    NoDirectory(String),
    /// The directory is something else.
    #[error("error setting git context, not a directory: {0}")]
    NotADirectory(String),
    /// There is more of it than may be.
    #[error("the git repository has more than {0}")]
    TooLarge(String),
    /// It takes longer than it may.
    #[error("the git repository took more than {0} seconds")]
    TooSlow(u64),
    /// There is no program for it.
    #[error("the program git is not installed where the server runs")]
    NotInstalled,
    /// Its files could not be kept, or the program could not be run.
    #[error("{doing} failed")]
    Failed {
        /// What failed.
        doing: &'static str,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

impl GitError {
    /// Makes the error of something that failed here.
    pub(crate) fn failed<E: Into<std::io::Error>>(doing: &'static str) -> impl Fn(E) -> Self {
        move |error| Self::Failed { doing, source: error.into() }
    }

    /// Tells whether it is the server that failed, and not what was asked for.
    pub const fn is_of_the_server(&self) -> bool {
        matches!(self, Self::NotInstalled | Self::Failed { .. })
    }
}
