//! WebAssembly as the program of a container, and what runs programs.

mod programs;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::eventually::eventually;
use crate::images::BUSYBOX;
use crate::row::{Oracle, Row, rows};
use crate::stream::Output;

/// Why a stock dockerd has none of it.
const NO_WASM: Oracle = Oracle::Differs("dockerd runs no WebAssembly by itself");

pub(super) const ROWS: &[Row] = rows![
    d_307_a_runtime_is_chosen_by_its_name(NO_WASM),
    d_307_a_name_that_is_not_known_is_400_and_says_what_there_is(NO_WASM),
    d_307_docker_info_lists_the_runtimes(NO_WASM),
    d_308_an_image_of_a_module_runs_without_a_word_more(NO_WASM),
    d_308_memory_beyond_the_limit_is_137_and_oomkilled(NO_WASM),
    d_308_a_limit_of_processors_holds(NO_WASM),
    w_040_arguments_environment_input_and_exit_code_are_the_containers(NO_WASM),
    w_040_files_are_the_images_and_what_is_written_stays_in_the_container(NO_WASM),
    w_040_clocks_and_random_bytes_are_there(NO_WASM),
    w_040_a_component_runs(NO_WASM),
    w_040_what_the_kernel_shows_of_processes_is_hidden(NO_WASM),
    w_040_what_is_no_program_is_refused_with_the_reason(NO_WASM),
    w_040_an_exec_is_webassembly_or_a_script(NO_WASM),
    w_042_an_endless_loop_ends_when_it_is_stopped(NO_WASM),
    w_042_a_trap_is_told_and_ends_with_134(NO_WASM),
];

/// How long a limit may take to show.
const LIMIT_SHOWS: Duration = Duration::from_secs(30);

/// Makes an image of files that may be executed, whose entry point is the first.
async fn image(cx: &Cx, part: &str, files: &[(&str, &[u8])]) -> Result<String> {
    image_with_mode(cx, part, 0o755, files).await
}

async fn image_with_mode(
    cx: &Cx,
    part: &str,
    mode: u32,
    files: &[(&str, &[u8])],
) -> Result<String> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(mode);
        header.set_size(bytes.len() as u64);
        tar.append_data(&mut header, path.trim_start_matches('/'), *bytes)?;
    }
    let name = cx.tag(part);
    let (first, _) = files.first().context("a program")?;
    let entry = format!("ENTRYPOINT%20%5B%22{first}%22%5D");
    let path = format!("/images/create?fromSrc=-&repo={name}&tag=latest&changes={entry}");
    let reply = cx.client().post_tar(&path, tar.into_inner()?).await?.expect_status(200)?;
    ensure!(!reply.text().contains("\"error\""), "{}", reply.text());
    Ok(name)
}

/// Creates a container of an image.
async fn create(
    cx: &Cx,
    image: &str,
    part: &str,
    arguments: &[&str],
    more: Value,
) -> Result<String> {
    let mut body = more;
    body["Image"] = image.into();
    let name = cx.name(part);
    cx.create_named(&name, arguments, body).await?.expect_status(201)?;
    Ok(name)
}

/// Runs an image to its end; gives what it wrote and its exit code.
async fn run(
    cx: &Cx,
    image: &str,
    part: &str,
    arguments: &[&str],
    more: Value,
) -> Result<(Output, i64)> {
    let name = create(cx, image, part, arguments, more).await?;
    cx.start(&name).await?;
    let code = cx.wait(&name).await?;
    Ok((cx.logs(&name).await?, code))
}

/// Makes an image of one module, and runs it.
async fn run_module(cx: &Cx, part: &str, module: &str, more: Value) -> Result<(Output, i64)> {
    let image = image(cx, part, &[("/app.wasm", &programs::module(module)?)]).await?;
    run(cx, &image, part, &[], more).await
}

fn runtime(name: &str) -> Value {
    json!({"HostConfig": {"Runtime": name}})
}

