//! Many bytes through many streams at once.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::cx::Cx;
use crate::row::{Row, rows};

/// Execs at once.
const STREAMS: usize = 10;

/// Bytes of each.
const STREAM_BYTES: usize = 10 << 20;

pub(super) const ROWS: &[Row] =
    rows![d_091_ten_large_streams_lose_and_mix_nothing, d_091_one_large_input_comes_back,];

async fn d_091_ten_large_streams_lose_and_mix_nothing(cx: Cx) -> Result<()> {
    let name = cx.start_script("up", "sleep 600", json!({})).await?;
    let (cx, name) = (&cx, &name);
    let stream = |number: usize| async move {
        let line = format!("stream {number} of ten");
        let script = format!("yes '{line}' | head -c {STREAM_BYTES}");
        let (output, code) = cx.exec(name, &["sh", "-c", &script], json!({})).await?;
        ensure!(code == 0 && output.stdout.len() == STREAM_BYTES, "{} bytes", output.stdout.len());
        let pattern = format!("{line}\n");
        let wanted = pattern.as_bytes().iter().cycle();
        ensure!(output.stdout.iter().zip(wanted).all(|(got, want)| got == want), "mixed up");
        Ok(())
    };
    futures_util::future::try_join_all((0..STREAMS).map(stream)).await?;
    Ok(())
}

async fn d_091_one_large_input_comes_back(cx: Cx) -> Result<()> {
    let name = cx.start_script("up", "sleep 600", json!({})).await?;
    let input: Vec<u8> = (0..STREAM_BYTES).map(|index| b'a' + (index % 23) as u8).collect();
    let said = cx.docker().run_with_input(&["exec", "-i", &name, "cat"], &input).await?;
    ensure!(said.code == 0 && said.out.as_bytes() == input, "{} bytes came back", said.out.len());
    Ok(())
}
