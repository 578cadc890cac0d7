//! Being a container's program.

#![expect(unsafe_code, reason = "descriptors come by their numbers, and compiled code is trusted")]

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{FromRawFd as _, OwnedFd, RawFd};
use std::process::ExitCode;

use sandbox_shim::{WasmJob, WasmKind};
use wasmtime::component::{Component, ResourceTable};
use wasmtime::{Engine, InstancePre, Module, Store};
use wasmtime_wasi::p2::bindings::CommandPre;
use wasmtime_wasi::{FsPerms, I32Exit, WasiCtxBuilder};

use crate::engine::engine;
use crate::guest::{ComponentHost, ModuleHost, START, link_component, link_module};
use crate::memory::Memory;
use crate::{shell, signals};

/// The exit code of a program that a trap ended: that of a process that aborts, as wasmtime's own command has it.
const CODE_TRAP: i32 = 134;

/// The exit code of a program that did not run, for a reason that is this engine's.
const CODE_CANNOT_RUN: i32 = 126;

/// The variable that tells where a program begins.
const WORKING_DIRECTORY: &str = "PWD";

/// Is the program that a [`WasmJob`] describes, until its end.
pub fn run_program() -> ExitCode {
    let (job, parts) = match received() {
        Ok(received) => received,
        Err(error) => end(CODE_CANNOT_RUN, &format!("sockerless-wasm: no job: {error}")),
    };
    let Some(kind) = job.kind else {
        match shell::run(job) {
            Ok(code) => end(code, ""),
            Err(error) => end(CODE_CANNOT_RUN, &format!("sockerless-wasm: {error}")),
        }
    };
    signals::end_the_process();
    let name = job.argv.first().cloned().unwrap_or_default();
    // One thread: reading, writing and waiting are done on it, and a limit of processes leaves no room for more.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ran = match runtime {
        Ok(runtime) => runtime.block_on(run(kind, job, parts)),
        Err(error) => Err(Failure::Before(error.into())),
    };
    match ran {
        Ok(code) => end(code, ""),
        Err(Failure::Before(error)) => end(CODE_CANNOT_RUN, &words(&name, &error)),
        Err(Failure::Meanwhile(error)) => match error.downcast_ref::<I32Exit>() {
            Some(I32Exit(code)) => end(*code, ""),
            None => end(CODE_TRAP, &words(&name, &error)),
        },
    }
}

/// Why there is no exit code.
enum Failure {
    /// The program has not begun.
    Before(wasmtime::Error),
    /// It has ended, in its own way or by a trap.
    Meanwhile(wasmtime::Error),
}

/// What comes beside the job.
struct Parts {
    artifact: File,
    memory: Memory,
}

fn received() -> io::Result<(WasmJob, Parts)> {
    let mut text = String::new();
    take(WasmJob::FD).read_to_string(&mut text)?;
    let memory = Memory::new(take(WasmJob::MEMORY_LIMIT_FD), take(WasmJob::OUT_OF_MEMORY_FD));
    Ok((serde_json::from_str(&text)?, Parts { artifact: take(WasmJob::ARTIFACT_FD), memory }))
}

/// Takes over a descriptor that the shim has left open for this program.
fn take(number: RawFd) -> File {
    // SAFETY: the shim leaves these numbers open, each is taken once, and nothing else in this program knows them.
    unsafe { OwnedFd::from_raw_fd(number) }.into()
}

/// Runs the program; gives its exit code, or how else it ended.
async fn run(kind: WasmKind, job: WasmJob, parts: Parts) -> Result<i32, Failure> {
    let engine = engine().map_err(Failure::Before)?;
    match kind {
        WasmKind::Module => {
            let (linked, mut store) = module(&engine, &job, parts).map_err(Failure::Before)?;
            let ran = run_module(&linked, &mut store).await;
            ran.map(|()| 0).map_err(Failure::Meanwhile)
        }
        WasmKind::Component => {
            let (linked, mut store) = component(&engine, &job, parts).map_err(Failure::Before)?;
            run_component(&linked, &mut store).await.map_err(Failure::Meanwhile)
        }
    }
}

fn module(
    engine: &Engine,
    job: &WasmJob,
    parts: Parts,
) -> wasmtime::Result<(InstancePre<ModuleHost>, Store<ModuleHost>)> {
    // SAFETY: the file was made by this program and has been compared with its digest; nobody can write to it.
    let module = unsafe { Module::deserialize_open_file(engine, parts.artifact)? };
    let host = ModuleHost { wasi: context(job)?.build_p1(), memory: parts.memory };
    let mut store = Store::new(engine, host);
    store.limiter(|host| &mut host.memory);
    Ok((link_module(engine, &module)?, store))
}

async fn run_module(
    linked: &InstancePre<ModuleHost>,
    store: &mut Store<ModuleHost>,
) -> wasmtime::Result<()> {
    let instance = linked.instantiate_async(&mut *store).await?;
    let start = instance.get_typed_func::<(), ()>(&mut *store, START)?;
    start.call_async(store, ()).await
}

fn component(
    engine: &Engine,
    job: &WasmJob,
    mut parts: Parts,
) -> wasmtime::Result<(CommandPre<ComponentHost>, Store<ComponentHost>)> {
    let mut bytes = Vec::new();
    parts.artifact.read_to_end(&mut bytes)?;
    // SAFETY: as for a module.
    let component = unsafe { Component::deserialize(engine, &bytes)? };
    let (wasi, table) = (context(job)?.build(), ResourceTable::new());
    let mut store = Store::new(engine, ComponentHost { wasi, table, memory: parts.memory });
    store.limiter(|host| &mut host.memory);
    Ok((link_component(engine, &component)?, store))
}

async fn run_component(
    linked: &CommandPre<ComponentHost>,
    store: &mut Store<ComponentHost>,
) -> wasmtime::Result<i32> {
    let command = linked.instantiate_async(&mut *store).await?;
    let result = command.wasi_cli_run().call_run(store).await?;
    Ok(i32::from(result.is_err()))
}

/// Gives the program what is the container's: its root, its streams, its network.
///
/// What it may do there is the kernel's to say; beyond that a program only reaches what is below the root.
fn context(job: &WasmJob) -> wasmtime::Result<WasiCtxBuilder> {
    let mut context = WasiCtxBuilder::new();
    context.inherit_stdio().args(&job.argv).preopened_dir("/", "/", FsPerms::ReadWrite)?;
    context.inherit_network().allow_tcp(true).allow_udp(true).allow_ip_name_lookup(true);
    context.allow_blocking_current_thread(true).initial_cwd(&job.cwd);
    let mut has_directory = false;
    for variable in &job.env {
        let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
        has_directory |= name == WORKING_DIRECTORY;
        context.env(name, value);
    }
    if !has_directory {
        // Preview 1 has no working directory; libraries that keep one themselves read it here.
        context.env(WORKING_DIRECTORY, &job.cwd);
    }
    Ok(context)
}

/// Tells why a program has ended, as wasmtime's own command does: where it was, and then what was wrong.
fn words(name: &str, error: &wasmtime::Error) -> String {
    let causes: Vec<String> = error.chain().map(ToString::to_string).collect();
    format!("{name}: {}", causes.join("\n"))
}

/// Ends the process with its last words; what stands in buffers is written first.
fn end(code: i32, words: &str) -> ! {
    if !words.is_empty() {
        // Nobody is left to hear of a failure to write.
        drop(writeln!(io::stderr(), "{words}"));
    }
    std::process::exit(code)
}
