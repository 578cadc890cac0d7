//! Directories and what is read back from them.

use std::{fs, os::unix::fs::PermissionsExt};

use backends_core::RunId;
use journal_domain::ContainerId;

use super::Layout;

fn run(incarnation: u32) -> RunId {
    RunId { container: ContainerId::from_bytes([7; 32]), incarnation }
}

#[test]
fn only_the_servers_user_may_look_into_runs_and_output() {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::create(data.path()).unwrap();
    layout.make_run(run(1)).unwrap();
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(layout.run(run(1)).path()), 0o700);
    assert_eq!(mode(&layout.log(run(1).container)), 0o700);
    assert_eq!(mode(&layout.writable(run(1).container)), 0o700);
    assert_eq!(mode(&layout.upper(run(1).container)), 0o755);
}

#[test]
fn the_working_directory_of_an_overlay_is_empty_at_each_start() {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::create(data.path()).unwrap();
    layout.make_run(run(1)).unwrap();
    let left = layout.work(run(1).container).join("work/incompat/volatile");
    fs::create_dir_all(&left).unwrap();
    fs::write(layout.upper(run(1).container).join("kept"), "kept").unwrap();
    layout.make_run(run(2)).unwrap();
    assert!(!left.exists());
    assert!(layout.upper(run(1).container).join("kept").exists());
}

#[test]
fn what_is_no_container_is_left_out() {
    let data = tempfile::tempdir().unwrap();
    let layout = Layout::create(data.path()).unwrap();
    fs::create_dir(data.path().join("run/lost+found")).unwrap();
    layout.make_log(ContainerId::from_bytes([9; 32])).unwrap();
    layout.make_run(run(10)).unwrap();
    layout.make_run(run(9)).unwrap();
    assert_eq!(
        layout.containers().unwrap(),
        [ContainerId::from_bytes([7; 32]), ContainerId::from_bytes([9; 32])]
    );
    assert_eq!(layout.incarnations(run(1).container).unwrap(), [9, 10]);
    assert!(layout.incarnations(ContainerId::from_bytes([9; 32])).unwrap().is_empty());
}
