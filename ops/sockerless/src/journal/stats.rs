//! `sockerless journal stats`.

use std::path::PathBuf;

use super::folded;
use crate::settings;
use anyhow::Context as _;

/// Counts records, bytes and files.
#[expect(clippy::print_stdout, reason = "it is what was asked for")]
pub(super) fn stats(data: Option<PathBuf>) -> anyhow::Result<()> {
    let data = settings::data_dir(data)?;
    let journal = folded::open(&data)?;
    let stats = journal.stats().context("looking at the log")?;
    println!("records        {} to {}", stats.first, stats.head);
    println!("bytes          {}", stats.bytes);
    println!("files          {}", stats.files);
    println!("bytes of logs  {}", stats.log_bytes);
    match stats.witness {
        Some(witness) => {
            println!("witness bytes  {}", witness.bytes);
            println!("witnessed      {} to {}", witness.first, witness.last);
            println!("acknowledged   {}", witness.acknowledged);
        }
        None => println!("witness        missing or damaged"),
    }
    Ok(())
}
