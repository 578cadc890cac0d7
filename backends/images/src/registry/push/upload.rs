//! One blob on its way to a registry: found there, taken over from another repository, or sent.

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{
    HeaderValue, Method, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use reqwest::{Body, Url};
use tokio_util::io::ReaderStream;

use super::super::{
    blob::Promised,
    dialogue::{Ask, Dialogue},
    error::RegistryError,
    progress::{LayerStep, Meter},
};
use crate::{digest::Digest, store::ImageStore};

/// Bytes that are read from a file at once.
const CHUNK_BYTES: usize = 128 * 1024;

/// Where a blob goes, and where the registry may have it already.
pub(super) struct Origin<'o> {
    pub(super) path: &'o str,
    pub(super) others: &'o [String],
}

/// How an upload begins.
enum Begun {
    /// Another repository's blob is this one's too.
    Mounted,
    /// The bytes are to be sent there.
    At(Url),
}

impl Dialogue<'_> {
    /// Makes sure that the registry has a layer; gives the bytes that were sent.
    pub(super) async fn put_layer(
        &self,
        store: &ImageStore,
        origin: &Origin<'_>,
        layer: Promised,
        meter: &mut Meter,
    ) -> Result<u64, RegistryError> {
        if self.has_blob(origin.path, layer.digest).await? {
            meter.tell(LayerStep::Present).await;
            return Ok(0);
        }
        for from in origin.others {
            if let Begun::Mounted = self.begin(origin.path, layer.digest, Some(from)).await? {
                meter.tell(LayerStep::Mounted { from: from.clone() }).await;
                return Ok(0);
            }
        }
        let mut failures = 0;
        loop {
            let Err(error) = self.upload(store, origin.path, layer, meter).await else { break };
            failures += 1;
            let pause = self.registry.pauses.after(failures, None);
            let Some(pause) = pause.filter(|_| error.is_passing()) else { return Err(error) };
            tracing::info!(%error, "an upload broke off; beginning it again");
            meter.tell(LayerStep::Retrying { seconds: pause.as_secs().max(1) }).await;
            tokio::time::sleep(pause).await;
        }
        meter.tell(LayerStep::Pushed).await;
        Ok(layer.size_bytes)
    }

    /// Makes sure that the registry has a blob that is in memory.
    pub(super) async fn put_small(
        &self,
        path: &str,
        digest: Digest,
        bytes: Vec<u8>,
    ) -> Result<(), RegistryError> {
        if self.has_blob(path, digest).await? {
            return Ok(());
        }
        let Begun::At(url) = self.begin(path, digest, None).await? else { return Ok(()) };
        let (size_bytes, bytes) = (bytes.len() as u64, Bytes::from(bytes));
        let body = move || Body::from(bytes.clone());
        self.put(url, Promised { digest, size_bytes }, &body).await
    }

    async fn upload(
        &self,
        store: &ImageStore,
        path: &str,
        layer: Promised,
        meter: &Meter,
    ) -> Result<(), RegistryError> {
        let Begun::At(url) = self.begin(path, layer.digest, None).await? else { return Ok(()) };
        let total = layer.size_bytes;
        let file = store.content().open_blob(layer.digest)?;
        let file = file.ok_or(RegistryError::Missing(layer.digest))?;
        let body = || {
            // Each attempt reads from the beginning, through a descriptor of its own.
            let file = std::io::Seek::rewind(&mut &file).and_then(|()| file.try_clone());
            let Ok(file) = file else { return Body::from("") };
            let file = tokio::fs::File::from_std(file);
            let (mut meter, mut current) = (meter.clone(), 0);
            let chunks = ReaderStream::with_capacity(file, CHUNK_BYTES).inspect(move |chunk| {
                current += chunk.as_ref().map_or(0, Bytes::len) as u64;
                meter.bytes(LayerStep::Pushing { current, total });
            });
            Body::wrap_stream(chunks)
        };
        self.put(url, layer, &body).await
    }

    async fn has_blob(&self, path: &str, digest: Digest) -> Result<bool, RegistryError> {
        let url = self.endpoint.url(&format!("v2/{path}/blobs/{digest}"))?;
        match self.send(Ask::of(Method::HEAD, url)).await {
            Ok(_) => Ok(true),
            Err(RegistryError::Answer(answer)) if answer.status == 404 => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn begin(
        &self,
        path: &str,
        digest: Digest,
        from: Option<&str>,
    ) -> Result<Begun, RegistryError> {
        let mut url = self.endpoint.url(&format!("v2/{path}/blobs/uploads/"))?;
        if let Some(from) = from {
            url.query_pairs_mut()
                .append_pair("mount", &digest.to_string())
                .append_pair("from", from);
        }
        let ask = Ask::of(Method::POST, url.clone());
        let response = self.send(ask.with(CONTENT_LENGTH, HeaderValue::from_static("0"))).await?;
        match response.status() {
            StatusCode::CREATED => Ok(Begun::Mounted),
            StatusCode::ACCEPTED => Ok(Begun::At(self.location(&response, &url)?)),
            status => Err(RegistryError::Protocol(format!("{status} to the begin of an upload"))),
        }
    }

    /// Sends all bytes at once to where an upload has begun.
    async fn put(
        &self,
        mut url: Url,
        blob: Promised,
        body: &(dyn Fn() -> Body + Sync),
    ) -> Result<(), RegistryError> {
        url.query_pairs_mut().append_pair("digest", &blob.digest.to_string());
        let ask = Ask::of(Method::PUT, url)
            .with(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))
            .with(CONTENT_LENGTH, HeaderValue::from(blob.size_bytes));
        self.send_once(&Ask { body: Some(body), ..ask }).await?;
        Ok(())
    }
}
