//! A registry in this process, which answers what a test wants it to.

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt as _, StreamBody, combinators::UnsyncBoxBody};
use hyper::{body::Frame, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use crate::{
    descriptor::{DOCKER_CONFIG, DOCKER_LAYER, DOCKER_LIST, DOCKER_MANIFEST},
    digest::Digest,
    tests::gzip,
};

/// A request.
pub(super) struct Asked {
    pub(super) method: Method,
    /// With the query.
    pub(super) path: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// How often the path was asked for before.
    pub(super) before: usize,
}

/// An answer.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Sent,
}

/// The body of an answer.
pub(super) enum Sent {
    Whole(Bytes),
    /// The first bytes, and then the connection breaks.
    Cut(Bytes, usize),
    /// The same bytes over and over.
    Endless(Bytes),
}

type Answer = dyn Fn(&Asked) -> Reply + Send + Sync;

/// A running registry.
pub(super) struct Fake {
    pub(super) address: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Starts a registry; `answer` is given everything but `/v2/` itself.
    pub(super) async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_raw(move |asked| match asked.path.as_str() {
            "/v2/" => Reply::ok("{}"),
            _ => answer(asked),
        })
        .await
    }

    /// Starts a registry that answers everything by `answer`.
    pub(super) async fn start_raw(
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (log, seen) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(HashMap::new())));
        let (answer, kept) = (Arc::new(answer) as Arc<Answer>, Arc::clone(&log));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (answer, log) = (Arc::clone(&answer), Arc::clone(&kept));
                let seen: Arc<Mutex<HashMap<String, usize>>> = Arc::clone(&seen);
                let serve = service_fn(move |request| {
                    let (answer, log) = (Arc::clone(&answer), Arc::clone(&log));
                    let seen = Arc::clone(&seen);
                    async move { Ok::<_, Infallible>(reply(request, &*answer, &log, &seen).await) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), serve));
            }
        });
        Self { address, log }
    }

    /// Points at an address where nobody listens.
    pub(super) fn moved(self, address: SocketAddr) -> Self {
        Self { address, ..self }
    }

    /// Gives what was asked since the last look: method and path, and the range where there was one.
    pub(super) fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

async fn reply(
    request: Request<Incoming>,
    answer: &Answer,
    log: &Mutex<Vec<String>>,
    seen: &Mutex<HashMap<String, usize>>,
) -> Response<UnsyncBoxBody<Bytes, io::Error>> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().unwrap().to_string();
    let before = {
        let mut seen = seen.lock().unwrap();
        let count = seen.entry(path.clone()).or_default();
        *count += 1;
        *count - 1
    };
    let range = head.headers.get("range").map(|range| format!(" {}", range.to_str().unwrap()));
    log.lock().unwrap().push(format!("{} {path}{}", head.method, range.unwrap_or_default()));
    let body = body.collect().await.unwrap().to_bytes();
    let asked = Asked { method: head.method, path, headers: head.headers, body, before };
    let reply = answer(&asked);
    let mut response = Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(*name, value);
    }
    let chunks: Vec<Result<Bytes, io::Error>> = match reply.body {
        _ if asked.method == Method::HEAD => vec![],
        Sent::Whole(bytes) => {
            response = response.header("content-length", bytes.len());
            vec![Ok(bytes)]
        }
        Sent::Cut(bytes, at) => {
            response = response.header("content-length", bytes.len());
            vec![Ok(bytes.slice(..at)), Err(io::Error::other("cut"))]
        }
        Sent::Endless(bytes) => {
            let chunks = stream::repeat_with(move || Ok(Frame::data(bytes.clone())));
            return response.body(StreamBody::new(chunks).boxed_unsync()).unwrap();
        }
    };
    // What was written reaches the client before the connection is broken.
    let chunks = stream::iter(chunks).then(async |chunk| {
        if chunk.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        chunk.map(Frame::data)
    });
    response.body(StreamBody::new(Box::pin(chunks)).boxed_unsync()).unwrap()
}

impl Reply {
    pub(super) fn of(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: Vec::new(), body: Sent::Whole(body.into()) }
    }

    pub(super) fn ok(body: impl Into<Bytes>) -> Self {
        Self::of(200, body)
    }

    /// A refusal as registries write it.
    pub(super) fn refusal(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({"errors": [{"code": code, "message": message}]});
        Self::of(status, body.to_string()).with("content-type", "application/json; charset=utf-8")
    }

    pub(super) fn redirect(to: impl Into<String>) -> Self {
        Self::of(307, "").with("location", to)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub(super) fn sent(mut self, body: Sent) -> Self {
        self.body = body;
        self
    }
}

