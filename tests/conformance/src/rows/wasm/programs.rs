//! Small programs, in WebAssembly's text form.

use anyhow::{Context as _, Result};

/// Writes on both outputs, and ends with 7.
pub(super) const SAYS: &str = r#"
    (data (i32.const 64) "said")
    (data (i32.const 72) "complained")
    (func (export "_start")
        (call $print (i32.const 1) (i32.const 64) (i32.const 4))
        (call $print (i32.const 2) (i32.const 72) (i32.const 10))
        (call $exit (i32.const 7)))"#;

/// Writes its arguments, each with its zero byte.
pub(super) const ARGUMENTS: &str = r#"
    (func (export "_start")
        (drop (call $args_sizes (i32.const 0) (i32.const 4)))
        (drop (call $args (i32.const 1024) (i32.const 4096)))
        (call $print (i32.const 1) (i32.const 4096) (i32.load (i32.const 4))))"#;

/// Writes its environment, each variable with its zero byte.
pub(super) const ENVIRONMENT: &str = r#"
    (func (export "_start")
        (drop (call $environ_sizes (i32.const 0) (i32.const 4)))
        (drop (call $environ (i32.const 1024) (i32.const 4096)))
        (call $print (i32.const 1) (i32.const 4096) (i32.load (i32.const 4))))"#;

/// Copies its input to its output.
pub(super) const COPIES: &str = r#"
    (func (export "_start")
        (loop $more
            (i32.store (i32.const 0) (i32.const 1024))
            (i32.store (i32.const 4) (i32.const 4096))
            (br_if 1 (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
            (br_if 1 (i32.eqz (i32.load (i32.const 8))))
            (call $print (i32.const 1) (i32.const 1024) (i32.load (i32.const 8)))
            (br $more)))"#;

/// Writes what is in `/etc/motd` to its output and into `/made.txt`, which it makes; ends with 3 if it cannot.
pub(super) const FILES: &str = r#"
    (data (i32.const 64) "etc/motd")
    (data (i32.const 80) "made.txt")
    (func (export "_start") (local $count i32)
        ;; Descriptor 3 is the root. Rights: to read; to write.
        (if (call $open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 8) (i32.const 0)
                (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16))
            (then (call $exit (i32.const 2))))
        (i32.store (i32.const 0) (i32.const 1024))
        (i32.store (i32.const 4) (i32.const 4096))
        (drop (call $read (i32.load (i32.const 16)) (i32.const 0) (i32.const 1) (i32.const 8)))
        (local.set $count (i32.load (i32.const 8)))
        ;; Made, and made by this call.
        (if (call $open (i32.const 3) (i32.const 1) (i32.const 80) (i32.const 8) (i32.const 5)
                (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 16))
            (then (call $exit (i32.const 3))))
        (call $print (i32.load (i32.const 16)) (i32.const 1024) (local.get $count))
        (call $print (i32.const 1) (i32.const 1024) (local.get $count)))"#;

/// Opens the memory of its own process; ends with what came of it.
pub(super) const OPENS_MEMORY: &str = r#"
    (data (i32.const 64) "proc/self/mem")
    (func (export "_start")
        (call $exit (call $open (i32.const 3) (i32.const 1) (i32.const 64) (i32.const 13)
            (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 16))))"#;

/// Ends with 0 where time passes and random bytes are not all the same.
pub(super) const CLOCKS_AND_RANDOM: &str = r#"
    (func (export "_start")
        (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 0)))
        ;; Later than 2020.
        (if (i64.lt_u (i64.load (i32.const 0)) (i64.const 1577836800000000000))
            (then (call $exit (i32.const 1))))
        (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 0)))
        (loop $again
            (drop (call $clock (i32.const 1) (i64.const 0) (i32.const 8)))
            (br_if $again (i64.eq (i64.load (i32.const 0)) (i64.load (i32.const 8)))))
        (if (i64.lt_u (i64.load (i32.const 8)) (i64.load (i32.const 0)))
            (then (call $exit (i32.const 2))))
        (drop (call $random (i32.const 16) (i32.const 16)))
        (if (i64.eq (i64.load (i32.const 16)) (i64.load (i32.const 24)))
            (then (call $exit (i32.const 3)))))"#;

/// Asks for 64 MiB at once, and touches none of it.
pub(super) const GROWS: &str = r#"
    (func (export "_start") (drop (memory.grow (i32.const 1024))))"#;

