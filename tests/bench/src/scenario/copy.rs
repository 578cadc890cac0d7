//! Copies each way, of one large file and of many small ones: by `docker cp`, most of whose time is the client's own, and
//! by the API's archives themselves.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::Method;
use tests_conformance::{Client, Docker};

use super::{Plan, create_sleeping, refused, run_docker};
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

/// Bytes of each small file: about what a source file has.
const SMALL_BYTES: usize = 2_000;

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let folder = tempfile::tempdir()?;
    let (megabytes, files) = (plan.amount(1_000, 20), plan.amount(20_000, 200));
    make(folder.path(), megabytes, files)?;
    // Nothing is deleted before the end: ext4 avoids the inodes of files that were deleted in the last minutes, and looks
    // for others so long that the next subject would pay for it.
    let mut kept = Vec::new();
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
        let docker = Docker::new(&subject.socket());
        let (large, small) = (f64::from(megabytes), f64::from(files));
        let mut backs = Vec::new();
        for (name, whats, amount, unit) in [
            ("large", LARGE, large, Unit::MegabytesPerSecond),
            ("small", SMALL, small, Unit::PerSecond),
        ] {
            let here = folder.path().join(name);
            let there = format!("{id}:/{name}");
            let back = tempfile::tempdir()?;
            rustix::fs::sync();
            let seconds = run_docker(&docker, &["cp", &here.to_string_lossy(), &there]).await?;
            figures.push(Figure::plain(whats[0], kind, amount / seconds, unit));
            rustix::fs::sync();
            let seconds =
                run_docker(&docker, &["cp", &there, &back.path().to_string_lossy()]).await?;
            figures.push(Figure::plain(whats[1], kind, amount / seconds, unit));
            ensure!(entries(&back.path().join(name))? == entries(&here)?, "{name} came back short");
            backs.push(back);
            let (archive, seconds) = get(&client, &id, name).await?;
            figures.push(Figure::plain(whats[2], kind, amount / seconds, unit));
            let seconds = put(&client, &id, archive).await?;
            figures.push(Figure::plain(whats[3], kind, amount / seconds, unit));
        }
        kept.push((subject, backs));
    }
    Ok(Figure::medians(figures))
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
