//! What happens once a group is durable: the state becomes visible, and then everybody is told.

use std::sync::Arc;

use journal_log::Seq;
use projector_machine::Machine;
use tokio::sync::watch;

use crate::shared::Shared;
use crate::writer::{Entry, Verdict};
use crate::{FeedItem, World};

/// Publishes `world`, which has the group of `entries` in it.
///
/// The state comes first: whoever is woken or answered finds it there.
pub(super) fn publish<M: Machine>(
    shared: &Shared<M>,
    head: &watch::Sender<Seq>,
    world: &Arc<World<M>>,
    entries: Vec<Entry<M>>,
) {
    shared.world.store(Arc::clone(world));
    let mut ring = shared.ring();
    for entry in &entries {
        if let Verdict::Accepted(events) = &entry.verdict
            && !events.is_empty()
        {
            let item = FeedItem { stamp: entry.stamp, events: Arc::clone(events) };
            ring.push(item, entry.size_bytes);
        }
    }
    ring.advance(world.seq);
    drop(ring);
    head.send_replace(world.seq);
    shared.waiters.wake(|keys| {
        for event in entries.iter().flat_map(|entry| entry.verdict.events()) {
            M::keys(event, keys);
        }
    });
    entries.into_iter().for_each(Entry::answer);
}
