//! What is compiled, and what is refused.

use std::error::Error as _;
use std::fs::File;

use sandbox_shim::WasmKind;
use sandbox_wasm::{CompileError, MODULE_BYTES_MAX, compile};

use crate::programs::{component, exits, module};

fn refused(file: &[u8]) -> String {
    let cache = tempfile::tempdir().unwrap();
    let error = compile(file, cache.path()).unwrap_err();
    assert!(error.source().is_none(), "{error:?}");
    error.to_string()
}

#[test]
fn a_module_and_a_component_are_told_apart() {
    let cache = tempfile::tempdir().unwrap();
    let kind = |file: &[u8]| compile(file, cache.path()).unwrap().0;
    assert_eq!(kind(&exits(0)), WasmKind::Module);
    assert_eq!(kind(&component(false)), WasmKind::Component);
}

#[test]
fn what_is_no_program_is_refused_with_the_reason() {
    let check = |file: &[u8], wanted: &str| {
        let text = refused(file);
        assert!(text.contains(wanted), "{text:?} has no {wanted:?}");
    };
    check(b"\0asm\x07\0\0\0", "this version of WebAssembly is not known");
    check(b"\0asm\x01\0\0\0\xff", "the file cannot be compiled: ");
    check(&exits(0)[..60], "the file cannot be compiled: ");
    check(&module(""), "the file is no WASI program: it exports no function _start");
    let unknown = r#"(module
        (import "wasi_snapshot_preview1" "proc_fork" (func)) (func (export "_start")))"#;
    check(&wat::parse_str(unknown).unwrap(), "`wasi_snapshot_preview1::proc_fork`");
    let foreign = r#"(module (import "env" "memory" (memory 1)) (func (export "_start")))"#;
    check(&wat::parse_str(foreign).unwrap(), "unknown import: `env::memory`");
    let library = wat::parse_str("(component)").unwrap();
    check(&library, "the file is no WASI program: ");
    let foreign = r#"(component (import "far:away/thing" (func)))"#;
    check(&wat::parse_str(foreign).unwrap(), "far:away/thing");
}

#[test]
fn a_file_beyond_the_limit_is_not_read_to_its_end() {
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = folder.path().join("huge.wasm");
    File::create(&path).unwrap().set_len(MODULE_BYTES_MAX + 1).unwrap();
    let error = compile(File::open(&path).unwrap(), cache.path()).unwrap_err();
    assert!(matches!(error, CompileError::TooLarge), "{error:?}");
}

#[test]
fn where_nothing_can_be_kept_it_is_compiled_all_the_same() {
    let (kind, artifact) = compile(&exits(0)[..], "/proc/no/such/place".as_ref()).unwrap();
    assert_eq!(kind, WasmKind::Module);
    assert!(File::from(artifact).metadata().unwrap().len() > 0);
}
