//! Writes groups to a journal and says which are acknowledged: the process that the suite kills.
//!
//! `journal-rocks-writer FOLDER WITNESS_BYTES [GROUPS]`; without a number of groups it goes on for ever. Each line of
//! its output is the last acknowledged record and its hash. It ends with 65 where the journal is damaged, with 69
//! where another process owns it, and with 70 where an append fails.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use journal_log::conformance::{command_draft, epoch_draft};
use journal_log::{Chain, Journal, Timestamp};
use journal_rocks::{OpenError, Options, RocksJournal};

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(folder), Some(bytes)) = (args.next(), args.next()) else { return ExitCode::from(64) };
    let witness_bytes = bytes.parse().unwrap_or_default();
    let groups = args.next().and_then(|groups| groups.parse().ok()).unwrap_or(u64::MAX);
    match RocksJournal::open(Path::new(&folder), &Options { witness_bytes, ..Options::default() }) {
        Ok((mut journal, _)) => write(&mut journal, groups),
        Err(OpenError::Locked { .. }) => ExitCode::from(69),
        Err(error) => {
            drop(writeln!(io::stderr(), "{error}"));
            ExitCode::from(if error.is_damage() { 65 } else { 70 })
        }
    }
}

/// Appends groups of one to four records with bodies of different sizes.
fn write(journal: &mut RocksJournal, groups: u64) -> ExitCode {
    let mut chain = Chain::new(journal.tail());
    let mut out = io::stdout();
    let mut drafts = vec![epoch_draft()];
    for _ in 0..groups {
        if journal.append(&chain.group(Timestamp::ZERO, drafts)).is_err() {
            return ExitCode::from(70);
        }
        let (seq, hash) = (chain.tail().seq.get(), chain.tail().hash);
        match writeln!(out, "{seq} {hash}").and_then(|()| out.flush()) {
            Ok(()) => {}
            // Nobody listens any more: the suite is done.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            // The suite makes any write fail, this one too.
            Err(_) => return ExitCode::from(70),
        }
        let bytes = |number: u64| usize::try_from(number * 2_654_435_761 % 3000).unwrap_or(0);
        drafts = (seq..=seq + seq % 4).map(|number| command_draft(number, bytes(number))).collect();
    }
    ExitCode::SUCCESS
}
