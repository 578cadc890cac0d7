//! Log drivers, and how much of a container's output they keep.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::images::BUSYBOX;
use crate::row::{Oracle, Row, rows};
use crate::stream::Output;

pub(super) const ROWS: &[Row] = rows![
    d_082_only_the_newest_output_is_kept,
    d_082_a_tail_is_right_over_a_rotation,
    d_082_an_attached_client_misses_nothing,
    d_082_much_output_is_kept_whole_without_options,
    d_082_options_are_shown_as_they_were_sent,
    d_082_senseless_options_are_refused,
    d_082_senseless_values_are_refused_at_once(Oracle::Differs("dockerd reads them at the start")),
    d_083_local_keeps_and_shows_output,
    d_083_none_has_no_logs_but_can_be_attached_to,
    d_083_a_driver_that_is_not_there_is_refused,
];

/// A configuration of the logs.
fn log(kind: &str, options: Value) -> Value {
    json!({"HostConfig": {"LogConfig": {"Type": kind, "Config": options}}})
}

/// Prints the numbers from 1 to `last`, each in a line of eight bytes.
fn numbers(last: u32) -> String {
    format!("awk 'BEGIN {{ for (i = 1; i <= {last}; i++) printf \"%07d\\n\", i }}'")
}

async fn d_082_only_the_newest_output_is_kept(cx: Cx) -> Result<()> {
    let options = json!({"max-size": "20k", "max-file": "3"});
    let name = cx.start_script("rotated", &numbers(50_000), log("json-file", options)).await?;
    cx.wait(&name).await?;
    let text = cx.logs(&name).await?.out();
    let lines: Vec<u32> = text.lines().map(str::parse).collect::<Result<_, _>>()?;
    ensure!(lines.last() == Some(&50_000), "the last line is {:?}", lines.last());
    // A line is eight bytes here and more with what a driver adds to it, so there are at most 60,000 / 8 of them.
    ensure!((200..=7500).contains(&lines.len()), "{} lines are kept", lines.len());
    ensure!(lines.windows(2).all(|pair| pair[0] + 1 == pair[1]), "a line is missing or told twice");
    Ok(())
}

async fn d_082_a_tail_is_right_over_a_rotation(cx: Cx) -> Result<()> {
    let options = json!({"max-size": "20k", "max-file": "5"});
    let name = cx.start_script("tail", &numbers(20_000), log("json-file", options)).await?;
    cx.wait(&name).await?;
    let path = format!("/containers/{name}/logs?stdout=1&tail=400");
    let text = Output::of_frames(&cx.client().get(&path).await?.expect_status(200)?.body)?.out();
    let wanted: String = (19_601..=20_000).map(|number| format!("{number:07}\n")).collect();
    assert_eq!(text, wanted);
    Ok(())
}

async fn d_082_an_attached_client_misses_nothing(cx: Cx) -> Result<()> {
    for (kind, options) in [("json-file", json!({"max-size": "10k"})), ("none", json!({}))] {
        let more = log(kind, options);
        let name =
            cx.create(&format!("all-{kind}"), &["sh", "-c", &numbers(200_000)], more).await?;
        let path = format!("/containers/{name}/attach?stream=1&stdout=1");
        let mut attached = cx.client().hijack(&path, None).await?;
        cx.start(&name).await?;
        let text = attached.read_output().await?.out();
        let wanted: String = (1..=200_000).map(|number| format!("{number:07}\n")).collect();
        ensure!(text == wanted, "{kind}: {} of {} bytes came", text.len(), wanted.len());
    }
    Ok(())
}

async fn d_082_much_output_is_kept_whole_without_options(cx: Cx) -> Result<()> {
    let script = "head -c 100000000 /dev/zero | tr '\\0' x | fold -w 999";
    let name = cx.start_script("much", script, json!({})).await?;
    cx.wait(&name).await?;
    let path = format!("/containers/{name}/logs?stdout=1");
    let output = Output::of_frames(&cx.client().get(&path).await?.expect_status(200)?.body)?;
    let written = output.out().bytes().filter(|byte| *byte == b'x').count();
    assert_eq!(written, 100_000_000);
    Ok(())
}

