//! Exec: create, start, inspect, terminals, failures, ends.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::eventually::eventually;
use crate::row::{Row, rows};

pub(super) const ROWS: &[Row] = rows![
    d_084_an_exec_needs_a_running_container,
    d_084_environment_folder_and_user_are_set,
    d_084_nothing_to_run_is_400,
    d_085_output_is_framed_and_the_code_told,
    d_085_input_is_passed_and_closed,
    d_085_docker_exec_passes_input_and_code,
    d_086_a_detached_exec_goes_on,
    d_087_inspect_tells_the_process,
    d_088_a_terminal_is_resized,
    d_088_docker_exec_it_is_a_terminal,
    d_089_a_missing_program_is_127_and_an_unfit_one_126,
    d_090_streams_end_with_the_container,
    d_087_an_unknown_exec_is_404,
    d_085_an_exec_starts_once,
    d_084_docker_exec_privileged_has_all_capabilities,
];

async fn running(cx: &Cx) -> Result<String> {
    cx.start_script("up", "sleep 120", json!({})).await
}

async fn inspected(cx: &Cx, id: &str) -> Result<Value> {
    cx.client().get(&format!("/exec/{id}/json")).await?.expect_status(200)?.json()
}

async fn d_084_an_exec_needs_a_running_container(cx: Cx) -> Result<()> {
    let name = cx.create("idle", &["true"], json!({})).await?;
    let body = json!({"Cmd": ["true"]});
    let path = format!("/containers/{name}/exec");
    let reply = cx.client().post_json(&path, &body).await?.expect_status(409)?;
    ensure!(reply.message().contains("is not running"), "{}", reply.message());
    let missing = format!("/containers/{}/exec", cx.name("missing"));
    cx.client().post_json(&missing, &body).await?.expect_status(404)?;
    Ok(())
}

async fn d_084_environment_folder_and_user_are_set(cx: Cx) -> Result<()> {
    let name =
        cx.start_script("up", "sleep 120", json!({"Env": ["A=container", "B=container"]})).await?;
    let more = json!({"Env": ["B=exec", "C=exec"], "WorkingDir": "/tmp", "User": "app"});
    let (output, code) =
        cx.exec(&name, &["sh", "-c", "echo $A $B $C; pwd; id -un; echo $PATH"], more).await?;
    let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    assert_eq!((output.out(), code), (format!("container exec exec\n/tmp\napp\n{path}\n"), 0));
    Ok(())
}

async fn d_084_nothing_to_run_is_400(cx: Cx) -> Result<()> {
    let name = running(&cx).await?;
    let path = format!("/containers/{name}/exec");
    let reply = cx.client().post_json(&path, &json!({"Cmd": []})).await?.expect_status(400)?;
    assert_eq!(reply.message(), "No exec command specified");
    Ok(())
}

async fn d_085_output_is_framed_and_the_code_told(cx: Cx) -> Result<()> {
    let name = running(&cx).await?;
    let (output, code) =
        cx.exec(&name, &["sh", "-c", "echo out; echo err >&2; exit 23"], json!({})).await?;
    assert_eq!((output.out().as_str(), output.err().as_str(), code), ("out\n", "err\n", 23));
    Ok(())
}

async fn d_085_input_is_passed_and_closed(cx: Cx) -> Result<()> {
    let name = running(&cx).await?;
    let id = cx.create_exec(&name, &["sort"], json!({"AttachStdin": true})).await?;
    let path = format!("/exec/{id}/start");
    let mut stream = cx.client().hijack(&path, Some(&json!({"Detach": false}))).await?;
    stream.write(b"b\na\n").await?;
    stream.close_write().await?;
    assert_eq!(stream.read_output().await?.out(), "a\nb\n");
    Ok(())
}

async fn d_085_docker_exec_passes_input_and_code(cx: Cx) -> Result<()> {
    let name = running(&cx).await?;
    let arguments = ["exec", "-i", &name, "sh", "-c", "cat; echo err >&2; exit 9"];
    let said = cx.docker().run_with_input(&arguments, b"typed\n").await?;
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (9, "typed\n", "err\n"));
    Ok(())
}

async fn d_086_a_detached_exec_goes_on(cx: Cx) -> Result<()> {
    let name = running(&cx).await?;
    let script = "while [ ! -e /go ]; do sleep 0.05; done; echo done > /made; exit 4";
    let id = cx.create_exec(&name, &["sh", "-c", script], json!({})).await?;
    let path = format!("/exec/{id}/start");
    cx.client().post_json(&path, &json!({"Detach": true})).await?.expect_status(200)?;
    assert_eq!(inspected(&cx, &id).await?["Running"], true);
    cx.docker().ok(&["exec", "-d", &name, "touch", "/go"]).await?;
    let ended = eventually("the exec has ended", Duration::from_secs(20), async || {
        Ok(Some(inspected(&cx, &id).await?).filter(|exec| exec["Running"] == false))
    });
    assert_eq!(ended.await?["ExitCode"], 4);
    let (output, _) = cx.exec(&name, &["cat", "/made"], json!({})).await?;
    assert_eq!(output.out(), "done\n");
    Ok(())
}

