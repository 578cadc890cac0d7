//! Podman's word for how a pod is, made of its containers'.

use projector_containers::{Container, KeptPod, PhaseName, State};

/// Gives podman's word for a pod.
pub(super) fn of(state: &State, kept: &KeptPod) -> &'static str {
    let words = kept.members.iter().filter_map(|id| state.container(id)).map(|one| word(one));
    of_words(&words.collect::<Vec<_>>())
}

/// Gives podman's word for a container.
pub(super) fn word(container: &Container) -> &'static str {
    match PhaseName::of(container).as_str() {
        "created" => "created",
        "running" => "running",
        "paused" => "paused",
        "removing" => "removing",
        _ => "exited",
    }
}

/// Some run and some do not: that is degraded, whatever the others do.
fn of_words(words: &[&str]) -> &'static str {
    let count = |wanted: &str| words.iter().filter(|word| **word == wanted).count();
    let (all, running, exited) = (words.len(), count("running"), count("exited"));
    match () {
        () if all == 0 => "Created",
        () if running == all => "Running",
        () if running > 0 => "Degraded",
        () if count("paused") == all => "Paused",
        () if exited == all => "Exited",
        () if exited > 0 => "Stopped",
        () if count("removing") > 0 => "Dead",
        () => "Created",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_is_as_its_containers_are() {
        assert_eq!(of_words(&[]), "Created");
        assert_eq!(of_words(&["created", "created"]), "Created");
        assert_eq!(of_words(&["running", "running"]), "Running");
        assert_eq!(of_words(&["running", "exited"]), "Degraded");
        assert_eq!(of_words(&["paused", "paused"]), "Paused");
        assert_eq!(of_words(&["exited", "exited"]), "Exited");
        assert_eq!(of_words(&["exited", "created"]), "Stopped");
    }
}
