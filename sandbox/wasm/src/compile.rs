//! Compiling a file once, outside of any container.
//!
//! What is compiled comes from an image and may be made to do harm, so the process that does it keeps no privilege, and
//! its time and memory are bounded. It runs nothing of the file.

use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::path::Path;
use std::process::ExitCode;

use rustix::fs::{MemfdFlags, Mode, SealFlags, fcntl_add_seals, memfd_create};
use rustix::process::{Resource, Rlimit, setrlimit, umask};
use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs};
use sandbox_shim::{Channel, Compiled, WasmKind};
use wasmtime::component::Component;
use wasmtime::{Engine, Module};

use crate::cache::Cache;
use crate::engine::{engine, fingerprint};
use crate::guest::{START, kind, link_component, link_module};

/// Bytes of a file that is compiled. The largest interpreters, with all their libraries in one file, have some fifty
/// million.
pub const MODULE_BYTES_MAX: u64 = 256 << 20;

/// Seconds of processor time for one compilation; the largest interpreters take a minute or two of one processor.
const CPU_SECONDS_MAX: u64 = 600;

/// Bytes of address space for one compilation, some fifty times the largest files that are usual.
const ADDRESS_BYTES_MAX: u64 = 8 << 30;

/// Why a file cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum CompileError {
    /// It could not be read.
    #[error("the file cannot be read")]
    Read(#[source] io::Error),
    /// It is beyond the limit.
    #[error("the file is larger than {MODULE_BYTES_MAX} bytes")]
    TooLarge,
    /// It is of a version that is not known.
    #[error("this version of WebAssembly is not known")]
    Version,
    /// It is damaged, or needs what the engine does not have.
    #[error("the file cannot be compiled: {0}")]
    Invalid(String),
    /// It asks for what WASI has not, or is no program.
    #[error("the file is no WASI program: {0}")]
    NotWasi(String),
    /// There is no engine on this host.
    #[error("the engine cannot be used: {0}")]
    Engine(String),
    /// What was compiled could not be handed on.
    #[error("what was compiled cannot be kept")]
    Keep(#[source] io::Error),
}

/// Compiles what comes on standard input, and answers on standard output.
pub fn run_compile(cache: &Path) -> ExitCode {
    confine();
    let Ok(socket) = io::stdout().as_fd().try_clone_to_owned() else { return ExitCode::FAILURE };
    let mut reply = Channel::<(), Compiled>::new(socket);
    let (answer, files) = match compile(io::stdin().lock(), cache) {
        Ok((kind, compiled)) => (Ok(kind), vec![compiled]),
        Err(error) => (Err(chain(&error)), Vec::new()),
    };
    match reply.send(&answer, files) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever asked is gone.
        Err(_) => ExitCode::FAILURE,
    }
}

/// Compiles a file, or finds what was made of it before; gives what it is, and the compiled file, which cannot be written.
pub fn compile(file: impl Read, cache: &Path) -> Result<(WasmKind, OwnedFd), CompileError> {
    let mut bytes = Vec::new();
    file.take(MODULE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(CompileError::Read)?;
    if bytes.len() as u64 > MODULE_BYTES_MAX {
        return Err(CompileError::TooLarge);
    }
    let kind = kind(&bytes).ok_or(CompileError::Version)?;
    let engine = engine().map_err(|error| CompileError::Engine(format!("{error:#}")))?;
    let entry = Cache::new(cache, &fingerprint(&engine)).entry(&bytes);
    if let Some(found) = entry.find() {
        return Ok((kind, found.into()));
    }
    // Of many that want the same, one compiles; the others find it. Where there is no room to hold a place, each does.
    let held = entry.hold();
    if let Some(found) = entry.find() {
        return Ok((kind, found.into()));
    }
    let made = make(&engine, kind, &bytes)?;
    let kept = held.and_then(|_held| entry.keep(&made));
    let compiled = kept.map(OwnedFd::from).or_else(|_| in_memory(&made));
    Ok((kind, compiled.map_err(CompileError::Keep)?))
}

/// Compiles, and makes sure that WASI is all that is asked for and that there is a program.
fn make(engine: &Engine, kind: WasmKind, bytes: &[u8]) -> Result<Vec<u8>, CompileError> {
    let invalid = |error: wasmtime::Error| CompileError::Invalid(format!("{error:#}"));
    let not_wasi = |error: wasmtime::Error| CompileError::NotWasi(format!("{error:#}"));
    match kind {
        WasmKind::Module => {
            let module = Module::from_binary(engine, bytes).map_err(invalid)?;
            link_module(engine, &module).map_err(not_wasi)?;
            if module.get_export(START).is_none_or(|export| export.func().is_none()) {
                return Err(CompileError::NotWasi(format!("it exports no function {START}")));
            }
            module.serialize().map_err(invalid)
        }
        WasmKind::Component => {
            let component = Component::from_binary(engine, bytes).map_err(invalid)?;
            link_component(engine, &component).map_err(not_wasi)?;
            component.serialize().map_err(invalid)
        }
    }
}

/// Keeps what was made in memory, for one container alone: the disk is full, or the directory gone.
fn in_memory(made: &[u8]) -> io::Result<OwnedFd> {
    let memory = memfd_create("sockerless-wasm", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = File::from(memory);
    file.write_all(made)?;
    file.rewind()?;
    fcntl_add_seals(
        &file,
        SealFlags::WRITE | SealFlags::SHRINK | SealFlags::GROW | SealFlags::SEAL,
    )?;
    Ok(file.into())
}

/// Gives up what compiling does not need.
fn confine() {
    umask(Mode::from_raw_mode(0o077));
    let bounded = |most: u64| Rlimit { current: Some(most), maximum: Some(most) };
    // What cannot be given up is no more than the shim has anyway.
    let _ = setrlimit(Resource::Cpu, bounded(CPU_SECONDS_MAX));
    let _ = setrlimit(Resource::As, bounded(ADDRESS_BYTES_MAX));
    let _ = setrlimit(Resource::Core, bounded(0));
    let none = CapabilitySet::empty();
    let _ = set_capabilities(
        None,
        CapabilitySets { effective: none, permitted: none, inheritable: none },
    );
    let _ = set_no_new_privs(true);
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
