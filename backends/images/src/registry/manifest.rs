//! Manifests and lists of them: fetched, checked against their digests, and read by rules that leave no doubt which
//! of the two a document is (OCI image specification 1.0.2; an advisory of 2021 tells why).

use http::{HeaderValue, Method, StatusCode, header};
use oci_spec::image::{Descriptor, ImageIndex, ImageManifest, MediaType};
use reqwest::Response;
use serde::{Deserialize, de::IgnoredAny};

use super::{
    blob::Promised,
    dialogue::{Ask, Dialogue, read_body},
    error::RegistryError,
};
use crate::{
    content::ContentStore,
    descriptor::{self, DOCKER_LIST, DOCKER_MANIFEST, Kind},
    digest::Digest,
    platform::Platform,
    reference::Reference,
};

/// Bytes of a manifest: what registries accept.
const MANIFEST_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What is accepted, as `docker pull` names it.
const ACCEPT: &str = "application/vnd.docker.distribution.manifest.v2+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";

/// A registry's own word for the digest of what a name leads to.
const DIGEST_HEADER: &str = "docker-content-digest";

/// A document as it came.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) bytes: Vec<u8>,
    pub(super) digest: Digest,
    pub(super) media_type: String,
    pub(super) content: Content,
}

/// What a document is.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Image(Box<ImageManifest>),
    List(Box<ImageIndex>),
}

/// What both kinds of documents, and those of others, have.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    schema_version: Option<u64>,
    media_type: Option<String>,
    manifests: Option<IgnoredAny>,
    layers: Option<IgnoredAny>,
    config: Option<IgnoredAny>,
    fs_layers: Option<IgnoredAny>,
}

impl Dialogue<'_> {
    /// Fetches what a name leads to. What is in `here` already is not sent again.
    pub(super) async fn document(
        &self,
        reference: &Reference,
        here: Option<&ContentStore>,
    ) -> Result<Document, RegistryError> {
        let name = reference.digest().map_or_else(
            || reference.tag().unwrap_or_default().to_owned(),
            |digest| digest.to_string(),
        );
        if let Some(here) = here
            && let Some(known) = self.known(reference, &name, here).await?
        {
            return Ok(known);
        }
        let response = self.send(self.ask(Method::GET, reference, &name)?).await?;
        let media_type = media_type(&response);
        let bytes = read_body(response, MANIFEST_BYTES_MAX).await?;
        let document = Document::read(bytes, media_type.as_deref(), reference)?;
        if let Some(expected) = reference.digest().filter(|digest| *digest != document.digest) {
            let (what, found) = ("manifest", document.digest.to_string());
            return Err(RegistryError::Verification { what, expected, found });
        }
        Ok(document)
    }

    /// Asks for the digest alone, and finds the document here.
    async fn known(
        &self,
        reference: &Reference,
        name: &str,
        here: &ContentStore,
    ) -> Result<Option<Document>, RegistryError> {
        // Its refusal has no words; the request that follows gets them.
        let Ok(response) = self.send(self.ask(Method::HEAD, reference, name)?).await else {
            return Ok(None);
        };
        let digest = response.headers().get(DIGEST_HEADER);
        let digest = digest.and_then(|digest| digest.to_str().ok()?.parse::<Digest>().ok());
        let Some(digest) = digest else { return Ok(None) };
        let Some(bytes) = here.read(digest)? else { return Ok(None) };
        let document = Document::read(bytes, media_type(&response).as_deref(), reference)?;
        Ok((document.digest == digest).then_some(document))
    }

    /// Finds the manifest for a platform: the document itself, or the one that its list names for it.
    pub(super) async fn image(
        &self,
        reference: &Reference,
        document: &Document,
        wanted: &Platform,
        here: Option<&ContentStore>,
    ) -> Result<Document, RegistryError> {
        let Content::List(list) = &document.content else { return Ok(document.clone()) };
        let manifests = list.manifests().iter();
        let candidates: Vec<_> =
            manifests.filter(|descriptor| descriptor::kind(descriptor) == Kind::Manifest).collect();
        let chosen = descriptor::best(wanted, candidates.into_iter())
            .ok_or_else(|| RegistryError::Platform(wanted.clone()))?;
        let promised = promised(chosen, reference)?;
        let bytes = match here.map(|here| here.read(promised.digest)).transpose()?.flatten() {
            Some(bytes) => bytes,
            None => {
                let ask = self.ask(Method::GET, reference, &promised.digest.to_string())?;
                read_body(self.send(ask).await?, MANIFEST_BYTES_MAX).await?
            }
        };
        promised.check("manifest", &bytes)?;
        let media_type = chosen.media_type().to_string();
        let image = Document::read(bytes, Some(&media_type), reference)?;
        match image.content {
            Content::Image(_) => Ok(image),
            Content::List(_) => {
                Err(RegistryError::manifest(reference.familiar(), "its list leads to another list"))
            }
        }
    }

    fn ask(
        &self,
        method: Method,
        reference: &Reference,
        name: &str,
    ) -> Result<Ask<'static>, RegistryError> {
        let url = self.endpoint.url(&format!("v2/{}/manifests/{name}", reference.path()))?;
        Ok(Ask::of(method, url).with(header::ACCEPT, HeaderValue::from_static(ACCEPT)))
    }
}

