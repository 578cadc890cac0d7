//! The wasm engine: WASI programs, preview 1 modules and preview 2 components, under wasmtime, of which this crate is the
//! sole owner.
//!
//! It is a program, `sockerless-wasm`, with two duties that a container's shim has it do (see `sandbox_shim::WasmEngine`):
//!
//! - [`run_compile`], outside of the container: compiles a file, or finds what was compiled before by its digest, and
//!   checks that WASI is all it asks for. It runs nothing of it.
//! - [`run_program`], inside of the container, in the place of its program: has the compiled file as a descriptor, the
//!   container's root as `/`, its streams, its network and nothing of the host. A crash there is the end of its container.
//!
//! Nothing here runs in a server, knows a container's name, or waits for a server. The shell and its tools are left to
//! another crate.

mod cache;
mod compile;
mod engine;
mod guest;
mod memory;
mod run;
mod shell;
mod signals;

pub use cache::{CACHE_BYTES_MAX, Cache, Entry};
pub use compile::{CompileError, MODULE_BYTES_MAX, compile, run_compile};
pub use run::run_program;
