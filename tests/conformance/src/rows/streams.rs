//! Attach: framing, terminals, upgrades, half-close, detach keys, websockets.

use std::time::Duration;

use anyhow::{Result, ensure};
use http::Method;
use serde_json::json;
use tokio::time::timeout;

use super::system::advertised;
use crate::cli::finish;
use crate::cx::Cx;
use crate::eventually::eventually;
use crate::http::Reply;
use crate::images::BUSYBOX;
use crate::row::{Row, rows};
use crate::stream::Output;
use crate::websocket::WebSocket;

pub(super) const ROWS: &[Row] = rows![
    d_070_two_streams_are_framed,
    d_071_a_terminal_is_raw,
    d_072_an_upgrade_is_101,
    d_072_without_an_upgrade_output_comes_with_200,
    d_073_closing_the_input_ends_the_program_not_the_output,
    d_073_docker_run_i_passes_its_input,
    d_074_only_the_asked_streams_come,
    d_074_logs_come_first_when_asked_for,
    d_074_detach_keys_leave_the_program_running,
    d_074_two_clients_see_the_same,
    d_075_attach_before_start_misses_nothing,
    d_075_stdin_given_before_start_is_read,
    d_076_a_websocket_carries_output_and_input,
    d_075_docker_attach_and_start_show_output,
    w_005_docker_run_it_is_a_terminal,
];

const ALL: &str = "stream=1&stdin=1&stdout=1&stderr=1";

/// Asks for standard input that closes with the first client.
fn with_stdin() -> serde_json::Value {
    json!({"OpenStdin": true, "StdinOnce": true, "AttachStdin": true})
}

async fn d_070_two_streams_are_framed(cx: Cx) -> Result<()> {
    let name =
        cx.create("framed", &["sh", "-c", "echo out; echo err >&2; echo more"], json!({})).await?;
    let mut stream = cx.client().hijack(&format!("/containers/{name}/attach?{ALL}"), None).await?;
    cx.start(&name).await?;
    let output = stream.read_output().await?;
    assert_eq!((output.out().as_str(), output.err().as_str()), ("out\nmore\n", "err\n"));
    Ok(())
}

async fn d_071_a_terminal_is_raw(cx: Cx) -> Result<()> {
    let name = cx
        .create("raw", &["sh", "-c", "tty; echo out; echo err >&2"], json!({"Tty": true}))
        .await?;
    let mut stream = cx.client().hijack(&format!("/containers/{name}/attach?{ALL}"), None).await?;
    assert_eq!(stream.headers["content-type"], "application/vnd.docker.raw-stream");
    cx.start(&name).await?;
    let bytes = stream.read_to_end().await?;
    let text = String::from_utf8_lossy(&bytes);
    assert_eq!(text, "/dev/pts/0\r\nout\r\nerr\r\n");
    Ok(())
}

async fn d_072_an_upgrade_is_101(cx: Cx) -> Result<()> {
    let name = cx.create("up", &["true"], json!({})).await?;
    let stream = cx.client().hijack(&format!("/containers/{name}/attach?{ALL}"), None).await?;
    assert_eq!(stream.headers["connection"].to_str()?.to_lowercase(), "upgrade");
    assert_eq!(stream.headers["upgrade"], "tcp");
    let kind = stream.headers["content-type"].to_str()?;
    let wanted = if advertised(&cx).await? >= (1, 42) { "multiplexed" } else { "raw" };
    assert_eq!(kind, format!("application/vnd.docker.{wanted}-stream"));
    Ok(())
}

async fn d_072_without_an_upgrade_output_comes_with_200(cx: Cx) -> Result<()> {
    let name = cx.create("plain", &["echo", "plain"], json!({})).await?;
    let path = format!("/containers/{name}/attach?stream=1&stdout=1&stderr=1");
    let (_connection, response) = cx.client().open(Method::POST, &path, None).await?;
    assert_eq!(response.status(), 200);
    cx.start(&name).await?;
    let reply = timeout(Duration::from_secs(20), Reply::read(response)).await??;
    assert_eq!(Output::of_frames(&reply.body)?.out(), "plain\n");
    Ok(())
}

