//! Names of runtimes.

use backends_core::{BackendInfo, BackendRuntime};
use journal_domain::{ContainerOption, Runtime};

use super::runtime;

fn check(
    name: &str,
    has: &[&'static str],
    default: &'static str,
    wanted: Result<Option<Runtime>, &str>,
) {
    let runtimes = has.iter().map(|&name| BackendRuntime { name, program: "p" }).collect();
    let backend = BackendInfo { runtimes, default_runtime: default, ..BackendInfo::default() };
    let read = runtime(name, &backend).map_err(|error| error.to_string());
    let wanted = wanted.map(|one| one.map(ContainerOption::Runtime)).map_err(str::to_owned);
    assert_eq!(read, wanted, "{name:?} of {has:?}");
}

#[test]
fn a_runtime_that_is_there_is_the_containers_and_auto_leaves_it_to_the_program() {
    let all = ["auto", "native", "wasm"];
    check("native", &all, "auto", Ok(Some(Runtime::Native)));
    check("wasm", &all, "auto", Ok(Some(Runtime::Wasm)));
    check("auto", &all, "wasm", Ok(None));
}

#[test]
fn a_client_that_names_none_gets_the_default() {
    let all = ["auto", "native", "wasm"];
    check("", &all, "auto", Ok(None));
    check("", &all, "wasm", Ok(Some(Runtime::Wasm)));
}

#[test]
fn one_that_is_not_there_is_refused_with_those_that_are() {
    let text = "unknown or invalid runtime name: runc; there are auto, native";
    check("runc", &["auto", "native"], "auto", Err(text));
    let text = "unknown or invalid runtime name: wasm; there are auto, native";
    check("wasm", &["auto", "native"], "auto", Err(text));
}
