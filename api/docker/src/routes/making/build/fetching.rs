//! A file that `ADD` fetches, and how far that is, told as the docker daemon does.

use std::{
    fs::{File, Permissions},
    io::{BufWriter, Write as _},
    os::{
        fd::{AsFd as _, BorrowedFd, OwnedFd},
        unix::fs::PermissionsExt as _,
    },
    sync::Arc,
    time::{Duration, SystemTime},
};

use api_types::ProgressMessage;
use backends_build::{BuildError, Fetched};
use backends_core::Shown;
use backends_images::{FetchedFile, Workspace};
use tokio::{sync::watch, time::Instant};

use super::{
    site::{ServerSite, failed},
    teller::Teller,
};
use crate::routes::images::{FETCH_PAUSE, bytes_line};

/// Bytes of a file that `ADD` fetches.
const FETCHED_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// The name of a fetched file while it is looked at.
const FETCHED: &str = "fetched";

/// Permissions of a fetched file, as the docker daemon has them.
const FETCHED_MODE: u32 = 0o600;

/// A file that was fetched; it goes with this.
struct FetchedTree {
    root: OwnedFd,
    _files: Workspace,
}

impl Shown for FetchedTree {
    fn root(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }
}

/// Fetches a file.
pub(super) async fn fetch(site: &ServerSite, url: &str) -> Result<Fetched, BuildError> {
    let images = Arc::clone(&site.call.context().images);
    let files = tokio::task::spawn_blocking(move || images.workspace()).await;
    let files = files.map_err(failed)?.map_err(failed)?;
    let file = File::create_new(files.path().join(FETCHED)).map_err(failed)?;
    let told = take(site, url, &file).await?;
    file.set_permissions(Permissions::from_mode(FETCHED_MODE)).map_err(failed)?;
    if let Some(seconds) = told.modified.and_then(|seconds| u64::try_from(seconds).ok()) {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        file.set_modified(at).map_err(failed)?;
    }
    let root = File::open(files.path()).map_err(failed)?.into();
    let tree = Arc::new(FetchedTree { root, _files: files });
    Ok(Fetched { tree, file: FETCHED.to_owned(), name: told.name })
}

/// Takes the bytes of a file in, and tells how many there are by now.
async fn take(site: &ServerSite, url: &str, file: &File) -> Result<FetchedFile, BuildError> {
    let mut writer = BufWriter::new(file);
    let registry = Arc::clone(&site.call.context().registry);
    let (step, mut steps) = watch::channel((0, None));
    let fetching = registry.fetch(url, &mut writer, FETCHED_BYTES_MAX, move |current, total| {
        step.send_replace((current, total));
    });
    let telling = async {
        let mut next = Instant::now();
        // It is over when the fetch is, which holds the other end.
        while steps.changed().await.is_ok() {
            let (current, total) = *steps.borrow_and_update();
            if Instant::now() >= next {
                tell(&site.teller, current, total).await;
                next = Instant::now() + FETCH_PAUSE;
            }
        }
        *steps.borrow()
    };
    let (fetched, (current, total)) = tokio::join!(fetching, telling);
    let fetched = fetched.map_err(|error| BuildError::step(error.to_string()))?;
    writer.flush().map_err(failed)?;
    tell(&site.teller, current, total).await;
    // The daemon ends a bar with a line without words, and puts an empty one behind the download.
    site.teller.progress(&ProgressMessage::default()).await;
    site.teller.say("\n".to_owned()).await;
    Ok(fetched)
}

async fn tell(teller: &Teller, current: u64, total: Option<u64>) {
    teller.progress(&bytes_line("Downloading", current, total)).await;
}
