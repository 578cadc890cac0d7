//! `docker import`: an archive of a whole file system becomes an image. It is the request's body, or is fetched from a URL.
//!
//! A fetch is told as it goes on, as by the docker daemon; what fails before it has begun fails as a call does, with a status.

use std::io::{self, Read};

use api_http::BodyStream;
use api_types::{ProgressMessage, Query};
use backends_images::{
    Download, Fault, ImageStore, ImportOptions, LayerLimits, Lease, LoadedImage, Platform,
    RunConfig, apply_changes,
};
use bytes::Bytes;
use futures_util::{Stream, stream};
use http::StatusCode;
use journal_domain::{ImageName, ImageSource};
use tokio::{sync::mpsc, time::Instant};
use warp::reply::Response;

use super::{
    progress::{Ended, FETCH_PAUSE, STEPS_MAX, bytes_line, streamed},
    pull::GONE,
    transfer::{Brought, Failure, Slots, Transfer},
};
use crate::{call::Call, error::ApiError, reply};

/// The source that is the request's body.
const BODY: &str = "-";

/// What an import is given beside the bytes.
struct Asked {
    name: Option<ImageName>,
    options: ImportOptions,
}

/// A fetch, and who is told of it.
struct Fetch {
    download: Download,
    told: mpsc::Sender<ProgressMessage>,
    /// When the client is told again how far it is.
    next: Instant,
}

/// Imports what `source` names.
pub(super) async fn import(
    call: Call,
    query: &Query,
    source: &str,
    body: BodyStream,
    slots: Slots,
) -> Result<Response, ApiError> {
    let source = match source {
        BODY => source.to_owned(),
        whole if whole.contains("://") => whole.to_owned(),
        short => format!("http://{short}"),
    };
    let asked = Asked::read(query, &call, &source)?;
    let shown = asked.name.as_ref().map(ToString::to_string).unwrap_or_default();
    let transfer = Transfer::open(&call, slots, ImageSource::Import, shown).await?;
    let seq = transfer.opened().await?;
    if source != BODY {
        let (told, steps) = mpsc::channel(STEPS_MAX);
        let work = tokio::spawn(fetched(transfer, source, asked, told));
        return streamed(steps, work, seq, |step| step).await;
    }
    // A client that hangs up ends this call, and not the transfer: that is to end on record.
    let brought = tokio::spawn(asked.take(transfer, body)).await;
    let images = brought.map_err(|_| ApiError::internal("the import panicked").at(seq))??;
    Ok(reply::in_record(reply::json(StatusCode::OK, &end(&images)), seq))
}

/// Fetches the archive and imports it. A client that hangs up ends that.
async fn fetched(
    transfer: Transfer,
    url: String,
    asked: Asked,
    told: mpsc::Sender<ProgressMessage>,
) -> Ended {
    let registry = &transfer.call().context().registry;
    let opened = tokio::select! {
        opened = registry.open(&url, asked.options.limits.bytes) => opened.map_err(ApiError::from),
        () = told.closed() => Err(ApiError::internal(GONE)),
    };
    let download = match opened {
        Ok(download) => download,
        Err(error) => return Err(transfer.fail_as(error).await),
    };
    // Whether somebody still hears it is seen with the first bytes.
    let _ = told.send(ProgressMessage::status(format!("Downloading from {url}"))).await;
    let fetch = Fetch { download, told, next: Instant::now() };
    let images = asked.take(transfer, Box::pin(fetch.chunks())).await?;
    Ok(vec![end(&images)])
}

fn end(images: &Brought) -> ProgressMessage {
    let id = images.first().map(|(image, _)| image.id.to_string()).unwrap_or_default();
    ProgressMessage::status(id)
}

// === impl Fetch ===

impl Fetch {
    /// Gives the bytes, and tells how many there are by now.
    fn chunks(self) -> impl Stream<Item = io::Result<Bytes>> + Send {
        stream::try_unfold(self, |mut fetch| async move {
            let chunk = tokio::select! {
                chunk = fetch.download.chunk() => chunk.map_err(io::Error::other)?,
                () = fetch.told.closed() => return Err(io::Error::other(GONE)),
            };
            fetch.tell(chunk.is_none()).await;
            Ok(chunk.map(|chunk| (chunk, fetch)))
        })
    }

    async fn tell(&mut self, is_last: bool) {
        let (current, total) = (self.download.taken_bytes(), self.download.total_bytes());
        let line = bytes_line("Importing", current, total);
        if is_last {
            // The daemon ends a bar with a line without words.
            for line in [line, ProgressMessage::default()] {
                let _ = self.told.send(line).await;
            }
        } else if Instant::now() >= self.next {
            // A slow client misses some of them.
            let _ = self.told.try_send(line);
            self.next = Instant::now() + FETCH_PAUSE;
        }
    }
}

// === impl Asked ===

impl Asked {
    fn read(query: &Query, call: &Call, source: &str) -> Result<Self, ApiError> {
        let (repository, tag) = (query.get("repo").unwrap_or_default(), query.get("tag"));
        let name = match repository {
            "" => None,
            _ => Some(api_asked::tagged_name(repository, tag.unwrap_or_default())?),
        };
        let platform = match query.get("platform") {
            None | Some("") => Platform::host(),
            Some(text) => api_asked::platform(text)?,
        };
        if platform.os != "linux" {
            return Err(ApiError::invalid(format!(
                "operating system {} is not supported: images must be for linux",
                platform.os
            )));
        }
        let changes: Vec<String> = query.get_all("changes").map(str::to_owned).collect();
        // Before anything is fetched.
        apply_changes(&mut RunConfig::default(), &changes)
            .map_err(|error| ApiError::invalid(Failure::of(Fault::Content, &error).reason))?;
        let message = query.get("message").filter(|message| !message.is_empty());
        let options = ImportOptions {
            changes,
            message: message.map_or_else(|| format!("Imported from {source}"), str::to_owned),
            created: call.now(),
            platform,
            limits: LayerLimits::default(),
        };
        Ok(Self { name, options })
    }

    /// Makes the image of an archive's bytes.
    async fn take<E>(
        self,
        transfer: Transfer,
        bytes: impl Stream<Item = Result<Bytes, E>> + Send + Unpin,
    ) -> Result<Brought, ApiError>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>> + Send,
    {
        let Self { name, options } = self;
        let take = move |store: &ImageStore, bytes: &mut dyn Read, lease: &Lease| {
            let image = store.import(bytes, &options, lease);
            let image = image.map_err(|error| Failure::of(error.fault(), &error))?;
            Ok::<Vec<LoadedImage>, Failure>(vec![image])
        };
        transfer.run(bytes, take, name).await
    }
}
