//! `docker build` with the classic builder: ten steps, done for the first time and again.

use anyhow::{Result, ensure};
use tests_conformance::{BUSYBOX, Client};

use super::{Plan, refused};
use crate::figure::{Figure, Unit};
use crate::machine::now;

const COLD: &str = "build of 10 steps, each done";
const CACHED: &str = "build of 10 steps, all cached";

/// Builds that are timed together, so that a fast one is not the clock's grain.
const CACHED_BUILDS: u32 = 10;

/// Files of the context.
const FILES: usize = 100;

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let context = context()?;
    let builds = plan.amount(CACHED_BUILDS, 2);
    for kind in plan.rounds() {
        let subject = plan.start(kind).await?;
        let client = Client::new(&subject.socket());
        let build = async || client.post_tar("/build?t=measured", context.clone()).await;
        let started = now();
        let reply = build().await?;
        let seconds = (now() - started).as_secs_f64();
        if let Some(why) = refused(&reply) {
            figures.push(Figure::unsupported(COLD, kind, Unit::PerSecond, why));
            continue;
        }
        let text = reply.expect_status(200)?.text();
        ensure!(text.contains("Successfully tagged") && !text.contains("Using cache"), "{text}");
        figures.push(Figure::plain(COLD, kind, 1.0 / seconds, Unit::PerSecond));
        let started = now();
        for _ in 0..builds {
            let text = build().await?.expect_status(200)?.text();
            ensure!(text.matches("Using cache").count() == 9, "{text}");
        }
        let seconds = (now() - started).as_secs_f64();
        figures.push(Figure::plain(CACHED, kind, f64::from(builds) / seconds, Unit::PerSecond));
    }
    Ok(Figure::medians(figures))
}

/// Makes a context as a small program has one.
fn context() -> Result<Vec<u8>> {
    let dockerfile = format!(
        "FROM {BUSYBOX}\nENV HOME=/app\nWORKDIR /app\nCOPY list ./\nRUN cp list installed\nCOPY . .\n\
         RUN cat src/* > all\nRUN mkdir out && cp all out/\nEXPOSE 80\nCMD [\"cat\", \"out/all\"]\n"
    );
    let mut builder = tar::Builder::new(Vec::new());
    let mut add = |name: &str, bytes: &[u8]| -> Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(bytes.len() as u64);
        Ok(builder.append_data(&mut header, name, bytes)?)
    };
    add("Dockerfile", dockerfile.as_bytes())?;
    add("list", b"a b c")?;
    for number in 0..FILES {
        add(&format!("src/{number:03}"), &vec![b'x'; 10_000])?;
    }
    Ok(builder.into_inner()?)
}
