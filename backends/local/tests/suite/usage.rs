//! What a run uses, where no control group counts it.

use std::fs;

use backends_core::Backend;
use journal_domain::Signal;
use tokio::time::timeout;

use super::bundle::{PATIENCE, on_a_host};

const HELD_BYTES: u64 = 20 << 20;

#[test]
fn memory_and_processes_are_counted_without_control_groups() {
    on_a_host(|mut host| async move {
        // The last line is kept until another begins, and none does.
        let workload =
            host.script(&format!("(head -c {HELD_BYTES} /dev/zero; exec sleep 1000) | tail"));
        host.start(&workload).await;
        // As if the host had none.
        let run = host.data().join("run").join(workload.run.container.to_string());
        fs::write(run.join("cgroups.json"), r#""absent""#).unwrap();
        let counted = async {
            loop {
                let used = host.local().usage(workload.run).await.unwrap();
                let is_held = (HELD_BYTES..3 * HELD_BYTES).contains(&used.memory.bytes);
                if is_held && used.pids.current == 3 && used.pids.limit.is_none() {
                    break;
                }
            }
        };
        timeout(PATIENCE, counted).await.expect("twenty megabytes and three processes are counted");
        fs::remove_file(run.join("cgroups.json")).unwrap();
        host.local().signal(workload.run, 1, Signal::KILL).await.unwrap();
        host.exit(workload.run).await;
    });
}