impl Document {
    /// Reads a document, whose type the registry has told apart.
    pub(super) fn read(
        bytes: Vec<u8>,
        told: Option<&str>,
        reference: &Reference,
    ) -> Result<Self, RegistryError> {
        let wrong = |what: String| RegistryError::manifest(reference.familiar(), what);
        let unreadable = |error: serde_json::Error| wrong(error.to_string());
        let outline: Outline = serde_json::from_slice(&bytes).map_err(unreadable)?;
        let media_type = outline.media_type(told).map_err(wrong)?;
        let digest = Digest::of(&bytes);
        let content = match descriptor::kind_of(&MediaType::from(media_type.as_str())) {
            Kind::Manifest => {
                Content::Image(Box::new(serde_json::from_slice(&bytes).map_err(unreadable)?))
            }
            Kind::Index => {
                Content::List(Box::new(serde_json::from_slice(&bytes).map_err(unreadable)?))
            }
            Kind::Other => return Err(wrong(format!("it is of type {media_type}"))),
        };
        Ok(Self { bytes, digest, media_type, content })
    }
}

impl Outline {
    /// Finds out what a document is, from what the registry says, what it says itself, and what it has.
    fn media_type(&self, told: Option<&str>) -> Result<String, String> {
        if self.schema_version == Some(1) || self.fs_layers.is_some() {
            return Err("it is of schema 1, which is no longer read: push the image again with a \
                        newer program"
                .to_owned());
        }
        let list = self.manifests.is_some();
        if list == self.layers.is_some() || (list && self.config.is_some()) {
            return Err("it is neither a manifest nor a list of them, or both".to_owned());
        }
        let generic = |told: &&str| !matches!(*told, "application/json" | "text/plain" | "");
        let own = self.media_type.as_deref();
        let media_type = match (told.filter(generic), own) {
            (Some(told), Some(own)) if told != own => {
                return Err(format!(
                    "it says that it is {own}, and the registry that it is {told}"
                ));
            }
            (Some(said), _) | (None, Some(said)) => said,
            (None, None) if list => DOCKER_LIST,
            (None, None) => DOCKER_MANIFEST,
        };
        match (descriptor::kind_of(&MediaType::from(media_type)), list) {
            (Kind::Manifest, false) | (Kind::Index, true) => Ok(media_type.to_owned()),
            (Kind::Manifest | Kind::Index, _) => Err(format!("it is not what {media_type} is")),
            (Kind::Other, _) => Err(format!("it is of type {media_type}, which is no image")),
        }
    }
}

/// Reads what a descriptor promises.
pub(super) fn promised(
    descriptor: &Descriptor,
    reference: &Reference,
) -> Result<Promised, RegistryError> {
    let text = descriptor.digest().to_string();
    let digest = text.parse().map_err(|_| {
        RegistryError::manifest(reference.familiar(), format!("{text} is no digest that is known"))
    })?;
    Ok(Promised { digest, size_bytes: descriptor.size() })
}

fn media_type(response: &Response) -> Option<String> {
    let told = response.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    debug_assert_ne!(response.status(), StatusCode::NOT_FOUND);
    Some(told.split(';').next().unwrap_or(told).trim().to_owned())
}