async fn d_087_inspect_tells_the_process(cx: Cx) -> Result<()> {
    let name = running(&cx).await?;
    let container = cx.inspect(&name).await?["Id"].clone();
    let more = json!({"Tty": false, "AttachStdin": true});
    let id = cx.create_exec(&name, &["sleep", "120"], more).await?;
    let before = inspected(&cx, &id).await?;
    assert_eq!((&before["Running"], &before["ExitCode"]), (&json!(false), &json!(null)));
    let start = json!({"Detach": true});
    cx.client().post_json(&format!("/exec/{id}/start"), &start).await?.expect_status(200)?;
    let exec = inspected(&cx, &id).await?;
    assert_eq!((&exec["ID"], &exec["ContainerID"]), (&json!(id), &container));
    assert_eq!((&exec["Running"], &exec["OpenStdin"]), (&json!(true), &json!(true)));
    let process = &exec["ProcessConfig"];
    assert_eq!(process["entrypoint"], "sleep");
    assert_eq!((&process["arguments"], &process["tty"]), (&json!(["120"]), &json!(false)));
    let pid = exec["Pid"].as_u64().context("Pid")?;
    let line = std::fs::read_to_string(format!("/proc/{pid}/cmdline"))?;
    assert_eq!(line.split('\0').collect::<Vec<_>>(), ["sleep", "120", ""]);
    Ok(())
}

async fn d_088_a_terminal_is_resized(cx: Cx) -> Result<()> {
    let name = running(&cx).await?;
    let script = "tty; trap 'stty size; exit 0' WINCH; echo ready; while :; do sleep 0.05; done";
    let more = json!({"Tty": true, "AttachStdin": true});
    let id = cx.create_exec(&name, &["sh", "-c", script], more).await?;
    let path = format!("/exec/{id}/start");
    let mut stream = cx.client().hijack(&path, Some(&json!({"Tty": true}))).await?;
    stream.read_until(b"ready").await?;
    let resize = format!("/exec/{id}/resize?h=41&w=79");
    let reply = cx.client().post(&resize).await?;
    ensure!([200, 201].contains(&reply.status.as_u16()), "{}: {}", reply.status, reply.message());
    let rest = stream.read_to_end().await?;
    ensure!(String::from_utf8_lossy(&rest).contains("41 79"), "{rest:?}");
    Ok(())
}

async fn d_088_docker_exec_it_is_a_terminal(cx: Cx) -> Result<()> {
    let name = running(&cx).await?;
    let script = "tty; while [ -z \"$(stty size 2>/dev/null)\" ]; do sleep 0.05; done; stty size; read line; echo \"got $line\"; exit 3";
    let arguments = ["exec", "-it", &name, "sh", "-c", script];
    let said = cx.docker().run_on_terminal(&arguments, (29, 111), b"typed\n").await?;
    assert_eq!(said.code, 3, "{said:?}");
    for wanted in ["/dev/pts/", "29 111", "got typed"] {
        ensure!(said.out.contains(wanted), "{wanted} is not in {:?}", said.out);
    }
    Ok(())
}

async fn d_089_a_missing_program_is_127_and_an_unfit_one_126(cx: Cx) -> Result<()> {
    let name = running(&cx).await?;
    let said = cx.docker().run(&["exec", &name, "nosuch"]).await?;
    ensure!([126, 127].contains(&said.code), "{said:?}");
    let words = format!("{}{}", said.out, said.err);
    ensure!(words.contains("executable file not found in $PATH"), "{words}");
    let said = cx.docker().run(&["exec", &name, "/etc/passwd"]).await?;
    assert_eq!(said.code, 126, "{said:?}");
    ensure!(format!("{}{}", said.out, said.err).contains("permission denied"), "{said:?}");
    Ok(())
}

async fn d_090_streams_end_with_the_container(cx: Cx) -> Result<()> {
    let name = running(&cx).await?;
    let id = cx.create_exec(&name, &["sh", "-c", "echo up; sleep 100"], json!({})).await?;
    let path = format!("/exec/{id}/start");
    let mut stream = cx.client().hijack(&path, Some(&json!({}))).await?;
    stream.read_until(b"up").await?;
    cx.client().post(&format!("/containers/{name}/kill")).await?.expect_status(204)?;
    stream.read_to_end().await?;
    Ok(())
}

async fn d_087_an_unknown_exec_is_404(cx: Cx) -> Result<()> {
    let id = "0".repeat(64);
    let reply = cx.client().get(&format!("/exec/{id}/json")).await?.expect_status(404)?;
    ensure!(
        reply.message().to_lowercase().contains("no such exec instance"),
        "{}",
        reply.message()
    );
    let path = format!("/exec/{id}/start");
    cx.client().post_json(&path, &json!({})).await?.expect_status(404)?;
    Ok(())
}

async fn d_085_an_exec_starts_once(cx: Cx) -> Result<()> {
    let name = running(&cx).await?;
    let id = cx.create_exec(&name, &["true"], json!({})).await?;
    let path = format!("/exec/{id}/start");
    cx.client().hijack(&path, Some(&json!({}))).await?.read_to_end().await?;
    let again = cx.client().post_json(&path, &json!({"Detach": true})).await?.expect_status(409)?;
    ensure!(again.message().contains("has already run"), "{}", again.message());
    Ok(())
}

async fn d_084_docker_exec_privileged_has_all_capabilities(cx: Cx) -> Result<()> {
    let name = running(&cx).await?;
    let show = ["sh", "-c", "grep CapEff /proc/self/status"];
    let (plain, _) = cx.exec(&name, &show, json!({})).await?;
    assert_eq!(plain.out(), "CapEff:\t00000000a80425fb\n");
    let (given, _) = cx.exec(&name, &show, json!({"Privileged": true})).await?;
    ensure!(given.out() > plain.out() || given.out().contains("ff"), "{}", given.out());
    Ok(())
}
