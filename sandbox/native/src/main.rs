//! `sockerless-shim`: the process that holds one container.
//!
//! Without arguments, or with a container's name for the eyes of `ps`, it holds a container. `prepare`, `sweep` and
//! `keep` do what a server needs done outside of any container. As the first process of a container it is what `--init` asks for.

use std::process::ExitCode;

fn main() -> ExitCode {
    let argv: Vec<String> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    if sandbox_native::is_init(&argv) {
        sandbox_native::run_init(&argv)
    }
    match argv.get(1).map(String::as_str) {
        Some("prepare") => sandbox_native::run_prepare(),
        Some("sweep") => sandbox_native::run_sweep(),
        Some(sandbox_shim::KEEP) => sandbox_native::run_keep(),
        Some(_) | None => sandbox_native::run_shim(),
    }
}