async fn d_073_closing_the_input_ends_the_program_not_the_output(cx: Cx) -> Result<()> {
    let script = "sort; echo end >&2; exit 6";
    let name = cx.create("sorted", &["sh", "-c", script], with_stdin()).await?;
    let mut stream = cx.client().hijack(&format!("/containers/{name}/attach?{ALL}"), None).await?;
    cx.start(&name).await?;
    stream.write(b"b\nc\na\n").await?;
    stream.close_write().await?;
    let output = stream.read_output().await?;
    assert_eq!((output.out().as_str(), output.err().as_str()), ("a\nb\nc\n", "end\n"));
    assert_eq!(cx.wait(&name).await?, 6);
    Ok(())
}

async fn d_073_docker_run_i_passes_its_input(cx: Cx) -> Result<()> {
    let name = cx.name("cat");
    let arguments = ["run", "-i", "--rm", "--name", &name, BUSYBOX, "cat"];
    let input: Vec<u8> =
        (0..200_000_u32).flat_map(|n| format!("line {n}\n").into_bytes()).collect();
    let said = cx.docker().run_with_input(&arguments, &input).await?;
    ensure!(said.code == 0, "{}", said.err);
    ensure!(said.out.as_bytes() == input, "{} bytes came back of {}", said.out.len(), input.len());
    Ok(())
}

async fn d_074_only_the_asked_streams_come(cx: Cx) -> Result<()> {
    let name = cx.create("one", &["sh", "-c", "echo out; echo err >&2"], json!({})).await?;
    let path = format!("/containers/{name}/attach?stream=1&stderr=1");
    let mut stream = cx.client().hijack(&path, None).await?;
    cx.start(&name).await?;
    let output = stream.read_output().await?;
    assert_eq!((output.out().as_str(), output.err().as_str()), ("", "err\n"));
    Ok(())
}

async fn d_074_logs_come_first_when_asked_for(cx: Cx) -> Result<()> {
    let script = "echo before; read line; echo got $line";
    let more = json!({"OpenStdin": true});
    let name = cx.create("past", &["sh", "-c", script], more).await?;
    cx.start(&name).await?;
    cx.until_logged(&name, "before").await?;
    let path = format!("/containers/{name}/attach?logs=1&{ALL}");
    let mut stream = cx.client().hijack(&path, None).await?;
    stream.write(b"now\n").await?;
    assert_eq!(stream.read_output().await?.out(), "before\ngot now\n");
    let path = format!("/containers/{name}/attach?logs=1&stream=0&stdout=1");
    let mut stream = cx.client().hijack(&path, None).await?;
    assert_eq!(stream.read_output().await?.out(), "before\ngot now\n");
    Ok(())
}

async fn d_074_detach_keys_leave_the_program_running(cx: Cx) -> Result<()> {
    let more = json!({"Tty": true, "OpenStdin": true});
    let name = cx.create("detach", &["cat"], more).await?;
    cx.start(&name).await?;
    for (query, keys) in [(String::new(), "\x10\x11"), ("&detachKeys=ctrl-a,x".to_owned(), "\x01x")]
    {
        let path = format!("/containers/{name}/attach?{ALL}{query}");
        let mut stream = cx.client().hijack(&path, None).await?;
        stream.write(b"hello\n").await?;
        stream.read_until(b"hello\r\nhello\r\n").await?;
        // Keys are read one by one, as they are typed.
        for key in keys.bytes() {
            stream.write(&[key]).await?;
        }
        stream.read_to_end().await?;
        assert_eq!(cx.inspect(&name).await?["State"]["Running"], true, "{query}");
    }
    Ok(())
}

async fn d_074_two_clients_see_the_same(cx: Cx) -> Result<()> {
    let name = cx
        .create("two", &["sh", "-c", "read line; echo $line"], json!({"OpenStdin": true}))
        .await?;
    cx.start(&name).await?;
    let path = format!("/containers/{name}/attach?{ALL}");
    let mut first = cx.client().hijack(&path, None).await?;
    let mut second = cx.client().hijack(&path, None).await?;
    first.write(b"both\n").await?;
    assert_eq!(first.read_output().await?.out(), "both\n");
    assert_eq!(second.read_output().await?.out(), "both\n");
    Ok(())
}

