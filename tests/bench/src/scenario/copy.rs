//! `docker cp` each way: one large file, and many small ones.

use std::fs;
use std::path::Path;

use anyhow::{Result, ensure};
use tests_conformance::{Client, Docker};

use super::{Plan, create_sleeping, refused, run_docker};
use crate::figure::{Figure, Unit};
use crate::subject::Kind;
use crate::wire::Wire;

const LARGE: [&str; 2] = ["cp of 1 GB into a container", "cp of 1 GB out of a container"];
const SMALL: [&str; 2] =
    ["cp of 20,000 files into a container", "cp of 20,000 files out of a container"];

/// Bytes of each small file: about what a source file has.
const SMALL_BYTES: usize = 2_000;

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let folder = tempfile::tempdir()?;
    let (megabytes, files) = (plan.amount(1_000, 20), plan.amount(20_000, 200));
    make(folder.path(), megabytes, files)?;
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
        for (name, whats, amount, unit) in [
            ("large", LARGE, large, Unit::MegabytesPerSecond),
            ("small", SMALL, small, Unit::PerSecond),
        ] {
            let here = folder.path().join(name);
            let there = format!("{id}:/{name}");
            let back = tempfile::tempdir()?;
            let seconds = run_docker(&docker, &["cp", &here.to_string_lossy(), &there]).await?;
            figures.push(Figure::plain(whats[0], kind, amount / seconds, unit));
            let seconds =
                run_docker(&docker, &["cp", &there, &back.path().to_string_lossy()]).await?;
            figures.push(Figure::plain(whats[1], kind, amount / seconds, unit));
            ensure!(entries(&back.path().join(name))? == entries(&here)?, "{name} came back short");
        }
    }
    Ok(Figure::medians(figures))
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
