//! Writes groups to a journal for ever and says which are acknowledged: the process that the suite kills.
//!
//! `journal-rocks-writer FOLDER WITNESS_BYTES`. Each line of its output is the last acknowledged record. It ends
//! with 65 where the journal is damaged, with 69 where another process owns it, and with 70 where an append
//! fails.

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
    match RocksJournal::open(Path::new(&folder), &Options { witness_bytes, ..Options::default() }) {
        Ok((mut journal, _)) => write_for_ever(&mut journal),
        Err(OpenError::Locked { .. }) => ExitCode::from(69),
        Err(error) => {
            drop(writeln!(io::stderr(), "{error}"));
            ExitCode::from(if error.is_damage() { 65 } else { 70 })
        }
    }
}

/// Appends groups of one to four records with bodies of different sizes.
fn write_for_ever(journal: &mut RocksJournal) -> ExitCode {
    let mut chain = Chain::new(journal.tail());
    let mut out = io::stdout();
    let mut drafts = vec![epoch_draft()];
    loop {
        if journal.append(&chain.group(Timestamp::ZERO, drafts)).is_err() {
            return ExitCode::from(70);
        }
        let seq = chain.tail().seq.get();
        match writeln!(out, "{seq}").and_then(|()| out.flush()) {
            Ok(()) => {}
            // Nobody listens any more: the suite is done.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            // The suite makes any write fail, this one too.
            Err(_) => return ExitCode::from(70),
        }
        let bytes = |number: u64| usize::try_from(number * 2_654_435_761 % 3000).unwrap_or(0);
        drafts = (seq..=seq + seq % 4).map(|number| command_draft(number, bytes(number))).collect();
    }
}
