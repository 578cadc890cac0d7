//! Logs: which streams, with or without times, since, until, tail, follow.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use http::Method;
use jiff::Timestamp;
use serde_json::json;
use tokio::time::timeout;

use crate::cx::Cx;
use crate::eventually::eventually;
use crate::http::Reply;
use crate::row::{Oracle, Row, rows};
use crate::stream::Output;

pub(super) const ROWS: &[Row] = rows![
    d_077_streams_are_chosen,
    d_077_at_least_one_stream_is_wanted,
    d_078_times_are_those_of_writing,
    d_079_tail_takes_the_last_lines,
    d_079_since_and_until_cut,
    d_079_docker_logs_takes_a_duration,
    d_080_follow_goes_on_to_the_end,
    d_080_docker_logs_f_ends_with_the_container,
    d_081_a_container_that_never_ran_has_an_empty_log,
    d_077_a_line_without_an_end_is_kept,
    d_077_long_lines_and_bytes_are_kept,
    d_077_bytes_that_are_no_text_are_kept(Oracle::Differs("dockerd keeps its log in JSON")),
];

async fn d_077_streams_are_chosen(cx: Cx) -> Result<()> {
    let name = cx.start_script("two", "echo out; echo err >&2", json!({})).await?;
    cx.wait(&name).await?;
    for (query, out, err) in [
        ("stdout=1", "out\n", ""),
        ("stderr=1", "", "err\n"),
        ("stdout=true&stderr=True", "out\n", "err\n"),
    ] {
        let output = read(&cx, &name, query).await?;
        assert_eq!((output.out().as_str(), output.err().as_str()), (out, err), "{query}");
    }
    let said = cx.docker().run(&["logs", &name]).await?;
    assert_eq!((said.out.as_str(), said.err.as_str()), ("out\n", "err\n"));
    Ok(())
}

async fn d_077_at_least_one_stream_is_wanted(cx: Cx) -> Result<()> {
    let name = cx.create("none", &["true"], json!({})).await?;
    let reply = cx.client().get(&format!("/containers/{name}/logs")).await?.expect_status(400)?;
    ensure!(reply.message().contains("you must choose at least one stream"), "{}", reply.message());
    Ok(())
}

async fn d_078_times_are_those_of_writing(cx: Cx) -> Result<()> {
    let name = cx.start_script("times", "echo one; sleep 1; echo two", json!({})).await?;
    cx.wait(&name).await?;
    let text = read(&cx, &name, "stdout=1&timestamps=1").await?.out();
    let mut times = Vec::new();
    for (line, wanted) in text.lines().zip(["one", "two"]) {
        let (time, rest) = line.split_once(' ').with_context(|| format!("no time: {line}"))?;
        assert_eq!(rest, wanted);
        ensure!(time.ends_with('Z') && time.len() == 30, "{time} is no RFC3339Nano of UTC");
        times.push(time.parse::<Timestamp>()?);
    }
    ensure!(times.len() == 2, "{text}");
    let apart = times[1].as_millisecond() - times[0].as_millisecond();
    ensure!((900..3000).contains(&apart), "{apart} ms apart");
    Ok(())
}

async fn d_079_tail_takes_the_last_lines(cx: Cx) -> Result<()> {
    let script = "i=1; while [ $i -le 50 ]; do echo $i; i=$((i+1)); done";
    let name = cx.start_script("tail", script, json!({})).await?;
    cx.wait(&name).await?;
    for (tail, first) in [("3", 48), ("1", 50), ("50", 1), ("999", 1), ("all", 1), ("-1", 1)] {
        let text = read(&cx, &name, &format!("stdout=1&tail={tail}")).await?.out();
        let wanted: String = (first..=50).map(|n| format!("{n}\n")).collect();
        assert_eq!(text, wanted, "tail={tail}");
    }
    assert_eq!(read(&cx, &name, "stdout=1&tail=0").await?.out(), "");
    Ok(())
}

async fn d_079_since_and_until_cut(cx: Cx) -> Result<()> {
    let script = "for n in 1 2 3; do echo $n; sleep 0.4; done";
    let name = cx.start_script("cut", script, json!({})).await?;
    cx.wait(&name).await?;
    let text = read(&cx, &name, "stdout=1&timestamps=1").await?.out();
    let middle = text.lines().nth(1).and_then(|line| line.split(' ').next()).context("line 2")?;
    let at: Timestamp = middle.parse()?;
    let exact = format!("{}.{:09}", at.as_second(), at.subsec_nanosecond());
    assert_eq!(read(&cx, &name, &format!("stdout=1&since={exact}")).await?.out(), "2\n3\n");
    assert_eq!(read(&cx, &name, &format!("stdout=1&until={exact}")).await?.out(), "1\n2\n");
    let both = format!("stdout=1&since={exact}&until={exact}");
    assert_eq!(read(&cx, &name, &both).await?.out(), "2\n");
    assert_eq!(read(&cx, &name, "stdout=1&until=0").await?.out(), "1\n2\n3\n");
    let later = at.as_second() + 3600;
    assert_eq!(read(&cx, &name, &format!("stdout=1&since={later}")).await?.out(), "");
    Ok(())
}

