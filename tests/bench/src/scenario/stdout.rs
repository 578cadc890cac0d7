//! Half a gigabyte of output through `docker run`.

use anyhow::{Context as _, Result, ensure};
use tests_conformance::{BUSYBOX, Docker};
use tokio::io::AsyncReadExt as _;

use super::Plan;
use crate::figure::{Figure, Unit};
use crate::machine::now;

const WHAT: &str = "500 MB of stdout by docker run";

/// Bytes that are read at once, as a shell's pipe would be.
const READ_BYTES: usize = 1 << 20;

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let megabytes = plan.amount(500, 20);
    for kind in plan.servers() {
        let subject = plan.start(kind).await?;
        let script = format!("dd if=/dev/zero bs=1000000 count={megabytes} 2>/dev/null");
        let started = now();
        let arguments = ["run", "--rm", BUSYBOX, "sh", "-c", &script];
        let mut child = Docker::new(&subject.socket()).start(&arguments)?;
        drop(child.stdin.take());
        let mut output = child.stdout.take().context("standard output is a pipe")?;
        let mut buffer = vec![0; READ_BYTES];
        let mut bytes = 0_u64;
        loop {
            let count = output.read(&mut buffer).await?;
            if count == 0 {
                break;
            }
            bytes += count as u64;
        }
        let status = child.wait().await?;
        let seconds = (now() - started).as_secs_f64();
        ensure!(status.success(), "docker run ended with {status}");
        ensure!(bytes == u64::from(megabytes) * 1_000_000, "{bytes} bytes came of {megabytes} MB");
        let rate = f64::from(megabytes) / seconds;
        figures.push(Figure::plain(WHAT, kind, rate, Unit::MegabytesPerSecond));
    }
    Ok(figures)
}
