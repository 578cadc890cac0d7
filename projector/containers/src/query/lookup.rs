//! From what a client wrote to the object that it means.
//!
//! Order as in Docker: the whole id, then the name, then a unique prefix of an id.

use std::{ops::Bound, sync::Arc};

use journal_domain::{ContainerId, ContainerName, ExecId, Image, ImageName, Refusal};

use crate::{Container, Exec, State};

/// Why a lookup found nothing: a refusal of the kinds that name an object.
pub type LookupError = Refusal;

impl State {
    /// Finds a container by id, name or unique prefix of an id.
    pub fn find(&self, target: &str) -> Result<&Arc<Container>, LookupError> {
        let missing = || Refusal::NoSuchContainer(target.to_owned());
        if let Some(found) = target.parse::<ContainerId>().ok().and_then(|id| self.container(&id)) {
            return Ok(found);
        }
        let named = target.parse::<ContainerName>().ok().and_then(|name| self.names.get(&name));
        if let Some(found) = named.and_then(|id| self.container(id)) {
            return Ok(found);
        }
        let mut matching = self.containers_with_prefix(target);
        let found = matching.next().ok_or_else(missing)?;
        match matching.next() {
            Some(_) => Err(Refusal::AmbiguousId(target.to_owned())),
            None => Ok(found),
        }
    }

    /// Goes through the containers whose id begins with `prefix`, which may not be empty.
    fn containers_with_prefix(&self, prefix: &str) -> impl Iterator<Item = &Arc<Container>> {
        let lowest = lowest_with_prefix(prefix);
        lowest
            .into_iter()
            .flat_map(|lowest| {
                self.containers
                    .range((Bound::Included(ContainerId::from_bytes(lowest)), Bound::Unbounded))
            })
            .map(|(_, container)| container)
            .take_while(move |container| container.id.to_string().starts_with(prefix))
    }

    /// Finds an exec by its whole id.
    pub fn find_exec(&self, target: &str) -> Result<&Arc<Exec>, LookupError> {
        let id = target.parse::<ExecId>().ok();
        id.and_then(|id| self.exec(&id)).ok_or_else(|| Refusal::NoSuchExec(target.to_owned()))
    }

    /// Finds an image by name, whole id or unique prefix of an id.
    pub fn find_image(
        &self,
        target: &str,
        name: Option<&ImageName>,
    ) -> Result<&Arc<Image>, LookupError> {
        if let Some(found) = name.and_then(|name| self.images().named(name)) {
            return Ok(found);
        }
        let shown = name.map_or(target, ImageName::familiar);
        let missing = || Refusal::NoSuchImage(shown.to_owned());
        let digits = target.strip_prefix("sha256:").unwrap_or(target);
        let hexadecimal = digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if digits.is_empty() || !hexadecimal {
            return Err(missing());
        }
        let mut matching = self.images().with_prefix(digits);
        let found = matching.next().ok_or_else(missing)?;
        match matching.next() {
            Some(_) => Err(Refusal::AmbiguousId(target.to_owned())),
            None => Ok(found),
        }
    }
}

/// Gives the lowest id that begins with the digits; `None` where no id can.
fn lowest_with_prefix(prefix: &str) -> Option<[u8; 32]> {
    if prefix.is_empty() || prefix.len() > 64 {
        return None;
    }
    let mut lowest = [0; 32];
    for (index, digit) in prefix.bytes().enumerate() {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        lowest[index / 2] |= if index % 2 == 0 { value << 4 } else { value };
    }
    Some(lowest)
}
