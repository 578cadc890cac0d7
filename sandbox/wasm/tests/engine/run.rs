//! How programs run, and how they end.

use std::io::Read as _;

use rustix::process::{Pid, Signal, kill_process};

use crate::programs::{body, component, exits, module, prints_arguments, prints_environment};
use crate::runner::{End, Runner};

/// An endless loop that says that it runs first.
const LOOPS: &str = r#"
    (data (i32.const 64) "runs")
    (func (export "_start")
        (i32.store (i32.const 0) (i32.const 64))
        (i32.store (i32.const 4) (i32.const 4))
        (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
        (loop $again (br $again)))"#;

fn ends(program: &[u8]) -> End {
    Runner::new(program).run("")
}

#[test]
fn exit_codes_are_the_programs_own() {
    for (code, seen) in [(0, 0), (1, 1), (7, 7), (125, 125), (126, 126), (255, 255), (300, 44)] {
        let end = ends(&exits(code));
        let quiet = End { code: seen, stdout: "".into(), stderr: "".into(), out_of_memory: false };
        assert_eq!(end, quiet);
    }
    assert_eq!(ends(&body("")).code, 0, "a program may simply return");
}

#[test]
fn a_component_ends_well_or_not() {
    assert_eq!(ends(&component(false)).code, 0);
    assert_eq!(ends(&component(true)).code, 1);
}

#[test]
fn arguments_and_environment_arrive_as_they_are() {
    let end = Runner::new(&prints_arguments()).arguments(&["a b", "", "é"]).run("");
    assert_eq!((end.code, end.stdout.as_str()), (0, "prog\0a b\0\0é\0"));
    let program = prints_environment();
    let end = Runner::new(&program).environment(&["A=1", "B=x=y", "C"], "/srv").run("");
    assert_eq!(end.stdout, "A=1\0B=x=y\0C=\0PWD=/srv\0");
    let end = Runner::new(&program).environment(&["PWD=/own"], "/srv").run("");
    assert_eq!(end.stdout, "PWD=/own\0", "nothing of this process's own environment is seen");
}

#[test]
fn a_trap_says_what_it_was_and_ends_with_134() {
    let check = |program: &[u8], wanted: &str| {
        let end = ends(program);
        assert_eq!(end.code, 134, "{end:?}");
        assert!(end.stderr.starts_with("prog: ") && end.stderr.contains(wanted), "{end:?}");
    };
    check(&body("unreachable"), "wasm trap: wasm `unreachable` instruction executed");
    check(&body("(drop (i32.load (i32.const 65536)))"), "wasm trap: out of bounds memory access");
    check(&body("(drop (i32.div_u (i32.const 1) (i32.const 0)))"), "integer divide by zero");
    let deep = module(r#"(func $deep (export "_start") (call $deep))"#);
    check(&deep, "wasm trap: call stack exhausted");
}

#[test]
fn a_function_of_another_host_is_a_trap_only_where_it_is_called() {
    let program = |body: &str| {
        let text = format!(
            r#"(module (import "browser" "alert" (func $alert (param i32) (result i64)))
                (func (export "_start") {body}))"#
        );
        ends(&wat::parse_str(text).unwrap())
    };
    assert_eq!(program("").code, 0);
    let end = program("(drop (call $alert (i32.const 1)))");
    assert_eq!(end.code, 134);
    let wanted = "`alert` of `browser` was called, which is none of WASI's";
    assert!(end.stderr.contains(wanted), "{}", end.stderr);
}

#[test]
fn what_was_written_before_a_trap_is_not_lost() {
    let program = LOOPS.replace("(loop $again (br $again))", "unreachable");
    let end = ends(&module(&program));
    assert_eq!((end.code, end.stdout.as_str()), (134, "runs"));
}

#[test]
fn memory_beyond_the_limit_is_137_and_told() {
    // One page is there; asked for are 31 and 32 more of 64 KiB.
    let grows = |pages: u32| body(&format!("(drop (memory.grow (i32.const {pages})))"));
    for (limit, out_of_memory) in
        [("2097152\n", true), ("2162688\n", false), ("max\n", false), ("", false)]
    {
        let end = Runner::new(&grows(32)).limit(limit).run("");
        let code = if out_of_memory { 137 } else { 0 };
        assert_eq!((end.code, end.out_of_memory), (code, out_of_memory), "{limit:?}");
    }
    assert_eq!(Runner::new(&grows(31)).limit("2097152\n").run("").code, 0);
    let born = wat::parse_str(r#"(module (memory 33) (func (export "_start")))"#).unwrap();
    assert!(Runner::new(&born).limit("2097152\n").run("").out_of_memory);
}

#[test]
fn a_program_that_eats_memory_is_ended_at_the_limit() {
    let eats = body("(loop $more (drop (memory.grow (i32.const 16))) (br $more))");
    let end = Runner::new(&eats).limit("67108864").run("");
    assert_eq!((end.code, end.out_of_memory), (137, true));
}

#[test]
fn more_than_a_program_may_ever_have_is_refused_to_it_and_does_not_end_it() {
    let code = "(call $exit (i32.eq (memory.grow (i32.const 65536)) (i32.const -1)))";
    let end = Runner::new(&body(code)).limit("67108864").run("");
    assert_eq!((end.code, end.out_of_memory), (1, false));
}

#[test]
fn a_table_has_a_limit_of_its_own() {
    let program = module(
        r#"(table $table 1 funcref)
        (func (export "_start")
            (call $exit (i32.eq
                (table.grow $table (ref.null func) (i32.const 100000000)) (i32.const -1))))"#,
    );
    assert_eq!(ends(&program).code, 1);
}

#[test]
fn an_endless_loop_is_ended_by_any_signal_that_ends_processes() {
    let runner = Runner::new(&module(LOOPS));
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::USR1, Signal::KILL] {
        let mut child = runner.start();
        let mut said = [0; 4];
        child.stdout.as_mut().unwrap().read_exact(&mut said).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        assert_eq!(runner.end(child).code, 128 + signal.as_raw());
    }
}