async fn d_307_a_runtime_is_chosen_by_its_name(cx: Cx) -> Result<()> {
    let app = image(&cx, "app", &[("/app.wasm", &programs::module(programs::SAYS)?)]).await?;
    for (name, code, out) in [("wasm", 7, "said"), ("auto", 7, "said"), ("native", 255, "")] {
        let (output, ended) = run(&cx, &app, name, &[], runtime(name)).await?;
        assert_eq!((output.out().as_str(), ended), (out, code), "{name}");
        let shown = cx.inspect(&format!("{}-{name}", cx.key())).await?;
        assert_eq!(shown["HostConfig"]["Runtime"], name);
    }
    let (output, code) = cx.run_script("native-shell", "echo hi", runtime("native")).await?;
    assert_eq!((output.out().as_str(), code), ("hi\n", 0));
    // The engine's own shell runs the script: nothing of the image does, also where the script names it.
    let script = "cp /bin/busybox /tmp/program; echo hi; /tmp/program";
    let (output, code) = cx.run_script("wasm-shell", script, runtime("wasm")).await?;
    assert_eq!((output.out().as_str(), code), ("hi\n", 126), "{}", output.err());
    ensure!(
        output.err().contains("cannot run a native program in WebAssembly"),
        "{}",
        output.err()
    );
    Ok(())
}

async fn d_307_a_name_that_is_not_known_is_400_and_says_what_there_is(cx: Cx) -> Result<()> {
    let name = cx.name("unknown");
    let reply = cx.create_named(&name, &["true"], runtime("kata")).await?.expect_status(400)?;
    let wanted = "unknown or invalid runtime name: kata; there are auto, native, wasm";
    assert_eq!(reply.message(), wanted);
    let said = cx.docker().run(&["run", "--rm", "--runtime", "kata", BUSYBOX]).await?;
    ensure!(said.code == 125 && said.err.contains("runtime name: kata"), "{said:?}");
    Ok(())
}

async fn d_307_docker_info_lists_the_runtimes(cx: Cx) -> Result<()> {
    let info = cx.client().get("/info").await?.expect_status(200)?.json()?;
    let names: Vec<&str> =
        info["Runtimes"].as_object().context("Runtimes")?.keys().map(String::as_str).collect();
    assert_eq!(names, ["auto", "native", "wasm"]);
    assert_eq!(info["Runtimes"]["wasm"]["path"], "sockerless-wasm");
    assert_eq!(info["DefaultRuntime"], "auto");
    Ok(())
}

async fn d_308_an_image_of_a_module_runs_without_a_word_more(cx: Cx) -> Result<()> {
    let app = image(&cx, "app", &[("/app.wasm", &programs::module(programs::ARGUMENTS)?)]).await?;
    let name = cx.name("run");
    let said = cx.docker().ok(&["run", "--rm", "--name", &name, &app, "a b", "c"]).await?;
    assert_eq!(said, "/app.wasm\0a b\0c\0");
    // It is read, not executed; its user has to be able to.
    let module = programs::module(programs::SAYS)?;
    for (part, mode, user, code) in
        [("plain", 0o644, "1000", 7), ("closed", 0o600, "0", 7), ("foreign", 0o600, "1000", 126)]
    {
        let app = image_with_mode(&cx, part, mode, &[("/app.wasm", &module)]).await?;
        let name = create(&cx, &app, part, &[], json!({"User": user})).await?;
        // A start that is refused is told by its code, too.
        cx.client().post(&format!("/containers/{name}/start")).await?;
        assert_eq!(cx.wait(&name).await?, code, "{part}");
    }
    Ok(())
}

async fn d_308_memory_beyond_the_limit_is_137_and_oomkilled(cx: Cx) -> Result<()> {
    let limit = json!({"HostConfig": {"Memory": 32 << 20}});
    for (part, module) in [("grows", programs::GROWS), ("touches", programs::TOUCHES)] {
        let (_, code) = run_module(&cx, part, module, limit.clone()).await?;
        let state = cx.inspect(&format!("{}-{part}", cx.key())).await?["State"].clone();
        assert_eq!(
            (code, &state["OOMKilled"], &state["ExitCode"]),
            (137, &json!(true), &json!(137))
        );
    }
    let (_, code) = run_module(&cx, "fits", programs::FITS, limit).await?;
    assert_eq!(code, 0);
    assert_eq!(cx.inspect(&format!("{}-fits", cx.key())).await?["State"]["OOMKilled"], false);
    Ok(())
}

