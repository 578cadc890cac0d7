//! Log drivers, and how much of a container's output they keep.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::UnixDatagram, time::timeout};

use crate::cx::Cx;
use crate::eventually::eventually;
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
    d_083_syslog_sends_each_line_and_keeps_it,
    d_083_syslog_without_its_cache_cannot_be_read,
    d_083_senseless_options_of_syslog_are_refused,
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

/// How long output may take to its receiver.
const SENT_LIMIT: Duration = Duration::from_secs(20);

/// Somebody who takes messages.
enum Receiver {
    /// A socket of datagrams on this host, and the folder that it is in.
    Socket { socket: UnixDatagram, _folder: TempDir },
    /// A container that writes down what comes by TCP.
    Container(String),
}

impl Receiver {
    /// Starts one, and gives its address.
    async fn start(cx: &Cx, kind: &str) -> Result<(Self, String)> {
        if kind == "unixgram" {
            let folder = tempfile::tempdir()?;
            let path = folder.path().join("log");
            let address = format!("unixgram://{}", path.display());
            let socket = UnixDatagram::bind(path)?;
            return Ok((Self::Socket { socket, _folder: folder }, address));
        }
        let script = "touch /got; printf '#!/bin/sh\ncat >> /got' > /take; chmod 755 /take; \
                      exec nc -ll -p 5514 -e /take";
        let name = cx.start_script("receiver", script, json!({})).await?;
        let listens = "until grep -q ':158A ' /proc/net/tcp /proc/net/tcp6; do sleep 0.1; done";
        cx.exec(&name, &["sh", "-c", listens], json!({})).await?;
        let inspected = cx.inspect(&name).await?;
        let address = inspected["NetworkSettings"]["IPAddress"].as_str().context("an address")?;
        Ok((Self::Container(name), format!("tcp://{address}:5514")))
    }

    /// Waits until there are so many messages, and gives them.
    async fn take(&self, cx: &Cx, count: usize) -> Result<Vec<String>> {
        match self {
            Self::Socket { socket, .. } => {
                let mut buffer = vec![0; 65_536];
                let mut lines = Vec::new();
                while lines.len() < count {
                    let size = timeout(SENT_LIMIT, socket.recv(&mut buffer)).await??;
                    let text = String::from_utf8_lossy(&buffer[..size]);
                    lines.push(text.strip_suffix('\n').context("a line feed")?.to_owned());
                }
                Ok(lines)
            }
            Self::Container(name) => {
                eventually("the lines are there", SENT_LIMIT, async || {
                    let text = cx.exec(name, &["cat", "/got"], json!({})).await?.0.out();
                    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
                    Ok((lines.len() >= count).then_some(lines))
                })
                .await
            }
        }
    }
}

async fn d_083_syslog_sends_each_line_and_keeps_it(cx: Cx) -> Result<()> {
    for (kind, format) in
        [("unixgram", "rfc3164"), ("tcp", "rfc5424"), ("unixgram", "rfc5424micro")]
    {
        let (receiver, address) = Receiver::start(&cx, kind).await?;
        let options = json!({
            "syslog-address": address, "syslog-facility": "local3", "syslog-format": format,
            "tag": "{{.Name}}/{{.ImageName}}",
        });
        let script = "echo out; echo; sleep 0.2; echo err >&2; sleep 0.2; printf end";
        let name = cx.start_script(format, script, log("syslog", options.clone())).await?;
        cx.wait(&name).await?;
        let tag = format!("{name}/{BUSYBOX}");
        let lines = receiver.take(&cx, 3).await?;
        // local3 is 19: eight times that, and 6 for what is said, 3 for errors.
        for (line, (priority, text)) in lines.iter().zip([(158, "out"), (155, "err"), (158, "end")])
        {
            let bare = line.strip_prefix(&format!("<{priority}>")).context("a priority")?;
            if format == "rfc3164" {
                let (head, said) = bare.rsplit_once("]: ").context("a head")?;
                ensure!(said == text && head.contains(&format!(" {tag}[")), "{line}");
                // As in `Jan  2 15:04:05 host`.
                ensure!(head.as_bytes()[3] == b' ' && head.as_bytes()[9] == b':', "{line}");
                continue;
            }
            let words: Vec<&str> = bare.split(' ').collect();
            let [version, time, _, app, _, id, structured, said] = words[..] else {
                anyhow::bail!("{line}");
            };
            assert_eq!((version, app, id, structured, said), ("1", &*tag, &*tag, "-", text));
            time.parse::<jiff::Timestamp>().with_context(|| line.clone())?;
            assert_eq!(time.contains('.'), format == "rfc5424micro", "{time}");
        }
        assert_eq!(lines.len(), 3, "an empty line is no message: {lines:?}");
        assert_eq!(cx.logs(&name).await?.out(), "out\n\nend");
        let shown = cx.inspect(&name).await?["HostConfig"]["LogConfig"].clone();
        assert_eq!(shown, json!({"Type": "syslog", "Config": options}));
    }
    Ok(())
}

async fn d_083_syslog_without_its_cache_cannot_be_read(cx: Cx) -> Result<()> {
    let (receiver, address) = Receiver::start(&cx, "unixgram").await?;
    let options = json!({"syslog-address": address, "cache-disabled": "true"});
    let name = cx.start_script("unread", "echo out", log("syslog", options)).await?;
    cx.wait(&name).await?;
    let lines = receiver.take(&cx, 1).await?;
    let id = cx.inspect(&name).await?["Id"].as_str().context("Id")?[..12].to_owned();
    ensure!(lines[0].starts_with("<30>") && lines[0].contains(&format!(" {id}[")), "{lines:?}");
    let reply = cx.client().get(&format!("/containers/{name}/logs?stdout=1")).await?;
    assert_eq!(reply.status, 501);
    assert_eq!(reply.message(), "configured logging driver does not support reading");
    Ok(())
}

async fn d_083_senseless_options_of_syslog_are_refused(cx: Cx) -> Result<()> {
    for (options, message) in [
        (json!({"max-size": "1m"}), "unknown log opt 'max-size' for syslog log driver"),
        (json!({"syslog-facility": "moon"}), "invalid syslog facility"),
        (json!({"syslog-format": "moon"}), "Invalid syslog format"),
        (
            json!({"syslog-address": "127.0.0.1:514"}),
            "syslog-address should be in form proto://address, got 127.0.0.1:514",
        ),
        (json!({"cache-disabled": "moon"}), "invalid value for option cache-disabled: moon"),
    ] {
        refused(&cx, "syslog", options, message).await?;
    }
    Ok(())
}

async fn refused(cx: &Cx, kind: &str, options: Value, message: &str) -> Result<()> {
    let name = cx.name("refused");
    let reply = cx.create_named(&name, &["true"], log(kind, options)).await?;
    assert_eq!((reply.status.as_u16(), reply.message().as_str()), (400, message));
    Ok(())
}
