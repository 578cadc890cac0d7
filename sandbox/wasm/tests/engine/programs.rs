//! Small programs.

/// Makes a preview 1 module of what follows its imports, with one page of memory.
pub(crate) fn module(rest: &str) -> Vec<u8> {
    let text = format!(
        r#"(module
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (import "wasi_snapshot_preview1" "fd_write"
                (func $write (param i32 i32 i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "args_sizes_get"
                (func $sizes (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "environ_sizes_get"
                (func $environ_sizes (param i32 i32) (result i32)))
            (import "wasi_snapshot_preview1" "environ_get"
                (func $environ (param i32 i32) (result i32)))
            (memory (export "memory") 1)
            {rest})"#
    );
    wat::parse_str(text).unwrap()
}

/// A program that is one function's body.
pub(crate) fn body(body: &str) -> Vec<u8> {
    module(&format!("(func (export \"_start\") {body})"))
}

/// A program that ends with this code.
pub(crate) fn exits(code: i32) -> Vec<u8> {
    body(&format!("(call $exit (i32.const {code}))"))
}

/// A component whose program fails, or does not.
pub(crate) fn component(fails: bool) -> Vec<u8> {
    let code = i32::from(fails);
    let text = format!(
        r#"(component
            (core module $program (func (export "run") (result i32) (i32.const {code})))
            (core instance $made (instantiate $program))
            (func $run (result (result)) (canon lift (core func $made "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#
    );
    wat::parse_str(text).unwrap()
}

/// Prints the strings that a pair of calls gives, each with its zero byte.
fn prints(sizes: &str, get: &str) -> Vec<u8> {
    body(&format!(
        "(drop (call ${sizes} (i32.const 0) (i32.const 4)))
         (drop (call ${get} (i32.const 1024) (i32.const 4096)))
         (i32.store (i32.const 8) (i32.const 4096))
         (i32.store (i32.const 12) (i32.load (i32.const 4)))
         (drop (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 16)))"
    ))
}

/// Prints its arguments.
pub(crate) fn prints_arguments() -> Vec<u8> {
    prints("sizes", "args")
}

/// Prints its environment.
pub(crate) fn prints_environment() -> Vec<u8> {
    prints("environ_sizes", "environ")
}
