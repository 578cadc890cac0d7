//! The small machine keeps the contract, and the checks find machines that do not.

use journal_log::{Seq, Timestamp, Wire};

use super::{
    CounterCommand, CounterEvent, CounterRefusal, Counters, DryRun, check_determinism,
    check_snapshot, check_wire,
};
use crate::{Machine, Source};

const NOW: Timestamp = Timestamp::from_unix_nanos(1_000);

fn add(name: &str, by: u64) -> CounterCommand {
    CounterCommand::Add { name: name.to_owned(), by }
}

fn arm(name: &str, at: u64) -> CounterCommand {
    let at = Timestamp::from_unix_nanos(at);
    CounterCommand::Arm { name: name.to_owned(), at, is_jammed: false }
}

fn commands() -> Vec<CounterCommand> {
    vec![
        add("a", 3),
        add("b", 1),
        add("a", 0),
        arm("b", 1_500),
        arm("a", 1_400),
        CounterCommand::Observe { name: "a".to_owned(), value: 7 },
        CounterCommand::Swell { size_bytes: 9 },
    ]
}

fn run() -> DryRun<Counters> {
    let mut run = DryRun::new();
    for command in commands() {
        let _ = run.submit(&command, NOW);
    }
    run.fire_due(Timestamp::from_unix_nanos(1_450)).unwrap();
    run
}

#[test]
fn the_small_machine_keeps_the_contract() {
    let run = run();
    check_determinism::<Counters>(run.events());
    check_snapshot::<Counters>(run.state());
    check_wire(&commands());
    check_wire(&run.events().iter().map(|(_, event)| event.clone()).collect::<Vec<_>>());
}

#[test]
fn a_refusal_takes_a_place_and_changes_nothing() {
    let mut run = DryRun::<Counters>::new();
    assert_eq!(run.submit(&add("a", 0), NOW), Err(CounterRefusal::Nothing));
    assert!(run.events().is_empty());
    run.submit(&add("a", 1), NOW).unwrap();
    assert_eq!(run.events()[0].0.seq, Seq::new(2));
}

#[test]
fn timers_that_are_due_ring_earliest_first() {
    let run = run();
    assert_eq!((run.state().value("a"), run.state().value("b")), (8, 1));
    let (at, command) = Counters::next_timer(run.state()).unwrap();
    assert_eq!(at, Timestamp::from_unix_nanos(1_500));
    assert_eq!(Counters::source(&command), Source::Timer);
}

#[test]
fn a_payload_of_another_kind_is_refused() {
    let mut tagged = add("a", 1).to_tagged().unwrap();
    assert!(CounterEvent::from_tagged(&tagged).is_err());
    tagged.version = 2;
    assert!(CounterCommand::from_tagged(&tagged).is_err());
}

#[test]
#[should_panic(expected = "apply is made to break")]
fn a_broken_event_panics_where_it_is_applied() {
    let _ = DryRun::<Counters>::new().submit(&CounterCommand::BreakApply, NOW);
}

mod forgetful {
    //! A machine that forgets to keep its payload, and one whose state is not only what was folded.

    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use journal_log::{DecodeError, EncodeError, Payload, Seq, Tagged, Timestamp, Wire};
    use serde::{Deserialize, Serialize};

    use super::super::{check_determinism, check_wire};
    use crate::{Machine, Source, Stamp};

    #[derive(Debug, Clone)]
    struct Lossy(u8);

    impl Wire for Lossy {
        fn to_tagged(&self) -> Result<Tagged, EncodeError> {
            Ok(Tagged { kind: 1, version: 1, bytes: vec![] })
        }

        fn from_payload(_: Payload<'_>) -> Result<Self, DecodeError> {
            Ok(Self(0))
        }
    }

    /// A state whose copies share what they should not.
    #[derive(Debug, Clone, Default, Serialize, Deserialize)]
    struct Shared(Arc<AtomicU64>);

    struct Sharing;

    impl Machine for Sharing {
        type Command = Lossy;
        type Event = Lossy;
        type Key = u8;
        type Refusal = String;
        type State = Shared;

        const SCHEMA: u32 = 1;

        fn decide(_: &Shared, command: &Lossy, _: Timestamp) -> Result<Vec<Lossy>, String> {
            Ok(vec![command.clone()])
        }

        fn apply(state: &mut Shared, event: &Lossy, _: Stamp) {
            state.0.fetch_add(u64::from(event.0), Ordering::Relaxed);
        }

        fn keys(event: &Lossy, out: &mut Vec<u8>) {
            out.push(event.0);
        }

        fn next_timer(_: &Shared) -> Option<(Timestamp, Lossy)> {
            None
        }

        fn source(_: &Lossy) -> Source {
            Source::Client
        }

        fn refusal_code(_: &String) -> u16 {
            1
        }

        fn state_hash(state: &Shared) -> [u8; 32] {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&state.0.load(Ordering::Relaxed).to_le_bytes());
            hash
        }
    }

    #[test]
    #[should_panic(expected = "what is read is what was written")]
    fn a_payload_that_is_not_kept_is_found() {
        check_wire(&[Lossy(1)]);
    }

    #[test]
    #[should_panic(expected = "a copy of the state is not touched")]
    fn a_state_whose_copies_share_too_much_is_found() {
        let stamp = Stamp { seq: Seq::FIRST, at: Timestamp::ZERO };
        check_determinism::<Sharing>(&[(stamp, Lossy(1))]);
    }
}
