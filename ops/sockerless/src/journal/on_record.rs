//! What an operator has done to a closed log, put on record in it.

use std::path::Path;

use anyhow::Context as _;
use journal_log::{Body, Chain, Draft, EpochBodyV1, Journal as _, RequestId, Timestamp};
use journal_rocks::{Options, RocksJournal};
use projector_engine::{Clock as _, SystemClock};

use crate::{serve, version::VERSION};

/// Opens the log in `folder` and appends an opening's record that carries `told`, and `more` after it.
///
/// Whatever the opening itself had to mend is told too; a witness that does not fit is made anew. Returns all that is
/// on record now.
pub(super) fn put_on_record(
    folder: &Path,
    told: Vec<String>,
    more: &[Body],
) -> anyhow::Result<Vec<String>> {
    let options = Options { rebuild_witness: true, ..Options::default() };
    let (mut journal, report) = RocksJournal::open(folder, &options).context("opening the log")?;
    let mut recovery: Vec<String> = report.recovery.iter().map(ToString::to_string).collect();
    recovery.extend(told);
    if recovery.is_empty() && more.is_empty() {
        return Ok(recovery);
    }
    let tail = journal.tail();
    let now = now().max(tail.hlc.wall());
    let opening = Body::Epoch(EpochBodyV1 {
        now,
        node: serve::host_name(),
        boot: serve::boot_id(),
        binary: VERSION.into(),
        cluster: report.cluster,
        recovery: recovery.clone(),
    });
    let drafts: Result<Vec<Draft>, _> =
        [&opening].into_iter().chain(more).map(|body| Draft::new(RequestId::NONE, body)).collect();
    journal.append(&Chain::new(tail).group(now, drafts?)).context("putting it on record")?;
    Ok(recovery)
}

/// Returns the time.
pub(super) fn now() -> Timestamp {
    SystemClock::new().now()
}

/// Names who runs this program.
pub(super) fn operator() -> String {
    format!("uid:{}", rustix::process::getuid().as_raw())
}
