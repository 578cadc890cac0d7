//! Pods, and which containers are in them.

use std::sync::Arc;

use journal_domain::{ContainerId, ContainerName, Pod, PodId, PodNamespace, Refusal};
use journal_log::Timestamp;
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

/// The pods that are here.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Pods {
    by_id: RedBlackTreeMapSync<PodId, Arc<KeptPod>>,
    names: RedBlackTreeMapSync<ContainerName, PodId>,
}

/// A pod as the log tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPod {
    /// What it is.
    pub pod: Arc<Pod>,
    /// When it was created.
    pub created: Timestamp,
    /// Its containers, in the order in which they came; the holder is the first.
    pub members: Vec<ContainerId>,
    /// Whether it shall go.
    pub removing: bool,
}

// === impl Pods ===

impl Pods {
    /// Gives a pod by its whole id.
    pub fn get(&self, id: &PodId) -> Option<&Arc<KeptPod>> {
        self.by_id.get(id)
    }

    /// Gives the pod of a name.
    pub fn named(&self, name: &ContainerName) -> Option<&Arc<KeptPod>> {
        self.get(self.names.get(name)?)
    }

    /// Goes through all pods, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<KeptPod>> {
        self.by_id.values()
    }

    /// Finds a pod by id, name or unique prefix of an id.
    pub fn find(&self, target: &str) -> Result<&Arc<KeptPod>, Refusal> {
        let whole = target.parse::<PodId>().ok().and_then(|id| self.get(&id));
        let named = || target.parse::<ContainerName>().ok().and_then(|name| self.named(&name));
        if let Some(found) = whole.or_else(named) {
            return Ok(found);
        }
        let begins = |kept: &&Arc<KeptPod>| kept.pod.id.to_string().starts_with(target);
        let mut matching = self.iter().filter(begins).take(if target.is_empty() { 0 } else { 2 });
        let found = matching.next().ok_or_else(|| Refusal::NoSuchPod(target.to_owned()))?;
        match matching.next() {
            Some(_) => Err(Refusal::AmbiguousId(target.to_owned())),
            None => Ok(found),
        }
    }

    pub(crate) fn add(&mut self, pod: &Arc<Pod>, created: Timestamp) {
        let kept = KeptPod { pod: Arc::clone(pod), created, members: Vec::new(), removing: false };
        self.names.insert_mut(pod.name.clone(), pod.id);
        self.by_id.insert_mut(pod.id, Arc::new(kept));
    }

    /// Notes that a container is in a pod.
    pub(crate) fn join(&mut self, id: &PodId, container: ContainerId) {
        self.change(id, |kept| {
            if !kept.members.contains(&container) {
                kept.members.push(container);
            }
        });
    }

    /// Notes that a container is gone.
    pub(crate) fn leave(&mut self, id: &PodId, container: &ContainerId) {
        self.change(id, |kept| kept.members.retain(|member| member != container));
    }

    pub(crate) fn doom(&mut self, id: &PodId) {
        self.change(id, |kept| kept.removing = true);
    }

    pub(crate) fn forget(&mut self, id: &PodId) {
        if let Some(kept) = self.by_id.get(id) {
            self.names.remove_mut(&kept.pod.name);
        }
        self.by_id.remove_mut(id);
    }

    fn change(&mut self, id: &PodId, change: impl FnOnce(&mut KeptPod)) {
        if let Some(shared) = self.by_id.get_mut(id) {
            change(Arc::make_mut(shared));
        }
    }
}

// === impl KeptPod ===

impl KeptPod {
    /// Tells whether its containers share a namespace unless they say otherwise.
    pub fn shares(&self, namespace: PodNamespace) -> bool {
        self.pod.holder.is_some() && self.pod.shared.contains(&namespace)
    }
}
