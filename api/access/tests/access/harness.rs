//! A server that says who asks, with an authority of its own, and a client with the certificate that a test wants.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use api_access::{Authority, ClientNames, Holders, Keeper, Now, TlsFiles, Tokens};
use api_http::{
    BindOptions, Hijack, ListenAddress, Listener, NoObserver, Peer, Server, ServerOptions, hijack,
    warp_service,
};
use journal_log::Timestamp;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject as _},
};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};
use warp::{Filter as _, reply::Response};

/// Time in which everything here must happen; only a failure waits for it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A day.
pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// A running server, its authority, and how many requests its routes saw.
pub(crate) struct Harness {
    pub(crate) authority: Authority,
    pub(crate) tokens: Tokens,
    pub(crate) folder: TempDir,
    pub(crate) seen: Arc<AtomicU64>,
    clock: Arc<AtomicU64>,
    server: Server,
}

pub(crate) type Stream = TlsStream<TcpStream>;

impl Harness {
    pub(crate) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let authority = Authority::in_folder(&folder.path().join("tls"));
        authority.make("us", real_now()).expect("an authority");
        issue_server(&authority);
        let files = authority.server_files();
        Self::serve(folder, authority, files).await
    }

    /// A server that nobody shows a certificate to.
    pub(crate) async fn start_for_tokens() -> Self {
        let folder = tempfile::tempdir().expect("a directory");
        let authority = Authority::in_folder(&folder.path().join("tls"));
        authority.make("us", real_now()).expect("an authority");
        issue_server(&authority);
        let files = TlsFiles { client_ca: None, revoked: None, ..authority.server_files() };
        Self::serve(folder, authority, files).await
    }

    /// Asks who one is with these lines in the head.
    pub(crate) async fn ask(&self, certificate: Option<&Path>, lines: &str) -> String {
        let mut stream = self.connect(certificate).await.expect("a connection");
        let request =
            format!("GET /who HTTP/1.1\r\nHost: localhost\r\n{lines}Connection: close\r\n\r\n");
        exchange(&mut stream, request.as_bytes()).await.expect("an answer")
    }

    async fn serve(folder: TempDir, authority: Authority, files: TlsFiles) -> Self {
        let clock = Arc::new(AtomicU64::new(real_now().as_unix_nanos()));
        let (own, seen) = (Arc::clone(&clock), Arc::new(AtomicU64::new(0)));
        let now: Now = Arc::new(move || Timestamp::from_unix_nanos(own.load(Ordering::Relaxed)));
        let keeper = Keeper::open(files, Arc::clone(&now)).expect("usable files");
        let tokens = Tokens::in_folder(&folder.path().join("access"));
        let holders = Holders::open(tokens.clone(), now).expect("usable tokens");
        let options = BindOptions { tls: Some(Arc::new(keeper)), ..BindOptions::default() };
        let address = "tcp://127.0.0.1:0".parse().expect("an address");
        let listener = Listener::bind(&address, options).await.expect("a listener");
        let counted = Arc::clone(&seen);
        let counting = warp::any().map(move || counted.fetch_add(1, Ordering::Relaxed));
        let who = warp::path!("who")
            .and(counting)
            .and(warp::ext::get::<Peer>())
            .map(|_, peer: Peer| format!("{} by {}", peer.principal(), peer.source()));
        let attach = warp::path!("attach").and(hijack()).then(attach);
        let routes = warp_service(who.or(attach));
        let options = ServerOptions {
            handshake_timeout: Duration::from_secs(2),
            tokens: Some(Arc::new(holders)),
            ..ServerOptions::default()
        };
        let server = Server::start(vec![listener], routes, options, Arc::new(NoObserver));
        Self { authority, tokens, folder, seen, clock, server }
    }

    /// Lets time go by for the server's keeper alone.
    pub(crate) fn wait(&self, span: Duration) {
        let nanos = u64::try_from(span.as_nanos()).expect("a short time");
        self.clock.fetch_add(nanos, Ordering::Relaxed);
    }

    pub(crate) fn requests(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }

    /// Issues a certificate and gives the directory with its files.
    pub(crate) fn client(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join(name);
        issue_client(&self.authority, name, &folder, real_now());
        folder
    }

    pub(crate) async fn tcp(&self) -> TcpStream {
        let ListenAddress::Tcp(address) = self.server.addresses()[0] else { panic!("not TCP") };
        TcpStream::connect(address).await.expect("a connection")
    }

    /// Connects with a certificate, or with none.
    ///
    /// A client of TLS 1.3 hears of a refusal only when it reads.
    pub(crate) async fn connect(&self, certificate: Option<&Path>) -> std::io::Result<Stream> {
        let name = ServerName::try_from("localhost").expect("a name");
        let config = client_config(&self.folder.path().join("tls/ca.pem"), certificate);
        TlsConnector::from(Arc::new(config)).connect(name, self.tcp().await).await
    }

    /// Asks who one is; an error is the refusal of the handshake.
    pub(crate) async fn who(&self, certificate: Option<&Path>) -> Result<String, String> {
        let mut stream = self.connect(certificate).await.map_err(|error| error.to_string())?;
        let request = b"GET /who HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let all = exchange(&mut stream, request).await.map_err(|error| error.to_string())?;
        Ok(all)
    }
}