/// Asks for a page after the other, and touches each.
pub(super) const TOUCHES: &str = r#"
    (func (export "_start") (local $page i32)
        (loop $more
            (local.set $page (memory.grow (i32.const 1)))
            (i32.store (i32.mul (local.get $page) (i32.const 65536)) (i32.const 1))
            (br $more)))"#;

/// Asks for 8 MiB.
pub(super) const FITS: &str = r#"
    (func (export "_start") (drop (memory.grow (i32.const 128))))"#;

/// Says that it runs, and goes on for ever.
pub(super) const LOOPS: &str = r#"
    (data (i32.const 64) "runs")
    (func (export "_start")
        (call $print (i32.const 1) (i32.const 64) (i32.const 4))
        (loop $again (br $again)))"#;

/// Says something, and is wrong.
pub(super) const TRAPS: &str = r#"
    (data (i32.const 64) "said")
    (func (export "_start")
        (call $print (i32.const 1) (i32.const 64) (i32.const 4))
        unreachable)"#;

/// Turns text into the binary form.
pub(super) fn text(text: &str) -> Result<Vec<u8>> {
    wat::parse_str(text).context("a program in text form")
}

/// Makes a preview 1 module of what follows its imports.
pub(super) fn module(rest: &str) -> Result<Vec<u8>> {
    let imports = [
        ("args_get", "$args (param i32 i32)"),
        ("args_sizes_get", "$args_sizes (param i32 i32)"),
        ("environ_get", "$environ (param i32 i32)"),
        ("environ_sizes_get", "$environ_sizes (param i32 i32)"),
        ("clock_time_get", "$clock (param i32 i64 i32)"),
        ("random_get", "$random (param i32 i32)"),
        ("fd_read", "$read (param i32 i32 i32 i32)"),
        ("fd_write", "$write (param i32 i32 i32 i32)"),
        ("path_open", "$open (param i32 i32 i32 i32 i32 i64 i64 i32 i32)"),
    ];
    let imports: String = imports
        .into_iter()
        .map(|(name, shape)| {
            format!(r#"(import "wasi_snapshot_preview1" "{name}" (func {shape} (result i32)))"#)
        })
        .collect();
    text(&format!(
        r#"(module
            {imports}
            (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
            (memory (export "memory") 1)
            (func $print (param $file i32) (param $from i32) (param $count i32)
                (i32.store (i32.const 32) (local.get $from))
                (i32.store (i32.const 36) (local.get $count))
                (drop (call $write (local.get $file) (i32.const 32) (i32.const 1) (i32.const 40))))
            {rest})"#
    ))
}

/// A preview 2 component that says what it is, and fails or does not.
pub(super) fn component(fails: bool) -> Result<Vec<u8>> {
    let code = i32::from(fails);
    text(&format!(
        r#"(component
            (import "wasi:io/error@0.2.0" (instance $errors (export "error" (type (sub resource)))))
            (alias export $errors "error" (type $error))
            (import "wasi:io/streams@0.2.0" (instance $streams
                (export "output-stream" (type $output (sub resource)))
                (alias outer 1 $error (type $outer))
                (export "error" (type $own (eq $outer)))
                (type $failure (variant (case "last-operation-failed" (own $own)) (case "closed")))
                (export "stream-error" (type $failed (eq $failure)))
                (export "[method]output-stream.blocking-write-and-flush" (func
                    (param "self" (borrow $output)) (param "contents" (list u8))
                    (result (result (error $failed)))))))
            (alias export $streams "output-stream" (type $output))
            (import "wasi:cli/stdout@0.2.0" (instance $stdout
                (alias outer 1 $output (type $outer))
                (export "output-stream" (type $own (eq $outer)))
                (export "get-stdout" (func (result (own $own))))))
            (core module $memory (memory (export "memory") 1) (data (i32.const 64) "component"))
            (core instance $kept (instantiate $memory))
            (alias core export $kept "memory" (core memory $shared))
            (core func $get (canon lower (func $stdout "get-stdout")))
            (core func $write (canon lower
                (func $streams "[method]output-stream.blocking-write-and-flush") (memory $shared)))
            (core module $program
                (import "host" "memory" (memory 1))
                (import "host" "get" (func $get (result i32)))
                (import "host" "write" (func $write (param i32 i32 i32 i32)))
                (func (export "run") (result i32)
                    (call $write (call $get) (i32.const 64) (i32.const 9) (i32.const 0))
                    (i32.const {code})))
            (core instance $made (instantiate $program (with "host" (instance
                (export "memory" (memory $shared))
                (export "get" (func $get))
                (export "write" (func $write))))))
            (func $run (result (result)) (canon lift (core func $made "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#
    ))
}
