//! Which devices a container may use.

use std::fmt;
use std::fs::Metadata;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use rustix::fs::{major, minor};
use sandbox_shim::{DeviceRule, Resources};

use crate::error::{During, StartError, step};

/// Block or character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Block,
    Character,
}

/// How deep a folder of devices is looked through.
const DEPTH_MAX: u32 = 8;

/// Devices of a folder: `/dev` itself has some hundreds.
const DEVICES_MAX: usize = 4096;

/// What may be done with a device: the kernel's bits.
pub(crate) const MAKE: u32 = 1;
pub(crate) const READ: u32 = 2;
pub(crate) const WRITE: u32 = 4;

/// Devices that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) kind: Kind,
    /// `None` is any.
    pub(crate) major: Option<u32>,
    /// `None` is any.
    pub(crate) minor: Option<u32>,
    /// [`MAKE`], [`READ`], [`WRITE`] together.
    pub(crate) access: u32,
}

const fn character(major: u32, minor: Option<u32>) -> Rule {
    Rule { kind: Kind::Character, major: Some(major), minor, access: MAKE | READ | WRITE }
}

/// What Docker allows: making any node, using null, zero, full, random, urandom, tty, console and pseudo terminals.
const DEFAULT: [Rule; 11] = [
    Rule { kind: Kind::Character, major: None, minor: None, access: MAKE },
    Rule { kind: Kind::Block, major: None, minor: None, access: MAKE },
    character(1, Some(3)),
    character(1, Some(5)),
    character(1, Some(7)),
    character(1, Some(8)),
    character(1, Some(9)),
    character(5, Some(0)),
    character(5, Some(1)),
    character(5, Some(2)),
    character(136, None),
];

/// Returns the default rules and those that were asked for.
pub(crate) fn rules(resources: &Resources) -> Result<Vec<Rule>, StartError> {
    let mut rules = DEFAULT.to_vec();
    for device in nodes(&resources.devices)? {
        rules.push(rule(&device)?);
    }
    for text in &resources.device_rules {
        let refused = || StartError::Refused {
            reason: format!("invalid device cgroup rule format: '{text}'"),
        };
        rules.extend(written(text).ok_or_else(refused)?);
    }
    Ok(rules)
}

/// Returns the devices by themselves, those of a folder with the folder's name inside, as Docker has it.
pub(crate) fn nodes(devices: &[DeviceRule]) -> Result<Vec<DeviceRule>, StartError> {
    let mut found = Vec::new();
    for device in devices {
        if look(&device.source)?.is_dir() {
            below(device, 0, &mut found);
        } else {
            found.push(device.clone());
        }
    }
    Ok(found)
}

/// Adds the devices of a folder. What is no device, or goes away meanwhile, is left out.
fn below(folder: &DeviceRule, depth: u32, found: &mut Vec<DeviceRule>) {
    for entry in std::fs::read_dir(&folder.source).into_iter().flatten().flatten() {
        let (Ok(kind), Some(name)) =
            (entry.file_type(), entry.file_name().to_str().map(str::to_owned))
        else {
            continue;
        };
        let target = format!("{}/{name}", folder.target.trim_end_matches('/'));
        let inner = DeviceRule { source: entry.path(), target, access: folder.access.clone() };
        if kind.is_dir() && depth < DEPTH_MAX {
            below(&inner, depth + 1, found);
        } else if (kind.is_char_device() || kind.is_block_device()) && found.len() < DEVICES_MAX {
            found.push(inner);
        }
    }
}

/// Reads a rule as version 1 writes it: `c 42:* rmw`; `a` is both kinds.
fn written(text: &str) -> Option<Vec<Rule>> {
    let mut words = text.split(' ');
    let (kind, numbers, access) = (words.next()?, words.next()?, words.next()?);
    let kinds: &[Kind] = match kind {
        "b" => &[Kind::Block],
        "c" => &[Kind::Character],
        "a" => &[Kind::Block, Kind::Character],
        _ => return None,
    };
    let (major, minor) = numbers.split_once(':')?;
    let number = |text: &str| match text {
        "*" => Some(None),
        number => number.parse().ok().map(Some),
    };
    let (major, minor, access) = (number(major)?, number(minor)?, bits(access)?);
    let rules = kinds.iter().map(|kind| Rule { kind: *kind, major, minor, access });
    (words.next().is_none() && access != 0).then(|| rules.collect())
}

/// Returns what the letters of an access allow.
fn bits(access: &str) -> Option<u32> {
    access.chars().try_fold(0, |bits, letter| {
        Some(
            bits | match letter {
                'r' => READ,
                'w' => WRITE,
                'm' => MAKE,
                _ => return None,
            },
        )
    })
}

fn look(source: &Path) -> Result<Metadata, StartError> {
    std::fs::metadata(source).during(step!(
        "error gathering device information while adding custom device {}",
        source.display()
    ))
}

/// Returns the number of a device of the host.
pub(crate) fn number(source: &Path) -> Result<u64, StartError> {
    look(source).map(|metadata| metadata.rdev())
}

/// Returns the numbers of a device of the host, and what may be done with it.
pub(crate) fn rule(device: &DeviceRule) -> Result<Rule, StartError> {
    let source = device.source.display();
    let metadata = look(&device.source)?;
    let kind = if metadata.file_type().is_block_device() {
        Kind::Block
    } else if metadata.file_type().is_char_device() {
        Kind::Character
    } else {
        return Err(StartError::Refused { reason: format!("{source} is not a device node") });
    };
    let invalid =
        || StartError::Refused { reason: format!("invalid device access {:?}", device.access) };
    let access = bits(&device.access).ok_or_else(invalid)?;
    let number = metadata.rdev();
    Ok(Rule { kind, major: Some(major(number)), minor: Some(minor(number)), access })
}

impl fmt::Display for Rule {
    /// Writes the rule as version 1's files have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Block => 'b',
            Kind::Character => 'c',
        };
        let number = |number: Option<u32>| number.map_or("*".to_owned(), |n| n.to_string());
        write!(f, "{kind} {}:{} ", number(self.major), number(self.minor))?;
        for (bit, letter) in [(READ, "r"), (WRITE, "w"), (MAKE, "m")] {
            f.write_str(if self.access & bit != 0 { letter } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
