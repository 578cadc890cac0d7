//! Names of effects: what they are made of, and that they stay as they were released.

use journal_domain::ContainerId;

use super::EffectId;
use crate::RunId;

const CLUSTER: [u8; 16] = [1; 16];

const RUN: RunId = RunId { container: ContainerId::from_bytes([2; 32]), incarnation: 1 };

#[test]
fn the_released_token_of_a_run_stays_what_it_is() {
    let effect = EffectId::of_start(&CLUSTER, RUN);
    assert_eq!(
        effect.to_string(),
        "01da56172cf470adf8a08f57b362a3be73f16275e9e513d023d10c3612d21fed"
    );
    assert_eq!(effect.token(), "ahnfmfzm6ryk36far5l3gyvdxzz7cytv5hsrhubd2egdmewsd7wq");
}

#[test]
fn a_token_is_what_every_provider_takes() {
    let token = EffectId::of_start(&CLUSTER, RUN).token();
    assert_eq!(token.len(), 52);
    assert!(token.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
}

#[test]
fn another_cluster_container_or_run_has_another_token() {
    let other = RunId { container: ContainerId::from_bytes([3; 32]), incarnation: 1 };
    let next = RunId { incarnation: 2, ..RUN };
    let mut tokens: Vec<String> =
        [(&CLUSTER, RUN), (&[9; 16], RUN), (&CLUSTER, other), (&CLUSTER, next)]
            .map(|(cluster, run)| EffectId::of_start(cluster, run).token())
            .into();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 4);
}
