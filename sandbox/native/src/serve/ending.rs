//! The end of a container: its output, its record, its news, its traces.

use sandbox_shim::{ExitRecord, Notice};

use super::Server;
use crate::process::Ending;
use crate::records::{self, now_nanos};
use crate::wasm::WasmHost;

impl Server {
    /// Brings everything to its end. No process of the container lives after it; where it has a pid namespace of its own,
    /// none lives by now.
    ///
    /// The order is what a server relies on: output in the log, then the record, then the news.
    ///
    /// Where nobody hears the news, record and output are synced here, for the host may crash before the next server comes.
    /// A server that hears them syncs its own record before it tells anybody, and the output when it has the time: whoever
    /// waits for the end of a container does not wait for the disk twice.
    pub(super) fn end(mut self, ending: Ending) -> ExitRecord {
        if !self.running.ends_together {
            self.running.cgroups.kill();
        }
        self.running.output.drain();
        // Whoever hears of the end may want the ports at once.
        self.running.forwarder = None;
        let record = ExitRecord {
            effect_id: self.running.record.effect_id.clone(),
            code: ending.code,
            signal: ending.signal,
            oom: self.running.cgroups.oom_killed()
                || self.running.wasm.as_ref().is_some_and(WasmHost::is_out_of_memory),
            started_at_nanos: Some(self.running.record.started_at_nanos),
            finished_at_nanos: now_nanos(),
            failure: None,
            execs: self.execs.take_ends(),
            lost_output_bytes: self.running.output.lost_bytes(),
        };
        let run_dir = self.running.run_dir.clone();
        // If the record cannot be written the news is all there is; a server that misses that finds a lock without an owner
        // and no record, and says so.
        drop(records::write(&run_dir.exit_record(), &record));
        self.connections.output_advanced();
        self.notify(Notice::Exit(Box::new(record.clone())));
        drop(std::fs::remove_file(run_dir.socket()));
        self.running.cgroups.remove();
        if !self.connections.is_heard() {
            drop(records::sync(&run_dir.exit_record()));
            self.running.output.sync();
        }
        record
    }
}
