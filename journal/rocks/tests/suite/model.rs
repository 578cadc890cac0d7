//! The journal against a plain list, through appends, reopenings, crashes, and logs that lose their end.

use std::fs;

use journal_log::Journal;
use journal_log::conformance::{command_draft, epoch_draft};
use journal_rocks::RocksJournal;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::{Fixture, is_long, options};

const WITNESS_BYTES: u64 = 128 << 10;

#[derive(Debug, Clone)]
enum Step {
    /// Appends a group with bodies of these sizes.
    Append(Vec<usize>),
    /// Closes and opens.
    Reopen,
    /// Goes on with a copy of the files, as they are after a kill.
    Crash,
    /// Does the same and cuts this many bytes off the log.
    LoseTail(u64),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => vec(0_usize..6000, 1..5).prop_map(Step::Append),
        1 => Just(Step::Reopen),
        1 => Just(Step::Crash),
        1 => (0_u64..9000).prop_map(Step::LoseTail),
    ]
}

fn open(fixture: &mut Fixture) -> RocksJournal {
    let (mut journal, _) = RocksJournal::open(&fixture.path(), &options(WITNESS_BYTES)).unwrap();
    fixture.append(&mut journal, vec![epoch_draft()]);
    journal
}

fn run(steps: Vec<Step>) {
    let mut fixture = Fixture::new(WITNESS_BYTES);
    let mut journal = open(&mut fixture);
    for step in steps {
        match step {
            Step::Append(sizes) => {
                let number = journal.tail().seq.get();
                let group = sizes.iter().map(|bytes| command_draft(number, *bytes)).collect();
                fixture.append(&mut journal, group);
            }
            Step::Reopen => {
                drop(journal);
                fixture.check();
                journal = open(&mut fixture);
            }
            Step::Crash => {
                fixture = fixture.copy();
                drop(journal);
                fixture.check();
                journal = open(&mut fixture);
            }
            Step::LoseTail(bytes) => {
                fixture = fixture.copy();
                drop(journal);
                let log = fs::File::options().write(true).open(fixture.log()).unwrap();
                let left = log.metadata().unwrap().len().saturating_sub(bytes);
                log.set_len(left).unwrap();
                fixture.check();
                journal = open(&mut fixture);
            }
        }
    }
    drop(journal);
    fixture.check();
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: if is_long() { 400 } else { 12 },
        // A failing case is shrunk by hand from its printed steps; each run takes a second.
        max_shrink_iters: 30,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_journal_is_the_list_of_what_was_appended(steps in vec(any_step(), 1..25)) {
        run(steps);
    }
}
