//! The promises of a machine, as checks.

use std::fmt::Debug;

use journal_log::{Wire, codec};

use crate::{Machine, Stamp};

/// Checks that folding `events` gives the same state each time.
///
/// It is folded twice from the beginning, and once with a copy kept over each event, as a published snapshot
/// would: a copy that shares too much shows there.
pub fn check_determinism<M: Machine>(events: &[(Stamp, M::Event)]) {
    let first = fold::<M>(events);
    let second = fold::<M>(events);
    let expected = M::state_hash(&first);
    assert!(
        expected == M::state_hash(&second),
        "broken promise: the same events give the same state"
    );
    let mut state = M::State::default();
    for (stamp, event) in events {
        let before = state.clone();
        let hash_before = M::state_hash(&before);
        M::apply(&mut state, event, *stamp);
        assert!(
            hash_before == M::state_hash(&before),
            "broken promise: a copy of the state is not touched by {event:?} at record {}",
            stamp.seq
        );
    }
    assert!(
        expected == M::state_hash(&state),
        "broken promise: copies of the state do not change what comes of it"
    );
}

/// Checks that each of `values` is read back from the log as it was written, and always written the same.
pub fn check_wire<W: Wire + Debug>(values: &[W]) {
    for value in values {
        let write = |value: &W| {
            value
                .to_tagged()
                .unwrap_or_else(|error| panic!("broken promise: {value:?} can be written: {error}"))
        };
        let tagged = write(value);
        let read = W::from_tagged(&tagged)
            .unwrap_or_else(|error| panic!("broken promise: {value:?} can be read back: {error}"));
        assert_eq!(
            format!("{value:?}"),
            format!("{read:?}"),
            "broken promise: what is read is what was written"
        );
        assert_eq!(tagged, write(&read), "broken promise: {value:?} is always written the same");
    }
}

/// Checks that `state` is the same after it was written to a snapshot and read back.
///
/// It has to fit the codec's limit, so a test gives a small one.
pub fn check_snapshot<M: Machine>(state: &M::State) {
    let bytes = codec::encode(state)
        .unwrap_or_else(|error| panic!("broken promise: a state can be written: {error}"));
    let read: M::State = codec::decode(&bytes)
        .unwrap_or_else(|error| panic!("broken promise: a state can be read back: {error}"));
    assert!(
        M::state_hash(state) == M::state_hash(&read),
        "broken promise: a state read back is the state that was written"
    );
}

fn fold<M: Machine>(events: &[(Stamp, M::Event)]) -> M::State {
    let mut state = M::State::default();
    for (stamp, event) in events {
        M::apply(&mut state, event, *stamp);
    }
    state
}