async fn d_308_a_limit_of_processors_holds(cx: Cx) -> Result<()> {
    let app = image(&cx, "app", &[("/app.wasm", &programs::module(programs::LOOPS)?)]).await?;
    let limit = json!({"HostConfig": {"NanoCpus": 100_000_000}});
    let name = create(&cx, &app, "slow", &[], limit).await?;
    cx.start(&name).await?;
    eventually("the loop is throttled", LIMIT_SHOWS, async || {
        let path = format!("/containers/{name}/stats?stream=0&one-shot=1");
        let stats = cx.client().get(&path).await?.expect_status(200)?.json()?;
        let periods = &stats["cpu_stats"]["throttling_data"]["throttled_periods"];
        Ok(periods.as_u64().filter(|&count| count > 2))
    })
    .await?;
    Ok(())
}

async fn w_040_arguments_environment_input_and_exit_code_are_the_containers(cx: Cx) -> Result<()> {
    let (output, code) = run_module(&cx, "says", programs::SAYS, json!({})).await?;
    assert_eq!((output.out().as_str(), output.err().as_str(), code), ("said", "complained", 7));
    let more = json!({"Env": ["A=1 2"], "WorkingDir": "/srv", "Hostname": "box"});
    let (output, _) = run_module(&cx, "environment", programs::ENVIRONMENT, more).await?;
    let variables: Vec<String> = output.out().split('\0').map(str::to_owned).collect();
    for wanted in ["A=1 2", "HOSTNAME=box", "HOME=/", "PWD=/srv"] {
        ensure!(variables.iter().any(|one| one == wanted), "{wanted} is not in {variables:?}");
    }
    let app = image(&cx, "cat", &[("/app.wasm", &programs::module(programs::COPIES)?)]).await?;
    let name = cx.name("cat");
    let command = ["run", "-i", "--rm", "--name", &name, &app];
    let said = cx.docker().run_with_input(&command, b"one\ntwo").await?;
    assert_eq!((said.out.as_str(), said.code), ("one\ntwo", 0));
    Ok(())
}

async fn w_040_files_are_the_images_and_what_is_written_stays_in_the_container(
    cx: Cx,
) -> Result<()> {
    let files: [(&str, &[u8]); 2] =
        [("/app.wasm", &programs::module(programs::FILES)?), ("/etc/motd", b"of the image")];
    let app = image(&cx, "app", &files).await?;
    let (output, code) = run(&cx, &app, "first", &[], json!({})).await?;
    assert_eq!((output.out().as_str(), code), ("of the image", 0));
    let name = format!("{}-first", cx.key());
    let changes = cx
        .client()
        .get(&format!("/containers/{name}/changes"))
        .await?
        .expect_status(200)?
        .json()?;
    let made = json!({"Path": "/made.txt", "Kind": 1});
    ensure!(changes.as_array().context("a list")?.contains(&made), "{changes}");
    let path = format!("/containers/{name}/archive?path=/made.txt");
    let archive = cx.client().get(&path).await?.expect_status(200)?;
    let archive = String::from_utf8_lossy(&archive.body).into_owned();
    ensure!(archive.contains("of the image"), "the file is not in the archive");
    // Exclusively made, so a second container would fail if it saw the first one's.
    let (_, code) = run(&cx, &app, "second", &[], json!({})).await?;
    assert_eq!(code, 0);
    let (_, code) =
        run(&cx, &app, "sealed", &[], json!({"HostConfig": {"ReadonlyRootfs": true}})).await?;
    assert_eq!(code, 3, "a read-only root takes no file");
    Ok(())
}

async fn w_040_clocks_and_random_bytes_are_there(cx: Cx) -> Result<()> {
    let (_, code) = run_module(&cx, "chance", programs::CLOCKS_AND_RANDOM, json!({})).await?;
    assert_eq!(code, 0);
    Ok(())
}

