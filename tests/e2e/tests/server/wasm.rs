//! WebAssembly, as far as only our own server can be asked: what it keeps of what it compiled, and what outlives it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use futures_util::future::try_join_all;
use serde_json::json;
use tests_conformance::{Server, report};

use crate::setup;

/// Containers of one module, all started at once.
const AT_ONCE: usize = 40;

/// A preview 1 program that waits for its input to end, says so, and ends with 5.
const WAITS: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "began")
    (data (i32.const 80) "ended")
    (func $print (param $from i32)
        (i32.store (i32.const 0) (local.get $from))
        (i32.store (i32.const 4) (i32.const 5))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func (export "_start")
        (call $print (i32.const 64))
        (i32.store (i32.const 16) (i32.const 1024))
        (i32.store (i32.const 20) (i32.const 4096))
        (loop $more
            (drop (call $read (i32.const 0) (i32.const 16) (i32.const 1) (i32.const 24)))
            (br_if $more (i32.load (i32.const 24))))
        (call $print (i32.const 80))
        (call $exit (i32.const 5))))"#;

/// Puts an image of the program into a server.
async fn fill(server: &Server) -> Result<()> {
    let program = wat::parse_str(WAITS)?;
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o755);
    header.set_size(program.len() as u64);
    tar.append_data(&mut header, "app.wasm", &program[..])?;
    let path =
        "/images/create?fromSrc=-&repo=app&tag=latest&changes=ENTRYPOINT%20%5B%22/app.wasm%22%5D";
    let reply = server.client().post_tar(path, tar.into_inner()?).await?.expect_status(200)?;
    ensure!(!reply.text().contains("\"error\""), "{}", reply.text());
    Ok(())
}

/// Creates and starts a container of the program.
async fn start(server: &Server, name: &str, open: bool) -> Result<()> {
    let body = json!({"Image": "app", "OpenStdin": open, "StdinOnce": open});
    let path = format!("/containers/create?name={name}");
    server.client().post_json(&path, &body).await?.expect_status(201)?;
    server.client().post(&format!("/containers/{name}/start")).await?.expect_status(204)?;
    Ok(())
}

/// Every file below a folder but locks.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.file_name().is_some_and(|name| name != "lock") {
            found.push(path);
        }
    }
    Ok(found)
}

#[tokio::test]
async fn w_041_a_module_in_many_containers_is_compiled_once() -> Result<()> {
    let server = Server::start().await?;
    fill(&server).await?;
    let names: Vec<String> = (0..AT_ONCE).map(|number| format!("app-{number}")).collect();
    try_join_all(names.iter().map(|name| start(&server, name, false))).await?;
    for name in &names {
        assert_eq!(setup::wait(&server, name).await?, 5, "{name}");
        assert_eq!(setup::output(&server, name).await?, "beganended");
    }
    let kept = files(&server.data().join("wasm"))?;
    ensure!(kept.len() == 1, "{kept:?}");
    let compiled = fs::metadata(&kept[0])?;
    report(&format!("{AT_ONCE} containers of one file of {} bytes", compiled.len()));
    // What was damaged on disk is made anew, and run.
    let whole = fs::read(&kept[0])?;
    let mut damaged = whole.clone();
    *damaged.last_mut().context("a byte")? ^= 1;
    fs::write(&kept[0], damaged)?;
    start(&server, "after", false).await?;
    assert_eq!(setup::wait(&server, "after").await?, 5);
    assert_eq!(fs::read(&kept[0])?, whole);
    Ok(())
}

#[tokio::test]
async fn w_040_a_program_goes_on_while_the_server_is_down() -> Result<()> {
    let mut server = Server::start().await?;
    fill(&server).await?;
    start(&server, "app", true).await?;
    server.kill()?;
    server.start_again().await?;
    let shown = setup::inspect(&server, "app").await?;
    assert_eq!(shown["State"]["Running"], true);
    let path = "/containers/app/attach?stream=1&stdin=1&stdout=1&logs=1";
    let mut attached = server.client().hijack(path, None).await?;
    attached.close_write().await?;
    let output = attached.read_output().await?;
    assert_eq!(output.out(), "beganended");
    assert_eq!(setup::wait(&server, "app").await?, 5);
    Ok(())
}
