//! WebAssembly as the program of a container: who compiles it, and what the program that runs it is given.
//!
//! A shim that finds a WebAssembly file where a program should be has it compiled by `sockerless-wasm compile`, outside of the
//! container, and puts `sockerless-wasm` in the program's place, inside. Both get what they need as descriptors.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The bytes every WebAssembly file begins with.
pub const WASM_MAGIC: [u8; 4] = *b"\0asm";

/// The argument that has `sockerless-wasm` compile what comes on its standard input. The cache's directory is the next one;
/// standard output is a socket that takes a [`Compiled`], with the file if it is compiled.
pub const WASM_COMPILE: &str = "compile";

/// The argument that has `sockerless-wasm` run a [`WasmJob`]. What follows is for the eyes of who lists processes.
pub const WASM_RUN: &str = "run";

/// How a container's programs are run where they are WebAssembly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WasmEngine {
    /// The program that compiles and runs, `sockerless-wasm`.
    pub program: PathBuf,
    /// An existing directory that keeps what was compiled. No container sees it.
    pub cache: PathBuf,
    /// Whether anything else is refused.
    pub only: bool,
}

/// What a WebAssembly file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WasmKind {
    /// A core module, for WASI preview 1.
    Module,
    /// A component, for WASI preview 2.
    Component,
}

/// What became of a compilation; the reason is for the user.
pub type Compiled = Result<WasmKind, String>;

/// What `sockerless-wasm run` runs. It comes as one JSON document behind [`WasmJob::FD`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WasmJob {
    /// What the compiled file is; none where nothing was compiled, and the program is the engine's shell's to run: a script, a
    /// shell, or one of its tools.
    pub kind: Option<WasmKind>,
    /// The program's name and its arguments.
    pub argv: Vec<String>,
    /// Its environment, `NAME=value` each.
    pub env: Vec<String>,
    /// Its working directory.
    pub cwd: String,
}

// === impl WasmJob ===

impl WasmJob {
    /// The compiled file; of a shell, nothing.
    pub const ARTIFACT_FD: i32 = 5;

    /// The job.
    pub const FD: i32 = 6;

    /// The file that has the limit of memory in bytes, or else no number.
    pub const MEMORY_LIMIT_FD: i32 = 7;

    /// An eventfd that is written when memory beyond the limit is asked for, which ends the program.
    pub const OUT_OF_MEMORY_FD: i32 = 8;
}