async fn w_040_a_component_runs(cx: Cx) -> Result<()> {
    for (part, fails) in [("well", false), ("ill", true)] {
        let app = image(&cx, part, &[("/app.wasm", &programs::component(fails)?)]).await?;
        let (output, code) = run(&cx, &app, part, &[], json!({})).await?;
        assert_eq!((output.out().as_str(), code), ("component", i64::from(fails)));
    }
    Ok(())
}

async fn w_040_what_the_kernel_shows_of_processes_is_hidden(cx: Cx) -> Result<()> {
    // The program that runs WebAssembly has memory of its own, which a file of /proc would open to what it runs.
    let (_, code) = run_module(&cx, "probe", programs::OPENS_MEMORY, json!({})).await?;
    assert_eq!(code, 44, "there is no such file");
    Ok(())
}

async fn w_040_what_is_no_program_is_refused_with_the_reason(cx: Cx) -> Result<()> {
    let foreign = r#"(module (import "env" "memory" (memory 1)) (func (export "_start")))"#;
    let foreign = programs::text(foreign)?;
    let damaged = [&programs::module(programs::SAYS)?[..40], b"\xff\xff\xff"].concat();
    let cases: [(&str, &[u8], &str); 2] = [
        ("foreign", &foreign, "unknown import: `env::memory`"),
        ("damaged", &damaged, "the file cannot be compiled"),
    ];
    for (part, program, wanted) in cases {
        let app = image(&cx, part, &[("/app.wasm", program)]).await?;
        let name = create(&cx, &app, part, &[], json!({})).await?;
        let reply = cx.client().post(&format!("/containers/{name}/start")).await?;
        let reply = reply.expect_status(400)?;
        ensure!(reply.message().contains(wanted), "{}", reply.message());
        assert_eq!(cx.inspect(&name).await?["State"]["ExitCode"], 126);
    }
    Ok(())
}

async fn w_040_an_exec_is_webassembly_or_a_script(cx: Cx) -> Result<()> {
    let files: [(&str, &[u8]); 4] = [
        ("/app.wasm", &programs::module(programs::LOOPS)?),
        ("/other.wasm", &programs::module(programs::SAYS)?),
        ("/script", b"#!/bin/sh\necho from a script; exit 5\n"),
        ("/native", b"\x7fELF\x02\x01\x01"),
    ];
    let app = image(&cx, "app", &files).await?;
    let name = create(&cx, &app, "main", &[], json!({})).await?;
    cx.start(&name).await?;
    let (output, code) = cx.exec(&name, &["/other.wasm"], json!({})).await?;
    assert_eq!((output.out().as_str(), code), ("said", 7));
    let (output, code) = cx.exec(&name, &["/script"], json!({})).await?;
    assert_eq!((output.out().as_str(), code), ("from a script\n", 5), "{}", output.err());
    let said = cx.docker().run(&["exec", &name, "/native"]).await?;
    ensure!(said.code == 126 && said.err.contains("cannot run a native program"), "{said:?}");
    cx.until("it goes on", &name, |shown| shown["State"]["Running"] == true).await?;
    Ok(())
}

async fn w_042_an_endless_loop_ends_when_it_is_stopped(cx: Cx) -> Result<()> {
    let app = image(&cx, "app", &[("/app.wasm", &programs::module(programs::LOOPS)?)]).await?;
    for (part, call, code) in
        [("stop", "stop?t=60", 143), ("kill", "kill", 137), ("int", "kill?signal=INT", 130)]
    {
        let name = create(&cx, &app, part, &[], json!({})).await?;
        cx.start(&name).await?;
        cx.until_logged(&name, "runs").await?;
        cx.client().post(&format!("/containers/{name}/{call}")).await?.expect_status(204)?;
        assert_eq!(cx.wait(&name).await?, code, "{call}");
    }
    Ok(())
}

async fn w_042_a_trap_is_told_and_ends_with_134(cx: Cx) -> Result<()> {
    let (output, code) = run_module(&cx, "trap", programs::TRAPS, json!({})).await?;
    ensure!(output.err().contains("wasm trap: wasm `unreachable`"), "{}", output.err());
    assert_eq!((output.out().as_str(), code), ("said", 134));
    Ok(())
}
