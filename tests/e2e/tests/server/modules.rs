//! Modules that nobody wrote: as wasm-smith draws them, as abuse is drawn together, and damaged.
//!
//! Each is the program of a container with little memory and few processes. Whatever it is, its start is refused for a reason
//! that is told, or it ends in one of the ways that WebAssembly has, or it goes on until it is killed and is gone at once;
//! the engine does not crash, and the server answers as before. `SOCKERLESS_TEST_MODULES` sets how many there are.

mod drawn;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use tests_conformance::Server;
use tests_e2e::{Figures, modules, seed};
use tokio::time::{Instant, timeout};

use self::drawn::draw;
use crate::setup;

/// Modules of a plain run.
const MODULES: u32 = 24;

/// Containers that run at once.
const AT_ONCE: usize = 4;

/// How long a module may go on before it is killed: of those that end by themselves, nearly all have ended.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long a container may take to start, and to be gone once it is killed.
const LIMIT: Duration = Duration::from_secs(60);

/// Bytes of memory of a container.
const MEMORY_BYTES: u64 = 64 << 20;

/// How a module's container came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Refused,
    Returned,
    Trapped,
    OutOfMemory,
    Killed,
}

// === impl End ===

impl End {
    /// Tells from a container's exit code how it ended; the modules cannot choose one.
    fn of(code: i64, out_of_memory: bool, is_killed: bool) -> Option<Self> {
        match (code, out_of_memory) {
            (0, false) => Some(Self::Returned),
            (134, false) => Some(Self::Trapped),
            (137, true) => Some(Self::OutOfMemory),
            (137, false) if is_killed => Some(Self::Killed),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Returned => "returned",
            Self::Trapped => "trapped",
            Self::OutOfMemory => "out_of_memory",
            Self::Killed => "killed",
        }
    }
}

#[tokio::test]
async fn modules_that_nobody_wrote_harm_nothing() -> Result<()> {
    let (count, seed) = (modules(MODULES)?, seed()?);
    let begin = Instant::now();
    let server = setup::server().await?;
    let folder = tempfile::tempdir()?;
    let mut figures = Figures::new("modules", seed);
    let ran = stream::iter(0..count).map(|number| {
        let (server, folder) = (&server, &folder);
        async move {
            let seed = seed.wrapping_add(u64::from(number));
            let path = folder.path().join(format!("{number}.wasm"));
            fs::write(&path, draw(seed)?)?;
            let end = run(server, folder.path(), number).await;
            fs::remove_file(path)?;
            end.with_context(|| format!("SOCKERLESS_TEST_SEED={seed} SOCKERLESS_TEST_MODULES=1"))
        }
    });
    let mut ends = ran.buffer_unordered(AT_ONCE);
    while let Some(end) = ends.try_next().await? {
        figures.tried(u64::from(count));
        figures.add(end.name(), 1);
    }
    drop(ends);
    ensure!(setup::names(&server).await?.is_empty(), "a container is left");
    server.journal(&["verify"])?;
    figures.add("seconds", begin.elapsed().as_secs());
    figures.print();
    Ok(())
}

/// Runs the module of this number to its end, or until it is killed, and removes its container.
async fn run(server: &Server, folder: &Path, number: u32) -> Result<End> {
    let client = server.client();
    let name = format!("module-{number}");
    let body = json!({
        "Image": tests_conformance::BUSYBOX,
        "Entrypoint": [format!("/modules/{number}.wasm")],
        "Cmd": [],
        "HostConfig": {
            "Runtime": "wasm",
            "Binds": [format!("{}:/modules:ro", folder.display())],
            "Memory": MEMORY_BYTES,
            "PidsLimit": 16,
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
        },
    });
    client
        .post_json(&format!("/containers/create?name={name}"), &body)
        .await?
        .expect_status(201)?;
    let start = format!("/containers/{name}/start");
    let started = timeout(LIMIT, client.post(&start)).await.context("it does not start")??;
    let end = if started.status == 204 {
        end(server, &name).await?
    } else {
        let why = started.message();
        let is_told = why.contains("cannot be compiled") || why.contains("is no WASI program");
        ensure!(started.status == 400 && is_told, "{}: {why}", started.status);
        End::Refused
    };
    client.delete(&format!("/containers/{name}?force=1")).await?.expect_status(204)?;
    Ok(end)
}

/// Waits for the end of a container, which is killed after a while.
async fn end(server: &Server, name: &str) -> Result<End> {
    let waited = timeout(PATIENCE, setup::wait(server, name)).await;
    let is_killed = waited.is_err();
    let code = match waited {
        Ok(code) => code?,
        Err(_) => {
            let killed = server.client().post(&format!("/containers/{name}/kill")).await?;
            // It may have ended meanwhile.
            ensure!(matches!(killed.status.as_u16(), 204 | 409), "kill: {}", killed.message());
            let gone = timeout(LIMIT, setup::wait(server, name)).await;
            gone.context("it goes on after it was killed")??
        }
    };
    let out_of_memory = setup::inspect(server, name).await?["State"]["OOMKilled"] == true;
    match End::of(code, out_of_memory, is_killed) {
        Some(end) => Ok(end),
        None => bail!("{code}, out of memory: {out_of_memory}, killed: {is_killed}"),
    }
}
