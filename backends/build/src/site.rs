//! What a build needs of the world.

use std::sync::Arc;

use async_trait::async_trait;
use backends_core::{Draft, Shown};
use backends_images::{ImageConfig, RunConfig};
use journal_domain::{Digest, Layer};
use journal_log::Timestamp;

use crate::BuildError;

/// An image that a step is done on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// Its identity.
    pub id: Digest,
    /// Its configuration.
    pub config: ImageConfig,
    /// Its layers, lowest first.
    pub layers: Vec<Layer>,
}

/// An image that a step has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The image.
    pub image: Base,
    /// The image that it was made of.
    pub parent: Option<Digest>,
    /// What the step was.
    pub cache_key: Digest,
}

/// A program that a step runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The image, which is kept.
    pub image: Digest,
    /// User, working directory and the like.
    pub config: RunConfig,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// All its variables.
    pub env: Vec<String>,
}

/// How a program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ran {
    /// Its code.
    pub code: i64,
    /// What it changed, where it ended well and changed something.
    pub layer: Option<Layer>,
}

/// A file that was fetched.
pub struct Fetched {
    /// The directory that it is in, alone.
    pub tree: Arc<dyn Shown>,
    /// Its name there, which is that of what was fetched; a placeholder where that has none.
    pub file: String,
    /// The name that it shall have; absent where nothing says it.
    pub name: Option<String>,
}

/// Where a build is done.
#[async_trait]
pub trait Site: Send + Sync {
    /// Gives the time.
    fn now(&self) -> Timestamp;

    /// Tells the client something.
    async fn say(&self, text: String) -> Result<(), BuildError>;

    /// Tells the client the image of a stage.
    async fn tell(&self, id: Digest) -> Result<(), BuildError>;

    /// Finds an image by name, and fetches it where it is not here or `fresh` says so.
    async fn base(
        &self,
        name: &str,
        platform: Option<&str>,
        fresh: bool,
    ) -> Result<Base, BuildError>;

    /// Finds an image by name that is here.
    async fn here(&self, name: &str) -> Option<Base>;

    /// Finds what a step made of an image before.
    async fn cached(&self, parent: Option<Digest>, key: Digest)
    -> Result<Option<Base>, BuildError>;

    /// Keeps images that were made, each after what it was made of.
    async fn keep(&self, made: Vec<Made>) -> Result<(), BuildError>;

    /// Runs a program, tells the client what it writes, and takes what it changed.
    async fn run(&self, run: Run) -> Result<Ran, BuildError>;

    /// Shows the files of layers.
    async fn show(&self, layers: &[Digest]) -> Result<Arc<dyn Shown>, BuildError>;

    /// Begins a layer over others.
    async fn draft(&self, layers: &[Digest]) -> Result<Box<dyn Draft>, BuildError>;

    /// Fetches a file.
    async fn fetch(&self, url: &str) -> Result<Fetched, BuildError>;
}