async fn d_075_attach_before_start_misses_nothing(cx: Cx) -> Result<()> {
    let script = "i=0; while [ $i -lt 2000 ]; do echo $i; i=$((i+1)); done";
    let name = cx.create("early", &["sh", "-c", script], json!({})).await?;
    let mut stream = cx.client().hijack(&format!("/containers/{name}/attach?{ALL}"), None).await?;
    cx.start(&name).await?;
    let wanted: String = (0..2000).map(|n| format!("{n}\n")).collect();
    ensure!(stream.read_output().await?.out() == wanted, "output is missing");
    Ok(())
}

async fn d_075_stdin_given_before_start_is_read(cx: Cx) -> Result<()> {
    // A build container is started again and again, each time with a new script on its input.
    let name = cx.create("build", &["sh"], with_stdin()).await?;
    for round in ["one", "two"] {
        let path = format!("/containers/{name}/attach?{ALL}");
        let mut stream = cx.client().hijack(&path, None).await?;
        cx.start(&name).await?;
        stream.write(format!("echo {round}\n").as_bytes()).await?;
        stream.close_write().await?;
        assert_eq!(stream.read_output().await?.out(), format!("{round}\n"));
        assert_eq!(cx.wait(&name).await?, 0);
    }
    Ok(())
}

async fn d_076_a_websocket_carries_output_and_input(cx: Cx) -> Result<()> {
    let script = "read line; echo got $line";
    let name = cx.create("ws", &["sh", "-c", script], with_stdin()).await?;
    cx.start(&name).await?;
    let path = format!("/containers/{name}/attach/ws?{ALL}");
    let mut socket = WebSocket::open(&cx.target().socket, &path).await?;
    socket.write(b"frame\n").await?;
    let bytes = socket.read_to_end().await?;
    assert_eq!(String::from_utf8_lossy(&bytes), "got frame\n");
    Ok(())
}

async fn d_075_docker_attach_and_start_show_output(cx: Cx) -> Result<()> {
    let docker = cx.docker();
    let script = "while [ ! -e /go ]; do sleep 0.05; done; echo went; exit 5";
    let name = cx.start_script("attach", script, json!({})).await?;
    let attached = docker.start(&["attach", "--no-stdin", &name])?;
    let is_told = || async {
        let events = format!("/events?since=0&until={}", jiff::Timestamp::now().as_second() + 1);
        let filters = super::list::encoded(&json!({"container": [name], "event": ["attach"]}));
        let told = cx.client().get(&format!("{events}&filters={filters}")).await?;
        Ok((!told.text().is_empty()).then_some(()))
    };
    eventually("the client is attached", Duration::from_secs(20), async || is_told().await).await?;
    docker.ok(&["exec", &name, "touch", "/go"]).await?;
    let said = finish(attached, b"").await?;
    assert_eq!((said.code, said.out.as_str()), (5, "went\n"), "{said:?}");
    let said = docker.run(&["start", "--attach", &name]).await?;
    assert_eq!((said.code, said.out.as_str()), (5, "went\n"), "{said:?}");
    Ok(())
}

async fn w_005_docker_run_it_is_a_terminal(cx: Cx) -> Result<()> {
    let name = cx.name("it");
    let script = "tty; while [ -z \"$(stty size 2>/dev/null)\" ]; do sleep 0.05; done; stty size; read line; echo \"got $line\"";
    let arguments = ["run", "-it", "--rm", "--name", &name, BUSYBOX, "sh", "-c", script];
    let said = cx.docker().run_on_terminal(&arguments, (33, 101), b"typed\n").await?;
    ensure!(said.code == 0, "{said:?}");
    for wanted in ["/dev/pts/0", "33 101", "got typed"] {
        ensure!(said.out.contains(wanted), "{wanted} is not in {:?}", said.out);
    }
    Ok(())
}