async fn d_082_options_are_shown_as_they_were_sent(cx: Cx) -> Result<()> {
    let plain = cx.create("plain", &["true"], json!({})).await?;
    let options = json!({"max-size": "10 MB", "max-file": "3"});
    let given = cx.create("given", &["true"], log("json-file", options.clone())).await?;
    let small = cx.create("small", &["true"], log("local", json!({"max-size": "1m"}))).await?;
    for (name, kind, options) in [
        (plain, "json-file", json!({})),
        (given, "json-file", options),
        (small, "local", json!({"max-size": "1m"})),
    ] {
        let shown = cx.inspect(&name).await?["HostConfig"]["LogConfig"].clone();
        assert_eq!(shown, json!({"Type": kind, "Config": options}), "{name}");
    }
    Ok(())
}

async fn d_082_senseless_options_are_refused(cx: Cx) -> Result<()> {
    for (kind, options, message) in [
        ("json-file", json!({"x": "1"}), "unknown log opt 'x' for json-file log driver"),
        ("local", json!({"x": "1"}), "unknown log opt 'x' for log driver local"),
        ("json-file", json!({"mode": "moon"}), "logger: logging mode not supported: moon"),
        (
            "json-file",
            json!({"max-buffer-size": "4m"}),
            "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
        ),
    ] {
        refused(&cx, kind, options, message).await?;
    }
    Ok(())
}

async fn d_082_senseless_values_are_refused_at_once(cx: Cx) -> Result<()> {
    for (kind, options, message) in [
        ("json-file", json!({"max-size": "abc"}), "invalid size: 'abc'"),
        ("json-file", json!({"max-size": "0"}), "max-size must be a positive number"),
        ("json-file", json!({"max-size": "1k", "max-file": "0"}), "max-file cannot be less than 1"),
        ("local", json!({"max-size": "x"}), "invalid value for max-size: x: invalid size: 'x'"),
    ] {
        refused(&cx, kind, options, message).await?;
    }
    Ok(())
}

async fn d_083_local_keeps_and_shows_output(cx: Cx) -> Result<()> {
    let name = cx.start_script("local", "echo out; echo err >&2", log("local", json!({}))).await?;
    cx.wait(&name).await?;
    let output = cx.logs(&name).await?;
    assert_eq!((output.out().as_str(), output.err().as_str()), ("out\n", "err\n"));
    Ok(())
}

async fn d_083_none_has_no_logs_but_can_be_attached_to(cx: Cx) -> Result<()> {
    let name = cx.start_script("none", "echo out", log("none", json!({}))).await?;
    cx.wait(&name).await?;
    let reply = cx.client().get(&format!("/containers/{name}/logs?stdout=1")).await?;
    assert_eq!(reply.status, 501);
    assert_eq!(reply.message(), "configured logging driver does not support reading");
    assert_eq!(cx.inspect(&name).await?["LogPath"], "");
    let name = cx.name("run");
    let arguments = ["run", "--name", &name, "--log-driver", "none", BUSYBOX, "echo", "seen"];
    assert_eq!(cx.docker().ok(&arguments).await?, "seen");
    Ok(())
}

async fn d_083_a_driver_that_is_not_there_is_refused(cx: Cx) -> Result<()> {
    let message = "error looking up logging plugin moon: plugin \"moon\" not found";
    refused(&cx, "moon", json!({}), message).await
}

async fn refused(cx: &Cx, kind: &str, options: Value, message: &str) -> Result<()> {
    let name = cx.name("refused");
    let reply = cx.create_named(&name, &["true"], log(kind, options)).await?;
    assert_eq!((reply.status.as_u16(), reply.message().as_str()), (400, message));
    Ok(())
}
