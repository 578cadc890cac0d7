//! Which devices a container may use.

use std::fmt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use rustix::fs::{major, minor};
use sandbox_shim::DeviceRule;

use crate::error::{During, StartError, step};

/// Block or character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Block,
    Character,
}

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

/// Returns the default rules and those for `devices`, which must be devices of the host.
pub(crate) fn rules(devices: &[DeviceRule]) -> Result<Vec<Rule>, StartError> {
    let mut rules = DEFAULT.to_vec();
    for device in devices {
        rules.push(rule(device)?);
    }
    Ok(rules)
}

/// Returns the numbers of a device of the host, and what may be done with it.
pub(crate) fn rule(device: &DeviceRule) -> Result<Rule, StartError> {
    let source = device.source.display();
    let metadata = std::fs::metadata(&device.source)
        .during(step!("error gathering device information while adding custom device {source}"))?;
    let kind = if metadata.file_type().is_block_device() {
        Kind::Block
    } else if metadata.file_type().is_char_device() {
        Kind::Character
    } else {
        return Err(StartError::Refused { reason: format!("{source} is not a device node") });
    };
    let mut access = 0;
    for letter in device.access.chars() {
        access |= match letter {
            'r' => READ,
            'w' => WRITE,
            'm' => MAKE,
            _ => {
                let reason = format!("invalid device access {:?}", device.access);
                return Err(StartError::Refused { reason });
            }
        };
    }
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
