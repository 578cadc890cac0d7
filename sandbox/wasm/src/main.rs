//! `sockerless-wasm`: compiles WebAssembly for containers, and is their program.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use sandbox_shim::{WASM_COMPILE, WASM_RUN};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let verb = arguments.next();
    match (verb.as_ref().and_then(|verb| verb.to_str()), arguments.next()) {
        (Some(WASM_COMPILE), Some(cache)) => sandbox_wasm::run_compile(Path::new(&cache)),
        (Some(WASM_RUN), _) => sandbox_wasm::run_program(),
        _ => {
            let usage = "it is started by sockerless-shim, to compile or to run WebAssembly";
            // Nobody is left to hear of a failure to write.
            drop(writeln!(std::io::stderr(), "sockerless-wasm: {usage}"));
            ExitCode::FAILURE
        }
    }
}
