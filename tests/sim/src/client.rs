//! Clients: they keep some containers and what belongs to them, and do to them what people and scripts do.

mod containers;
mod execs;
mod images;
mod networks;
mod once;
mod pods;
mod pools;
mod script;
mod volumes;

use fastrand::Rng;
use journal_domain::{Command, ContainerCommand, ImageName};
use projector_containers::State;

use self::once::Once;
pub(crate) use self::script::{BASE, ends, first_commands};

/// All clients in one.
#[derive(Debug)]
pub(crate) struct Client {
    /// Containers that they keep.
    containers: usize,
    /// What makes names of this episode its own.
    salt: u32,
    made: u32,
    /// What is asked for instead, in this order, where there is a script.
    script: Option<std::vec::IntoIter<ContainerCommand>>,
    /// What is asked for right after the last command, before anybody has answered that.
    follow: Option<Command>,
    once: Once,
}

// === impl Client ===

impl Client {
    pub(crate) fn new(rng: &mut Rng, containers: usize, script: bool, forgets_keys: bool) -> Self {
        let script = script.then(|| script::script(containers).into_iter());
        let once = Once::new(forgets_keys);
        Self { containers, salt: rng.u32(..), made: 0, script, follow: None, once }
    }

    /// Tells whether there is something to ask for at once.
    pub(crate) const fn is_in_a_hurry(&self) -> bool {
        self.follow.is_some()
    }

    /// Gives what is asked for next; nothing where what was picked is on its way out.
    pub(crate) fn next(&mut self, rng: &mut Rng, state: &State) -> Option<Command> {
        if let Some(script) = &mut self.script {
            return script.next().map(Command::from);
        }
        if let Some(command) = self.follow.take() {
            return Some(command);
        }
        let count = state.container_count();
        if count == 0 {
            return Some(self.create(rng, state));
        }
        match rng.u8(0..100) {
            0..8 => self.network(rng, state),
            8..24 => self.exec(rng, state),
            24..28 => self.volume(rng, state),
            28..34 => self.pod(rng, state),
            34..38 => self.pool(rng, state),
            38..40 => images::image(rng, state),
            40..43 => self.once.again(rng).map(Command::from),
            _ if count < self.containers && rng.bool() => Some(self.create(rng, state)),
            _ => {
                let container = state.newest_first().nth(rng.usize(0..count))?;
                self.change(rng, container).map(Command::from)
            }
        }
    }

    fn name(&mut self, letter: char) -> String {
        self.made += 1;
        format!("{letter}{:x}-{}", self.salt, self.made)
    }
}

/// Picks one of several.
fn pick<T>(rng: &mut Rng, all: impl IntoIterator<Item = T>) -> Option<T> {
    let mut all: Vec<T> = all.into_iter().collect();
    let at = (!all.is_empty()).then(|| rng.usize(0..all.len()))?;
    Some(all.swap_remove(at))
}

pub(crate) fn image_name() -> ImageName {
    ImageName::from_normalized("docker.io/library/app:latest")
}

pub(crate) fn bytes<const N: usize>(rng: &mut Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}
