//! Copies each way, of one large file and of many small ones: by `docker cp`, most of whose time is the client's own, and
//! by the API's archives themselves.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::Method;
use serde_json::json;
use tests_conformance::{Client, Docker};

use super::{Plan, create_sleeping, refused, run_docker};
use crate::constant::Constant;
use crate::figure::{Figure, Unit};
use crate::machine::now;
use crate::subject::Kind;
use crate::wire::Wire;

const LARGE: [&str; 4] = [
    "cp of 1 GB into a container",
    "cp of 1 GB out of a container",
    "GET of an archive, 1 GB",
    "PUT of an archive, 1 GB",
];
const SMALL: [&str; 4] = [
    "cp of 20,000 files into a container",
    "cp of 20,000 files out of a container",
    "GET of an archive, 20,000 files",
    "PUT of an archive, 20,000 files",
];

/// Go's mark of a directory among the bits of a mode.
const GO_DIRECTORY: u32 = 1 << 31;

/// Bytes of each small file: about what a source file has.
const SMALL_BYTES: usize = 2_000;

/// What is copied.
struct Tree {
    name: &'static str,
    whats: [&'static str; 4],
    amount: f64,
    unit: Unit,
    /// Where it is.
    here: PathBuf,
}

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let folder = tempfile::tempdir()?;
    let (megabytes, files) = (plan.amount(1_000, 20), plan.amount(20_000, 200));
    make(folder.path(), megabytes, files)?;
    let tree = |name, whats, amount: u32, unit| {
        let here = folder.path().join(name);
        Tree { name, whats, amount: amount.into(), unit, here }
    };
    let trees = [
        tree("large", LARGE, megabytes, Unit::MegabytesPerSecond),
        tree("small", SMALL, files, Unit::PerSecond),
    ];
    let mut archives = Vec::new();
    // No small file is deleted before the end: ext4 avoids the inodes of files that were deleted in the last minutes, and
    // looks for others so long that the next subject would pay for it.
    let (mut kept, backs) = (Vec::new(), tempfile::tempdir()?);
    for kind in plan.rounds() {
        let subject = plan.start(kind).await?;
        let mut wire = Wire::open(&subject.socket()).await?;
        let id = create_sleeping(&mut wire).await?;
        let probe = format!("/containers/{id}/archive?path=/");
        // An answer to HEAD has no body, so the refusal is read from GET.
        let client = Client::new(&subject.socket());
        if client.head(&probe).await?.status == 501 {
            let why = refused(&client.get(&probe).await?).unwrap_or_default();
            figures.extend(unsupported(kind, &why));
            continue;
        }
        archives.clear();
        for tree in &trees {
            let there = format!("{id}:/{}", tree.name);
            let sent = copy_in(&subject.socket(), tree, &there).await?;
            let received = copy_out(&subject.socket(), tree, &there, backs.path()).await?;
            let (archive, read) = get(&client, &id, tree.name).await?;
            archives.push(archive.clone());
            let written = put(&client, &id, archive).await?;
            let all = tree.whats.into_iter().zip([sent, received, read, written]);
            figures.extend(all.map(|(what, seconds)| tree.figure(what, kind, seconds)));
        }
        kept.push(subject);
    }
    if plan.has_constant() {
        for (tree, archive) in trees.iter().zip(&archives) {
            for _ in 0..plan.repeats() {
                let both =
                    tree.whats.into_iter().zip(client_alone(tree, archive, backs.path()).await?);
                figures
                    .extend(both.map(|(what, seconds)| tree.figure(what, Kind::Constant, seconds)));
            }
        }
    }
    Ok(Figure::medians(figures))
}

/// Tells how many seconds `docker cp` takes each way with a server that throws away what it is sent, and sends what it has
/// in memory: no server can make it faster.
async fn client_alone(tree: &Tree, archive: &[u8], backs: &Path) -> Result<[f64; 2]> {
    let stat = json!({
        "name": tree.name, "size": 4096, "mode": GO_DIRECTORY | 0o755,
        "mtime": "2026-01-01T00:00:00Z", "linkTarget": "",
    });
    let stat = STANDARD.encode(stat.to_string());
    let there = format!("any:/{}", tree.name);
    let sink = Constant::start_archive(b"", &stat).await?;
    let sent = copy_in(&sink.socket(), tree, &there).await?;
    let source = Constant::start_archive(archive, &stat).await?;
    let received = copy_out(&source.socket(), tree, &there, backs).await?;
    Ok([sent, received])
}

