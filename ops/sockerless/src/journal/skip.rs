//! `sockerless journal skip`.

use anyhow::{Context as _, bail};
use journal_log::{Body, Seq, SnapshotStore as _};
use journal_rocks::{DirSnapshots, Rescue, SkipOrder};
use projector_containers::Containers;
use projector_engine::begins_with;

use super::{
    on_record::{now, operator, put_on_record},
    repair::{refused, tell},
};
use crate::{cli::SkipArguments, serve, settings};

/// Passes over records that nobody has any more, and puts that on record: in their places, and at the end of the log.
#[expect(clippy::print_stdout, reason = "it is what was asked for")]
pub(super) fn skip(arguments: &SkipArguments) -> anyhow::Result<()> {
    let data = settings::data_dir(arguments.data.data.clone())?;
    let folder = data.join(serve::JOURNAL);
    if arguments.reason.trim().is_empty() {
        bail!("say why with --reason TEXT: it is put on record");
    }
    let mut rescue = Rescue::begin(&folder).map_err(|error| refused(&error.into()))?;
    let survey = rescue.survey(Seq::FIRST).context("looking at the log")?;
    if let Some(bad) = &survey.bad {
        println!("{bad}\n{survey}");
    }
    let snapshots = DirSnapshots::open(&data.join(serve::SNAPSHOTS))?;
    if let Some(lost) = survey.lost.first() {
        refuse_where_known(&rescue, &snapshots, *lost.end())?;
    }
    let order = SkipOrder { now: now(), operator: operator(), reason: arguments.reason.clone() };
    let report =
        rescue.skip(Seq::new(arguments.seq), &order, tell).map_err(|error| refused(&error))?;
    let body = report.skipped.context("nothing was passed over")?;
    // None of these belongs to the log as it is now, and one that is ahead of it would keep the server from starting.
    for manifest in snapshots.manifests()?.iter().filter(|manifest| manifest.seq >= body.first) {
        snapshots.remove(manifest)?;
        println!("the snapshot of record {} does not belong to the log any more", manifest.seq);
    }
    let told = format!(
        "records {} to {} were passed over by {}: {}",
        body.first, body.last, body.operator, body.reason
    );
    let kept = format!("the damaged files are kept in {}", report.quarantine.display());
    for sentence in put_on_record(&folder, vec![told, kept], &[Body::Skip(body)])? {
        println!("{sentence}");
    }
    Ok(())
}

/// Refuses where a snapshot has the state after what is lost: the server starts with it, and a skip would throw the
/// effect of the lost records away.
fn refuse_where_known(rescue: &Rescue, snapshots: &DirSnapshots, last: Seq) -> anyhow::Result<()> {
    for manifest in snapshots.manifests()? {
        let is_taken = rescue.record(manifest.seq).is_some_and(|record| {
            record.hash() == manifest.record_hash
                && begins_with::<Containers>(manifest.schema, record.header.group, rescue.first())
        });
        if manifest.seq >= last && is_taken && snapshots.load(&manifest).is_ok() {
            bail!(
                "nothing was changed: a snapshot has the state after record {}, with all that is lost from the log, \
                 and `sockerless serve` starts with it; `sockerless journal trim --before {}` gives the records up",
                manifest.seq,
                manifest.seq
            );
        }
    }
    Ok(())
}
