//! What the environment tells the tests: where the binary is, and which endpoint is meant.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, Result};

/// The path of the `sockerless` binary, instead of the one beside the tests.
const BINARY: &str = "SOCKERLESS_BIN";

/// The endpoint that the rows run against: `unix:///…`, or `dockerd` for one that the tests start by themselves.
const ENDPOINT: &str = "SOCKERLESS_TEST_ENDPOINT";

/// The name of golden data that is to be made of what the binary does now.
const GOLDEN: &str = "UPDATE_GOLDEN";

/// Which endpoint the rows run against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// The binary of this repository, started by the tests.
    Ours,
    /// A stock dockerd, started by the tests.
    Dockerd,
    /// Whatever listens on this unix socket; a stock dockerd as a rule.
    Socket(PathBuf),
}

/// Reads which endpoint is meant; ours when nothing is said.
pub fn endpoint() -> Result<Choice> {
    variable(ENDPOINT).map_or(Ok(Choice::Ours), |name| name.parse().context(ENDPOINT))
}

impl FromStr for Choice {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "sockerless" => Ok(Self::Ours),
            "dockerd" => Ok(Self::Dockerd),
            address => {
                let path = address.strip_prefix("unix://").with_context(|| {
                    format!("neither sockerless, dockerd nor unix://…: {address}")
                })?;
                Ok(Self::Socket(PathBuf::from(path)))
            }
        }
    }
}

/// The name of golden data that is to be made; none where nothing is said.
pub fn golden_to_make() -> Option<String> {
    variable(GOLDEN)
}

/// The path of the binary under test: as told, else the release one of the target folder that the tests are in.
pub fn binary() -> Result<PathBuf> {
    if let Some(path) = variable(BINARY) {
        return Ok(PathBuf::from(path));
    }
    let me = std::env::current_exe().context("a test binary has a path")?;
    let path = me
        .ancestors()
        .skip(1)
        .flat_map(|folder| [folder.join("sockerless"), folder.join("release/sockerless")])
        .find(|path| path.is_file())
        .with_context(|| {
            format!("there is no sockerless above {}; run `make build`", me.display())
        })?;
    Ok(path)
}

/// The path of a file that was fetched for the tests: among the tools, which are found as programs are.
pub fn tool(name: &str) -> Result<PathBuf> {
    let folders = variable("PATH").unwrap_or_default();
    std::env::split_paths(&folders)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
        .with_context(|| format!("there is no {name} on the PATH; `make test` fetches it"))
}

#[expect(clippy::disallowed_methods, reason = "tests are told by variables what to test")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
