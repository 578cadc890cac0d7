//! The images that tests run, made once by `tests/images/build.sh`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use bytes::Bytes;

use crate::http::Client;
use crate::process::{command, run};

/// A small root file system with busybox.
pub const BUSYBOX: &str = "sockerless-test/busybox";

/// An image with entry point, command, environment, labels, user and working folder.
pub const CONFIG: &str = "sockerless-test/config";

/// An image whose program answers its own stop signal with exit code 7.
pub const SIGNALS: &str = "sockerless-test/signals";

/// An image with an upper layer that adds, replaces and hides files.
pub const LAYERS: &str = "sockerless-test/layers";

/// What makes the archives; it is in the program, which may be run far from its sources.
const SCRIPT: &str = include_str!("../../images/build.sh");

/// The archives that `tests/images/build.sh` makes.
#[derive(Debug, Clone)]
pub struct Archives {
    /// A root file system, for import.
    pub busybox: PathBuf,
    /// A docker archive of three images, for load.
    pub images: PathBuf,
}

impl Archives {
    /// Makes the archives in `folder`.
    pub fn make(folder: &Path) -> Result<Self> {
        let mut build = command("sh");
        build.args(["-c", SCRIPT, "build.sh"]).arg(folder);
        run(&mut build).context("making the test images")?;
        Ok(Self { busybox: folder.join("busybox.tar"), images: folder.join("images.tar") })
    }

    /// Puts all images into an endpoint.
    pub async fn put_into(&self, client: &Client) -> Result<()> {
        let busybox = self.import_path(BUSYBOX);
        let reply = client.post_tar(&busybox, self.busybox_tar()?).await?.expect_status(200)?;
        ensure!(!reply.text().contains("\"error\""), "import failed: {}", reply.text());
        let reply = client.post_tar("/images/load?quiet=1", self.images_tar()?).await?;
        let reply = reply.expect_status(200)?;
        ensure!(reply.text().contains("Loaded image"), "load failed: {}", reply.text());
        Ok(())
    }

    /// The path of a request that imports its body as `name`.
    pub fn import_path(&self, name: &str) -> String {
        format!("/images/create?fromSrc=-&repo={name}&tag=latest")
    }

    /// The bytes of the root file system.
    pub fn busybox_tar(&self) -> Result<Bytes> {
        Ok(std::fs::read(&self.busybox)?.into())
    }

    /// The bytes of the docker archive.
    pub fn images_tar(&self) -> Result<Bytes> {
        Ok(std::fs::read(&self.images)?.into())
    }
}
