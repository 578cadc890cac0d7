//! The state is the fold of its events, whatever road led there.

use journal_domain::{
    Command, ContainerCommand, ContainerSpec, EndpointId, KillContainer, ObserveExit,
    ObserveRemoved, ObserveStarted, RemoveContainer, RestartContainer, Signal, StartContainer,
    StopContainer,
};
use journal_log::Timestamp;
use projector_containers::{Containers, State};
use projector_machine::Machine;
use proptest::prelude::*;

use crate::kit::World;

const NAMES: [&str; 3] = ["n0", "n1", "n2"];

fn step(world: &mut World, which: usize, kind: u8) {
    let name = NAMES[which];
    if kind == 0 {
        let auto_remove = which == 1;
        let spec = ContainerSpec { image: "busybox".into(), auto_remove, ..Default::default() };
        let _ = world.create(name, spec);
        return;
    }
    let Ok(found) = world.state.find(name).cloned() else { return };
    let (id, incarnation, target) = (found.id, found.incarnation, name.to_owned());
    let endpoint = EndpointId::from_bytes([1; 32]);
    let at = Timestamp::from_unix_nanos(1);
    let error = String::new();
    let command: ContainerCommand = match kind {
        1 => StartContainer { target, endpoint }.into(),
        2 => ObserveStarted { id, incarnation, pid: 1, started_at: at }.into(),
        3 => {
            ObserveExit { id, incarnation, exit_code: 0, oom_killed: false, finished_at: at, error }
                .into()
        }
        4 => StopContainer { target, signal: None, timeout_seconds: Some(1) }.into(),
        5 => RemoveContainer { target, force: true, volumes: false }.into(),
        6 => ObserveRemoved { id }.into(),
        7 => RestartContainer { target, signal: None, timeout_seconds: None, endpoint }.into(),
        _ => KillContainer { target, signal: Signal::KILL }.into(),
    };
    let _ = world.submit(&Command::Container(command));
}

fn bytes(state: &State) -> String {
    serde_json::to_string(state).unwrap()
}

proptest! {
    #[test]
    fn folding_the_log_again_gives_the_same_state(steps in prop::collection::vec((0..3_usize, 0..9_u8), 0..60)) {
        let mut world = World::with_image();
        for (which, kind) in steps {
            step(&mut world, which, kind);
        }
        let mut replayed = State::default();
        for (event, stamp) in &world.log {
            Containers::apply(&mut replayed, event, *stamp);
        }
        prop_assert_eq!(bytes(&replayed), bytes(&world.state));
        prop_assert_eq!(Containers::state_hash(&replayed), Containers::state_hash(&world.state));
    }

    #[test]
    fn the_index_of_work_and_the_addresses_are_true_after_every_step(
        steps in prop::collection::vec((0..3_usize, 0..9_u8), 0..60),
    ) {
        let mut world = World::with_image();
        for (which, kind) in steps {
            step(&mut world, which, kind);
            let state = &world.state;
            let all: Vec<_> = state.newest_first().collect();
            let pending: Vec<_> = state.work().containers().map(|found| found.id).collect();
            for container in &all {
                prop_assert_eq!(container.has_work(), pending.contains(&container.id));
            }
            let held: Vec<_> = state.networks().named("bridge").unwrap().addresses.values().copied().collect();
            let mut active: Vec<_> = state.active().map(|found| found.id).collect();
            active.sort_unstable();
            let mut sorted = held.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, active);
            prop_assert!(pending.iter().all(|id| state.container(id).is_some()));
            if state.active().next().is_none() {
                prop_assert!(Containers::next_timer(state).is_none());
            }
        }
    }
}
