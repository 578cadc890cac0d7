//! Pulling a large image from a registry that is as near as can be.

use anyhow::{Result, ensure};
use tests_conformance::Client;

use super::{Plan, refused};
use crate::figure::{Figure, Unit};
use crate::image::{LargeImage, REPOSITORY};
use crate::inside::{REGISTRY, Registry};
use crate::machine::now;

const WHAT: &str = "pull of 10 layers, 500 MB";

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let folder = tempfile::tempdir()?;
    let image = LargeImage::make(folder.path(), plan.amount(500, 20))?;
    for kind in plan.rounds() {
        let subject = plan.start(kind).await?;
        let Some(network) = subject.network() else { continue };
        let _registry = Registry::start(network, &image.registry).await?;
        let path = format!("/images/create?fromImage={REGISTRY}/{REPOSITORY}&tag=latest");
        let started = now();
        let reply = Client::new(&subject.socket()).post(&path).await?;
        let seconds = (now() - started).as_secs_f64();
        let unit = Unit::MegabytesPerSecond;
        if let Some(why) = refused(&reply) {
            figures.push(Figure::unsupported(WHAT, kind, unit, why));
            continue;
        }
        let text = reply.expect_status(200)?.text();
        ensure!(text.contains("Downloaded newer image"), "the pull failed: {text}");
        figures.push(Figure::plain(WHAT, kind, image.bytes as f64 / 1e6 / seconds, unit));
    }
    Ok(Figure::medians(figures))
}