async fn d_079_docker_logs_takes_a_duration(cx: Cx) -> Result<()> {
    let name = cx.start_script("span", "echo a; echo b; echo c", json!({})).await?;
    cx.wait(&name).await?;
    let shown = cx.docker().ok(&["logs", "--since", "10m", "--tail", "2", &name]).await?;
    assert_eq!(shown, "b\nc");
    let shown = cx.docker().ok(&["logs", "--until", "10m", &name]).await?;
    assert_eq!(shown, "");
    Ok(())
}

async fn d_080_follow_goes_on_to_the_end(cx: Cx) -> Result<()> {
    let script = "echo one; while [ ! -e /go ]; do sleep 0.05; done; echo two; exit 3";
    let name = cx.start_script("live", script, json!({})).await?;
    cx.until_logged(&name, "one").await?;
    let path = format!("/containers/{name}/logs?stdout=1&follow=1");
    let (_connection, response) = cx.client().open(Method::GET, &path, None).await?;
    assert_eq!(response.status(), 200);
    cx.exec(&name, &["touch", "/go"], json!({})).await?;
    let reply = timeout(Duration::from_secs(20), Reply::read(response)).await??;
    assert_eq!(Output::of_frames(&reply.body)?.out(), "one\ntwo\n");
    Ok(())
}

async fn d_080_docker_logs_f_ends_with_the_container(cx: Cx) -> Result<()> {
    let script = "for n in 1 2 3 4 5; do echo $n; sleep 0.1; done";
    let name = cx.start_script("live", script, json!({})).await?;
    let shown = cx.docker().ok(&["logs", "-f", &name]).await?;
    assert_eq!(shown, "1\n2\n3\n4\n5");
    // Of a container that has ended, following is reading.
    assert_eq!(cx.docker().ok(&["logs", "-f", "--tail", "1", &name]).await?, "5");
    Ok(())
}

async fn d_081_a_container_that_never_ran_has_an_empty_log(cx: Cx) -> Result<()> {
    let name = cx.create("empty", &["true"], json!({})).await?;
    let path = format!("/containers/{name}/logs?stdout=1&stderr=1");
    assert_eq!(cx.client().get(&path).await?.expect_status(200)?.text(), "");
    Ok(())
}

async fn d_077_a_line_without_an_end_is_kept(cx: Cx) -> Result<()> {
    let name = cx.start_script("open", "echo whole; printf half", json!({})).await?;
    cx.wait(&name).await?;
    assert_eq!(cx.logs(&name).await?.out(), "whole\nhalf");
    assert_eq!(read(&cx, &name, "stdout=1&tail=1").await?.out(), "half");
    Ok(())
}

async fn d_077_long_lines_and_bytes_are_kept(cx: Cx) -> Result<()> {
    let script =
        "head -c 100000 /dev/zero | tr '\\0' x; echo; printf '\\000\\177\\001'; echo end >&2";
    let name = cx.start_script("odd", script, json!({})).await?;
    cx.wait(&name).await?;
    let output = cx.logs(&name).await?;
    ensure!(output.stdout.len() == 100_004, "{} bytes", output.stdout.len());
    ensure!(output.stdout[..100_000].iter().all(|byte| *byte == b'x'), "bytes were changed");
    assert_eq!(output.stdout[100_000..], [b'\n', 0, 0o177, 1]);
    eventually("the whole log by the client", Duration::from_secs(5), async || {
        let shown = cx.docker().run(&["logs", &name]).await?;
        Ok((shown.out.len() >= 100_004).then_some(()))
    })
    .await
}

async fn d_077_bytes_that_are_no_text_are_kept(cx: Cx) -> Result<()> {
    let name = cx.start_script("bytes", "printf '\\377\\376\\300\\n\\200'", json!({})).await?;
    cx.wait(&name).await?;
    assert_eq!(cx.logs(&name).await?.stdout, [0o377, 0o376, 0o300, b'\n', 0o200]);
    Ok(())
}

async fn read(cx: &Cx, name: &str, query: &str) -> Result<Output> {
    let reply = cx.client().get(&format!("/containers/{name}/logs?{query}")).await?;
    Output::of_frames(&reply.expect_status(200)?.body)
}
