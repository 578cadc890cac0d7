//! The one configuration of wasmtime, for what compiles and for what runs.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use wasmtime::{Config, Engine, WasmBacktraceDetails};

/// Bytes of stack that a program may use before it is ended by a trap.
///
/// As much as Linux gives a process; interpreters go deep. Pages that are never reached cost nothing.
const STACK_BYTES: usize = 8 << 20;

/// Bytes beyond that for what the program calls of WASI.
const HOST_STACK_BYTES: usize = 2 << 20;

/// The shape of what this crate keeps of a compiled file; a new one makes everything anew.
const SHAPE: u32 = 1;

/// Makes an engine.
///
/// No interruption is compiled in: each program has a process of its own, which signals end at any instruction. One that serves
/// several containers would turn `epoch_interruption` on, and its fingerprint would be another.
pub(crate) fn engine() -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config.max_wasm_stack(STACK_BYTES);
    config.async_stack_size(STACK_BYTES + HOST_STACK_BYTES);
    // Else a variable of the environment decides.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    Engine::new(&config)
}

/// Gives what tells engines apart that cannot run what the other has compiled: version, configuration, processor.
pub(crate) fn fingerprint(engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    SHAPE.hash(&mut hasher);
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
