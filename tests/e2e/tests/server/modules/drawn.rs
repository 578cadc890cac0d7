//! The modules, each of one seed.

use anyhow::{Context as _, Result};
use arbitrary::Unstructured;
use wasm_smith::{Config, Module};

/// Bytes that a module is drawn from.
const ENTROPY_BYTES: std::ops::RangeInclusive<usize> = 256..=32_768;

/// Functions of preview 1 and their parameters: a digit for each, of its size in bytes. Each gives an error number.
///
/// Left out is `proc_exit`, so that an exit code tells how a module ended.
const FUNCTIONS: &[(&str, &str)] = &[
    ("args_get", "44"),
    ("args_sizes_get", "44"),
    ("environ_get", "44"),
    ("environ_sizes_get", "44"),
    ("clock_res_get", "44"),
    ("clock_time_get", "484"),
    ("fd_advise", "4884"),
    ("fd_allocate", "488"),
    ("fd_close", "4"),
    ("fd_datasync", "4"),
    ("fd_fdstat_get", "44"),
    ("fd_fdstat_set_flags", "44"),
    ("fd_filestat_get", "44"),
    ("fd_filestat_set_size", "48"),
    ("fd_filestat_set_times", "4884"),
    ("fd_pread", "44484"),
    ("fd_prestat_get", "44"),
    ("fd_prestat_dir_name", "444"),
    ("fd_pwrite", "44484"),
    ("fd_read", "4444"),
    ("fd_readdir", "44484"),
    ("fd_renumber", "44"),
    ("fd_seek", "4844"),
    ("fd_sync", "4"),
    ("fd_tell", "44"),
    ("fd_write", "4444"),
    ("path_create_directory", "444"),
    ("path_filestat_get", "44444"),
    ("path_filestat_set_times", "4444884"),
    ("path_link", "4444444"),
    ("path_open", "444448844"),
    ("path_readlink", "444444"),
    ("path_remove_directory", "444"),
    ("path_rename", "444444"),
    ("path_symlink", "44444"),
    ("path_unlink_file", "444"),
    ("poll_oneoff", "4444"),
    ("random_get", "44"),
    ("sched_yield", ""),
    ("sock_accept", "444"),
];

/// What abuse is made of. A path is at 64, a list of one buffer at 0, a whole page of bytes at 65536; `$n` counts.
const ABUSE: &[&str] = &[
    "(drop (memory.grow (i32.const 1)))",
    "(drop (memory.grow (i32.const 512)))",
    "(memory.fill (i32.const 0) (local.get $n) (i32.const 131072))",
    "(memory.copy (i32.const 1) (i32.const 0) (i32.const 131000))",
    "(call $deeper (i32.const 100000))",
    "(call_indirect $table (type $none) (local.get $n))",
    "(drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))",
    "(drop (call $fd_write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 32)))",
    "(drop (call $fd_write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const 32)))",
    "(drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const -1) (i32.const 32)))",
    "(drop (call $path_open (i32.const 3) (i32.const 0) (i32.const 64) (i32.const 3) (i32.const 9)
        (i64.const -1) (i64.const -1) (i32.const 0) (i32.const 48)))",
    "(i32.store8 (i32.const 66) (local.get $n))
     (drop (call $path_create_directory (i32.const 3) (i32.const 64) (i32.const 3)))",
    "(drop (call $path_symlink (i32.const 64) (i32.const 3) (i32.const 3) (i32.const 66) (i32.const 1)))",
    "(drop (call $fd_allocate (i32.load (i32.const 48)) (i64.const 0) (i64.const 0x7fffffffffff)))",
    "(drop (call $fd_filestat_set_size (i32.load (i32.const 48)) (i64.const 0x7fffffffffff)))",
    "(drop (call $fd_pwrite (i32.load (i32.const 48)) (i32.const 0) (i32.const 1)
        (i64.extend_i32_u (local.get $n)) (i32.const 32)))",
    "(drop (call $fd_readdir (i32.const 3) (i32.const 65536) (i32.const 65536) (i64.const 0) (i32.const 32)))",
    "(drop (call $fd_renumber (i32.const 3) (i32.const 1)))",
    "(drop (call $fd_close (local.get $n)))",
    "(drop (call $random_get (i32.const 0) (i32.const 131072)))",
    "(drop (call $poll_oneoff (i32.const 256) (i32.const 512) (i32.const 1) (i32.const 32)))",
    "(drop (call $poll_oneoff (i32.const 256) (i32.const 512) (i32.const -1) (i32.const 32)))",
    "(drop (call $sched_yield))",
    "(drop (i32.load (local.get $n)))",
    "(drop (i32.rem_s (i32.const -2147483648) (i32.sub (local.get $n) (i32.const 3))))",
];

/// Draws the module of this seed. One in eight of them is damaged.
pub(super) fn draw(seed: u64) -> Result<Vec<u8>> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut module = if random.bool() { smith(&mut random)? } else { abuse(&mut random)? };
    if random.u8(..8) == 0 {
        for _ in 0..random.usize(1..=4) {
            // The first eight bytes say that it is one.
            let place = random.usize(8..module.len());
            module[place] = random.u8(..);
        }
    }
    Ok(module)
}

/// A module as wasm-smith draws it, of what the engine has of WebAssembly.
fn smith(random: &mut fastrand::Rng) -> Result<Vec<u8>> {
    let mut entropy = vec![0; random.usize(ENTROPY_BYTES)];
    random.fill(&mut entropy);
    let exports = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;
    let config = Config {
        available_imports: Some(wat::parse_str(format!("(module {})", imports()))?),
        exports: Some(wat::parse_str(exports)?),
        max_instructions: 1000,
        max_memories: 3,
        compact_imports_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        reference_types_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..Config::default()
    };
    let drawn =
        Module::new(config, &mut Unstructured::new(&entropy)).context("drawing a module")?;
    Ok(drawn.to_bytes())
}

/// A module that does some of what does harm, each part once, often or for ever.
fn abuse(random: &mut fastrand::Rng) -> Result<Vec<u8>> {
    let mut body = String::new();
    for part in 0..random.usize(1..=6) {
        let abuse = random.choice(ABUSE).context("abuse")?;
        let turns = random.choice([1, 1, 10, 1000, 1_000_000, -1_i32]).context("turns")?;
        body += &format!(
            "(local.set $n (i32.const 0))
             (loop $again{part}
                {abuse}
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $again{part} (i32.lt_u (local.get $n) (i32.const {turns}))))"
        );
    }
    let module = format!(
        r#"(module {}
            (type $none (func))
            (memory (export "memory") 2)
            (table $table 4 funcref)
            (elem (table $table) (i32.const 0) func $start)
            (data (i32.const 0) "\00\00\01\00\00\00\01\00")
            (data (i32.const 64) "a/b")
            (func $deeper (param $left i32)
                (if (local.get $left) (then (call $deeper (i32.sub (local.get $left) (i32.const 1))))))
            (func $start (export "_start") (local $n i32) {body}))"#,
        imports()
    );
    Ok(wat::parse_str(module)?)
}

/// The imports of a module that asks for all of preview 1.
fn imports() -> String {
    let import = |(name, sizes): &(&str, &str)| {
        let parameters: String =
            sizes.chars().map(|size| if size == '8' { " i64" } else { " i32" }).collect();
        format!(
            r#"(import "wasi_snapshot_preview1" "{name}"
                (func ${name} (param{parameters}) (result i32)))"#
        )
    };
    FUNCTIONS.iter().map(import).collect()
}
