//! What is kept of what `ps` writes.

use super::*;

fn read(told: &str, pids: &[u32]) -> Result<ProcessTable, EffectError> {
    table(told, &pids.iter().copied().collect())
}

#[test]
fn only_the_rows_of_the_container_are_kept_and_commands_stay_whole() {
    let told = "UID  PID CMD\nroot   1 init\nroot  42 sleep 5 6\nroot   - a thread\nroot 43 x\n";
    let found = read(told, &[42]).unwrap();
    assert_eq!(found.titles, ["UID", "PID", "CMD"]);
    assert_eq!(found.processes, [["root", "42", "sleep 5 6"], ["root", "-", "a thread"]]);
}

#[test]
fn a_listing_without_numbers_is_refused() {
    let error = read("CMD\nsleep\n", &[1]).unwrap_err();
    assert_eq!(error.to_string(), "Couldn't find PID field in ps output");
    assert!(read("PID CMD\nx sleep\n", &[1]).unwrap_err().to_string().contains("Unexpected pid"));
}

#[test]
fn this_very_process_is_found() {
    let own = std::process::id();
    let arguments = ["-o".to_owned(), "pid,comm".to_owned()];
    let found = processes(&[own].into_iter().collect(), &arguments).unwrap();
    assert_eq!(found.titles, ["PID", "COMMAND"]);
    assert_eq!(found.processes.len(), 1);
    assert_eq!(found.processes[0][0], own.to_string());
}