/// Sends a request and gives all that comes back until the end.
pub(crate) async fn exchange(stream: &mut Stream, request: &[u8]) -> std::io::Result<String> {
    stream.write_all(request).await?;
    stream.flush().await?;
    let mut bytes = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the end of the answer")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Sends a request for who one is on a connection that goes on, and gives the status.
pub(crate) async fn status(stream: &mut Stream) -> String {
    let sent = stream.write_all(b"GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    sent.expect("writable");
    let mut bytes = [0; 4096];
    let read = timeout(PATIENCE, stream.read(&mut bytes)).await.expect("an answer");
    let text = String::from_utf8_lossy(&bytes[..read.expect("readable")]).into_owned();
    text.split(' ').nth(1).unwrap_or_default().to_owned()
}

pub(crate) fn issue_server(authority: &Authority) {
    let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    authority.issue_server(&hosts, real_now(), 30).expect("a certificate");
}

pub(crate) fn issue_client(authority: &Authority, name: &str, folder: &Path, now: Timestamp) {
    let names = ClientNames { name: name.to_owned(), group: Some("ops".into()) };
    authority.issue_client(&names, folder, now, 30).expect("a certificate");
}

#[expect(clippy::disallowed_methods, reason = "the clients here go by the host's clock")]
pub(crate) fn real_now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let nanos = since.expect("later than 1970").as_nanos();
    Timestamp::from_unix_nanos(u64::try_from(nanos).expect("not in 500 years"))
}

fn client_config(ca: &Path, certificate: Option<&Path>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).expect("the authority")).expect("usable");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let Some(folder) = certificate else { return builder.with_no_client_auth() };
    let chain = CertificateDer::pem_slice_iter(&fs::read(folder.join("cert.pem")).expect("a file"))
        .collect::<Result<Vec<_>, _>>()
        .expect("certificates");
    let key = PrivateKeyDer::from_pem_file(folder.join("key.pem")).expect("a key");
    builder.with_client_auth_cert(chain, key).expect("a certificate and its key")
}

/// Echoes until the client has ended its half, then says goodbye.
async fn attach(hijack: Hijack) -> Response {
    let (answer, opening) = hijack.accept("application/octet-stream").await.expect("a request");
    tokio::spawn(async move {
        let stream = opening.open().await.expect("a stream");
        let (mut reader, mut writer) = stream.into_split();
        tokio::io::copy(&mut reader, &mut writer).await.expect("an echo");
        writer.write_all(b"bye").await.expect("writable");
        // The end of the writing half is said by dropping it.
    });
    answer
}
