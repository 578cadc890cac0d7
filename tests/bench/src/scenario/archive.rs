//! `docker load` of a large image, and `docker save` of it.

use anyhow::{Context as _, Result, ensure};
use http_body_util::BodyExt as _;
use hyper::Method;
use tests_conformance::{Client, Docker, Reply};

use super::{Plan, refused, run_docker};
use crate::figure::{Figure, Unit};
use crate::image::{LargeImage, TAG};
use crate::machine::now;
use crate::subject::{Kind, Subject};

const LOAD: &str = "load of 10 layers, 500 MB";
const SAVE: &str = "save of 10 layers, 500 MB";

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let folder = tempfile::tempdir()?;
    let image = LargeImage::make(folder.path(), plan.amount(500, 20))?;
    for kind in plan.rounds() {
        let subject = plan.start(kind).await?;
        let docker = Docker::new(&subject.socket());
        let archive = image.archive.to_string_lossy();
        let seconds = run_docker(&docker, &["load", "--input", &archive]).await?;
        let rate = image.bytes as f64 / 1e6 / seconds;
        figures.push(Figure::plain(LOAD, kind, rate, Unit::MegabytesPerSecond));
        figures.push(save(&subject, kind, &image).await?);
    }
    Ok(Figure::medians(figures))
}

async fn save(subject: &Subject, kind: Kind, image: &LargeImage) -> Result<Figure> {
    let path = format!("/images/{TAG}/get");
    let client = Client::new(&subject.socket());
    let started = now();
    let (_connection, mut response) = client.open(Method::GET, &path, None).await?;
    if response.status() != 200 {
        let reply = Reply::read(response).await?;
        let why = refused(&reply).with_context(|| format!("{}: {}", reply.status, reply.text()))?;
        return Ok(Figure::unsupported(SAVE, kind, Unit::MegabytesPerSecond, why));
    }
    let mut bytes = 0;
    while let Some(frame) = response.frame().await {
        bytes += frame?.data_ref().map_or(0, |data| data.len() as u64);
    }
    let seconds = (now() - started).as_secs_f64();
    ensure!(bytes >= image.bytes, "{bytes} bytes came of {}", image.bytes);
    let rate = image.bytes as f64 / 1e6 / seconds;
    Ok(Figure::plain(SAVE, kind, rate, Unit::MegabytesPerSecond))
}
