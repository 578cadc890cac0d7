//! WebAssembly as a program: a file that begins as one is compiled outside of the container and run inside by `sockerless-wasm`.
//!
//! [`inside`] is the new process, which finds the file as it finds any program; [`outside`] is the shim, which has it compiled.
//! The compiled file, and all else the runner needs, comes into the container as descriptors alone.

mod inside;
mod outside;

pub(crate) use inside::look;
pub(crate) use outside::{Compiler, ModuleRequest, WasmHost};

/// What may be a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Runs {
    /// What the kernel runs.
    Native,
    /// That, and WebAssembly.
    Both,
    /// WebAssembly alone.
    Wasm,
}
