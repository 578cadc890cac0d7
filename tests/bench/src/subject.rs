//! Who is measured.

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;
use tests_conformance::{Archives, Client, Dockerd, Namespace, Server};

use crate::constant::Constant;

/// The kinds of subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// The binary of this repository.
    Sockerless,
    /// A stock dockerd.
    Dockerd,
    /// The responder of constants.
    Constant,
}

/// A running subject; it ends with this value.
#[derive(Debug)]
pub(crate) enum Subject {
    /// The binary of this repository.
    Sockerless(Box<Server>),
    /// A stock dockerd.
    Dockerd(Box<Dockerd>),
    /// The responder of constants.
    Constant(Constant),
}

impl Kind {
    /// How the subject is called in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sockerless => "sockerless",
            Self::Dockerd => "dockerd",
            Self::Constant => "constant",
        }
    }
}

impl Subject {
    /// Starts our server or a dockerd anew, with the test images in it.
    pub(crate) async fn start(kind: Kind, archives: &Archives) -> Result<Self> {
        let subject = match kind {
            Kind::Sockerless => Self::Sockerless(Box::new(Server::start().await?)),
            Kind::Dockerd => Self::Dockerd(Box::new(Dockerd::start().await?)),
            Kind::Constant => return Ok(Self::Constant(Constant::start(200, b"{}").await?)),
        };
        archives.put_into(&Client::new(&subject.socket())).await?;
        Ok(subject)
    }

    /// Its kind.
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Sockerless(_) => Kind::Sockerless,
            Self::Dockerd(_) => Kind::Dockerd,
            Self::Constant(_) => Kind::Constant,
        }
    }

    /// The unix socket it listens on.
    pub(crate) fn socket(&self) -> PathBuf {
        match self {
            Self::Sockerless(server) => server.socket(),
            Self::Dockerd(dockerd) => dockerd.socket().to_owned(),
            Self::Constant(constant) => constant.socket(),
        }
    }

    /// The network that it is in; the responder has none of its own.
    pub(crate) fn network(&self) -> Option<&Namespace> {
        match self {
            Self::Sockerless(server) => Some(server.network()),
            Self::Dockerd(dockerd) => Some(dockerd.network()),
            Self::Constant(_) => None,
        }
    }

    /// The processes whose CPU time and memory count: the server, and with dockerd its containerd.
    pub(crate) fn pids(&self) -> Result<Vec<u32>> {
        match self {
            Self::Sockerless(server) => Ok(vec![server.pid()?]),
            Self::Dockerd(dockerd) => dockerd.pids(),
            Self::Constant(constant) => Ok(vec![constant.pid()]),
        }
    }
}
