//! The engine of WebAssembly, and its shell beside dash and busybox as the machine has them.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests_conformance::{BUSYBOX, command};

use super::{Plan, cycle, exec, start_of};
use crate::figure::{Figure, Unit, milliseconds};
use crate::machine::{children_of, now, processes_called, proportional_mebibytes};
use crate::subject::{Kind, Subject};
use crate::wire::{Wire, request};

/// Lives of containers whose program the engine's shell is.
pub(crate) const CYCLE: &str = "create-start-wait-remove on wasm, 8 clients";

/// Execs in such containers.
pub(crate) const EXEC: &str = "exec of echo on wasm, 8 clients";

/// What one of many costs that waits.
pub(crate) const IDLE: &str = "PSS of an idle wasm container";

/// The process that holds a container.
const SHIM: &str = "sockerless-shim";

/// Containers that wait at once.
const IDLE_CONTAINERS: u32 = 100;

/// Bytes of the file that the tools read.
const FILE_BYTES: u64 = 100_000_000;

/// Where a container finds it.
const FILE: &str = "/bench-file";

/// Something that a script does, in a container and by the machine's own program.
pub(crate) struct Job {
    /// The figure of the engine.
    pub(crate) wasm: &'static str,
    /// The figure of the machine's own program.
    pub(crate) native: &'static str,
    /// That program; it takes a tool's name first where it is busybox.
    program: &'static [&'static str],
    script: &'static str,
}

/// The jobs; in a script `FILE` stands for the file.
pub(crate) const JOBS: &[Job] = &[
    Job {
        wasm: "a shell loop of 1,000,000 turns on wasm",
        native: "a shell loop of 1,000,000 turns by dash",
        program: &["dash", "-c"],
        script: "i=0; while [ $i -lt 1000000 ]; do i=$((i+1)); done",
    },
    Job {
        wasm: "sort of 100 MB on wasm",
        native: "sort of 100 MB by busybox",
        program: &["busybox", "sh", "-c"],
        script: "busybox sort FILE > /dev/null",
    },
    Job {
        wasm: "grep in 100 MB on wasm",
        native: "grep in 100 MB by busybox",
        program: &["busybox", "sh", "-c"],
        script: "busybox grep -c 77 FILE > /dev/null",
    },
    Job {
        wasm: "sha256sum of 100 MB on wasm",
        native: "sha256sum of 100 MB by busybox",
        program: &["busybox", "sh", "-c"],
        script: "busybox sha256sum FILE > /dev/null",
    },
];

pub(super) async fn measure(plan: &mut Plan) -> Result<Vec<Figure>> {
    if !plan.servers().any(|kind| kind == Kind::Sockerless) {
        return Ok(Vec::new());
    }
    let subject = plan.start(Kind::Sockerless).await?;
    let span = plan.span(10);
    let mut figures = vec![
        cycle::cycles(CYCLE, &subject, &body(&["true"], json!({})), span).await?,
        exec::execs(EXEC, &subject, &body(super::SLEEPING, json!({})), span).await?,
        idle(&subject, plan.amount(IDLE_CONTAINERS, 4)).await?,
    ];
    let file = tempfile::NamedTempFile::new()?;
    let size_bytes = FILE_BYTES / u64::from(plan.amount(1, 1000));
    fill(file.as_file(), size_bytes)?;
    for job in JOBS {
        let mut both = Vec::new();
        for _ in 0..plan.repeats() {
            both.push(native(job, file.path())?);
            both.push(contained(job, &subject, file.path()).await?);
        }
        figures.extend(Figure::medians(both));
    }
    Ok(figures)
}

/// What creates a container on the engine.
fn body(command: &[&str], mut host: Value) -> String {
    host["Runtime"] = "wasm".into();
    json!({"Image": BUSYBOX, "Cmd": command, "HostConfig": host}).to_string()
}

/// What each of many costs with its shim, when they do nothing.
async fn idle(subject: &Subject, count: u32) -> Result<Figure> {
    let before = processes_called(SHIM)?;
    let mut wire = Wire::open(&subject.socket()).await?;
    for _ in 0..count {
        start_of(&mut wire, &body(super::SLEEPING, json!({}))).await?;
    }
    let mut added = processes_called(SHIM)?;
    added.retain(|pid| !before.contains(pid));
    for shim in added.clone() {
        added.extend(children_of(shim)?);
    }
    ensure!(added.len() >= 2 * count as usize, "{} processes of {count} containers", added.len());
    let each = proportional_mebibytes(&added)? / f64::from(count);
    Ok(Figure::plain(IDLE, Kind::Sockerless, each, Unit::Mebibytes))
}

/// Writes lines of digits in no order.
fn fill(file: &File, size_bytes: u64) -> Result<()> {
    let mut written = 0;
    let mut lines = BufWriter::new(file);
    while written < size_bytes {
        let line = format!("{:020}\n", fastrand::u64(..));
        lines.write_all(line.as_bytes())?;
        written += line.len() as u64;
    }
    Ok(lines.flush()?)
}

/// How long the machine's own program takes.
fn native(job: &Job, file: &Path) -> Result<Figure> {
    let [program, arguments @ ..] = job.program else { anyhow::bail!("a job without a program") };
    let started = now();
    let script = job.script.replace("FILE", &file.display().to_string());
    tests_conformance::run(command(program).args(arguments).arg(script))?;
    let took = milliseconds(now() - started);
    Ok(Figure {
        subject: None,
        ..Figure::plain(job.native, Kind::Sockerless, took, Unit::Milliseconds)
    })
}

/// How long a container takes for the same, beyond what one takes that does nothing.
async fn contained(job: &Job, subject: &Subject, file: &Path) -> Result<Figure> {
    let mut wire = Wire::open(&subject.socket()).await?;
    let nothing = run(&mut wire, "true", file).await?;
    let all = run(&mut wire, &job.script.replace("FILE", FILE), file).await?;
    let took = (all - nothing).max(0.0);
    Ok(Figure::plain(job.wasm, Kind::Sockerless, took, Unit::Milliseconds))
}

/// Milliseconds from the start of a container to its end.
async fn run(wire: &mut Wire, script: &str, file: &Path) -> Result<f64> {
    let binds = json!({"Binds": [format!("{}:{FILE}:ro", file.display())]});
    let started = now();
    let id = start_of(wire, &body(&["sh", "-c", script], binds)).await?;
    let wait = request("POST", &format!("/v1.41/containers/{id}/wait"), "");
    let said: Value = serde_json::from_slice(&wire.expect(&wait, 200).await?.body)?;
    let took = milliseconds(now() - started);
    ensure!(said["StatusCode"] == 0, "{script}: {said}");
    Ok(took)
}