/// Copies a tree to `there` by the docker CLI, and tells how many seconds that takes.
async fn copy_in(socket: &Path, tree: &Tree, there: &str) -> Result<f64> {
    rustix::fs::sync();
    run_docker(&Docker::new(socket), &["cp", &tree.here.to_string_lossy(), there]).await
}

/// Copies a tree from `there` into a new folder of `backs`, and tells how many seconds that takes.
async fn copy_out(socket: &Path, tree: &Tree, there: &str, backs: &Path) -> Result<f64> {
    let back = tempfile::tempdir_in(backs)?.keep();
    rustix::fs::sync();
    let docker = Docker::new(socket);
    let seconds = run_docker(&docker, &["cp", there, &back.to_string_lossy()]).await?;
    ensure!(entries(&back)? == entries(&tree.here)?, "{} came back short", tree.name);
    if tree.unit == Unit::MegabytesPerSecond {
        // A few files that would fill the disk.
        fs::remove_dir_all(back)?;
    }
    Ok(seconds)
}

// === impl Tree ===

impl Tree {
    fn figure(&self, what: &'static str, kind: Kind, seconds: f64) -> Figure {
        Figure::plain(what, kind, self.amount / seconds, self.unit)
    }
}

/// Reads the archive of a folder of the container, and how many seconds that takes.
async fn get(client: &Client, id: &str, name: &str) -> Result<(Bytes, f64)> {
    rustix::fs::sync();
    let started = now();
    let path = format!("/containers/{id}/archive?path=/{name}");
    let (_connection, response) = client.open(Method::GET, &path, None).await?;
    ensure!(response.status() == 200, "{path} was answered with {}", response.status());
    let archive = response.into_body().collect().await?.to_bytes();
    Ok((archive, (now() - started).as_secs_f64()))
}

/// Writes an archive into a folder of the container that has nothing of it yet, and tells how many seconds that takes.
async fn put(client: &Client, id: &str, archive: Bytes) -> Result<f64> {
    rustix::fs::sync();
    let started = now();
    let path = format!("/containers/{id}/archive?path=/bin");
    let body = Some(("application/x-tar", archive));
    client.call(Method::PUT, &path, body).await?.expect_status(200)?;
    Ok((now() - started).as_secs_f64())
}

fn unsupported(kind: Kind, why: &str) -> Vec<Figure> {
    let all = LARGE.map(|what| (what, Unit::MegabytesPerSecond));
    all.into_iter()
        .chain(SMALL.map(|what| (what, Unit::PerSecond)))
        .map(|(what, unit)| Figure::unsupported(what, kind, unit, why.to_owned()))
        .collect()
}

/// Makes a folder with one file of `megabytes`, and one with `files` small ones in folders of a hundred.
fn make(folder: &Path, megabytes: u32, files: u32) -> Result<()> {
    let mut random = fastrand::Rng::with_seed(1);
    let mut block = vec![0; 1_000_000];
    random.fill(&mut block);
    fs::create_dir(folder.join("large"))?;
    let mut file = fs::File::create(folder.join("large/file"))?;
    for _ in 0..megabytes {
        std::io::Write::write_all(&mut file, &block)?;
    }
    for number in 0..files {
        let inside = folder.join("small").join((number / 100).to_string());
        fs::create_dir_all(&inside)?;
        fs::write(inside.join(number.to_string()), &block[..SMALL_BYTES])?;
    }
    Ok(())
}

/// How many bytes and files a folder has in all.
fn entries(folder: &Path) -> Result<(u64, u64)> {
    let (mut bytes, mut files) = (0, 0);
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (more_bytes, more_files) = match entry.file_type()?.is_dir() {
            true => entries(&entry.path())?,
            false => (entry.metadata()?.len(), 1),
        };
        (bytes, files) = (bytes + more_bytes, files + more_files);
    }
    Ok((bytes, files))
}