/// An image as a registry has it.
#[derive(Clone)]
pub(super) struct Image {
    pub(super) manifest: Bytes,
    pub(super) media_type: &'static str,
    pub(super) config: Bytes,
    pub(super) layers: Vec<Bytes>,
    /// Other documents, by their digests.
    pub(super) others: Vec<Bytes>,
}

impl Image {
    /// Makes an image of tars, each compressed.
    pub(super) fn of(tars: &[Vec<u8>]) -> Self {
        Self::for_platform("amd64", tars)
    }

    pub(super) fn for_platform(architecture: &str, tars: &[Vec<u8>]) -> Self {
        let diff_ids: Vec<_> = tars.iter().map(|tar| Digest::of(tar)).collect();
        let config = serde_json::json!({
            "architecture": architecture,
            "os": "linux",
            "config": {"Cmd": ["sh"]},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let layers = tars.iter().map(|tar| Bytes::from(gzip(tar))).collect();
        Self::assemble(config.to_string().into(), layers, |_| {})
    }

    /// Makes an image, whose manifest a test may change.
    pub(super) fn assemble(
        config: Bytes,
        layers: Vec<Bytes>,
        change: impl FnOnce(&mut serde_json::Value),
    ) -> Self {
        let mut manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": DOCKER_MANIFEST,
            "config": descriptor(DOCKER_CONFIG, &config),
            "layers": layers.iter().map(|l| descriptor(DOCKER_LAYER, l)).collect::<Vec<_>>(),
        });
        change(&mut manifest);
        let manifest = manifest.to_string().into();
        Self { manifest, media_type: DOCKER_MANIFEST, config, layers, others: Vec::new() }
    }

    /// Makes a list of images.
    pub(super) fn list(images: &[(serde_json::Value, Self)]) -> Self {
        let manifests: Vec<_> = images
            .iter()
            .map(|(platform, image)| {
                let mut entry = descriptor(DOCKER_MANIFEST, &image.manifest);
                entry["platform"] = platform.clone();
                entry
            })
            .collect();
        let list = serde_json::json!({
            "schemaVersion": 2, "mediaType": DOCKER_LIST, "manifests": manifests,
        });
        let all = images.iter().flat_map(|(_, image)| {
            image.layers.iter().chain([&image.manifest, &image.config]).cloned()
        });
        Self {
            manifest: list.to_string().into(),
            media_type: DOCKER_LIST,
            config: Bytes::new(),
            layers: Vec::new(),
            others: all.collect(),
        }
    }

    /// Answers for the image, whatever it is called.
    pub(super) fn answer(&self, asked: &Asked) -> Reply {
        let path = asked.path.split('?').next().unwrap();
        let (_, name) = path.rsplit_once('/').unwrap();
        let manifest = asked.path.contains("/manifests/");
        let wanted = name.parse::<Digest>().ok();
        let all = self.layers.iter().chain(&self.others).chain([&self.config, &self.manifest]);
        let found = match wanted {
            Some(digest) => all.into_iter().find(|bytes| Digest::of(bytes) == digest),
            None => Some(&self.manifest),
        };
        let Some(bytes) = found else {
            return Reply::refusal(404, "MANIFEST_UNKNOWN", "manifest unknown");
        };
        let media_type = match manifest {
            true if bytes == &self.manifest => self.media_type,
            true => DOCKER_MANIFEST,
            false => "application/octet-stream",
        };
        let digest = Digest::of(bytes).to_string();
        ranged(bytes, asked).with("content-type", media_type).with("docker-content-digest", digest)
    }

    pub(super) fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }

    pub(super) fn layer(&self, at: usize) -> Digest {
        Digest::of(&self.layers[at])
    }
}

/// Answers with bytes, or with the part of them that was asked for.
pub(super) fn ranged(bytes: &Bytes, asked: &Asked) -> Reply {
    let range = asked.headers.get("range").map(|range| range.to_str().unwrap().to_owned());
    let Some(range) = range else { return Reply::ok(bytes.clone()) };
    let (from, to) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
    let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
    let part = Reply::of(206, bytes.slice(from..=to));
    part.with("content-range", format!("bytes {from}-{to}/{}", bytes.len()))
}

pub(super) fn descriptor(media_type: &str, bytes: &[u8]) -> serde_json::Value {
    serde_json::json!({"mediaType": media_type, "size": bytes.len(), "digest": Digest::of(bytes)})
}
