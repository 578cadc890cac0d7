//! The system call filter.
//!
//! The default profile is compiled for the container's capabilities at each start: a tree over ranges of call numbers takes
//! some ten microseconds to make, so nothing is cached and no library is linked. It covers the two call
//! tables an x86-64 kernel has; calls of the x32 table fail like calls of a kernel built without it. Profiles of one's own are
//! compiled by `custom`.

use rustix::io::Errno;
use sandbox_shim::{Capabilities, Seccomp};

use crate::error::{During, StartError, step};
use crate::syscall::Instruction;

mod assemble;
mod custom;
mod profile;

use assemble::{
    ARCH_OFFSET, FIRST_ARGUMENT_OFFSET, NUMBER_OFFSET, Piece, allow, by_range, fail, if_any_set,
    if_equal, kill, load,
};

/// The kernel's names for the two call tables.
const AUDIT_ARCH_X86_64: u32 = 0xc000_003e;
const AUDIT_ARCH_I386: u32 = 0x4000_0003;

/// Names and numbers of the calls of each table, as Linux 6.17 has them.
const X86_64_CALLS: &str = include_str!("seccomp/x86_64.txt");
const I386_CALLS: &str = include_str!("seccomp/i386.txt");

/// More than the highest number of either table, which are in the order of their numbers.
const CALLS_MAX: usize = 512;

/// The most instructions the kernel takes.
const INSTRUCTIONS_MAX: usize = 4096;

/// What the filter says to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Allow,
    /// EPERM.
    Refuse,
    /// ENOSYS.
    Unknown,
    /// Allowed unless it creates namespaces.
    Clone,
    /// Allowed for some families.
    Socket,
    /// Allowed for some domains.
    Personality,
}

/// A filter, ready for the kernel.
#[derive(Debug)]
pub(crate) struct Filter {
    /// What is run at each call.
    pub(crate) program: Vec<Instruction>,
    /// How the kernel keeps it.
    pub(crate) flags: libc::c_ulong,
}

impl Filter {
    fn new(program: Vec<Instruction>) -> Self {
        Self { program, flags: 0 }
    }
}

/// Returns the filter of a container whose processes are bounded by `bounding`.
pub(crate) fn filter(
    seccomp: &Seccomp,
    bounding: Capabilities,
) -> Result<Option<Filter>, StartError> {
    match seccomp {
        Seccomp::Default => Ok(Some(Filter::new(default_filter(bounding)))),
        Seccomp::Unconfined => Ok(None),
        Seccomp::Profile(profile) => custom::filter(profile, bounding).map(Some),
        Seccomp::Program { path } => {
            let what = step!("reading the seccomp program {}", path.display());
            let bytes = std::fs::read(path).during(what)?;
            let (chunks, rest) = bytes.as_chunks::<8>();
            if !rest.is_empty() || chunks.is_empty() || chunks.len() > INSTRUCTIONS_MAX {
                return Err(StartError::System { what: what(), errno: Errno::INVAL });
            }
            Ok(Some(Filter::new(chunks.iter().map(decode).collect())))
        }
    }
}

fn decode(bytes: &[u8; 8]) -> Instruction {
    let [c0, c1, jt, jf, k0, k1, k2, k3] = *bytes;
    let (code, k) = (u16::from_ne_bytes([c0, c1]), u32::from_ne_bytes([k0, k1, k2, k3]));
    Instruction { code, jt, jf, k }
}

fn default_filter(bounding: Capabilities) -> Vec<Instruction> {
    let i386 = table(I386_CALLS, bounding);
    let x86_64 = table(X86_64_CALLS, bounding);
    let other = if_equal(AUDIT_ARCH_I386, i386, kill());
    let mut program = vec![load(ARCH_OFFSET)];
    program.extend(if_equal(AUDIT_ARCH_X86_64, x86_64, other));
    program
}

fn table(calls: &str, bounding: Capabilities) -> Piece {
    let mut piece = vec![load(NUMBER_OFFSET)];
    piece.extend(by_range(&ranges(&verdicts(calls, bounding)), &instructions));
    piece
}

/// The verdict on every call of a table, by its number. Gaps are refused like calls that are not listed.
fn verdicts(calls: &str, bounding: Capabilities) -> Vec<Verdict> {
    let always: Vec<&str> = profile::ALWAYS.split_whitespace().collect();
    let mut special = vec![("socket", Verdict::Socket), ("personality", Verdict::Personality)];
    if !profile::may_create_namespaces(bounding) {
        special.extend([("clone", Verdict::Clone), ("clone3", Verdict::Unknown)]);
    }
    for (capability, names) in profile::BY_CAPABILITY {
        if bounding.bits() & (1 << capability) != 0 {
            special.extend(names.split_whitespace().map(|name| (name, Verdict::Allow)));
        }
    }
    let verdict = |name: &str| match special.iter().find(|(known, _)| *known == name) {
        Some((_, verdict)) => *verdict,
        None if always.binary_search(&name).is_ok() => Verdict::Allow,
        None => Verdict::Refuse,
    };
    let mut verdicts = Vec::with_capacity(CALLS_MAX);
    let mut words = calls.split_whitespace();
    while let (Some(name), Some(number)) = (words.next(), words.next()) {
        if let Some(number) = number.parse().ok().filter(|number| *number < CALLS_MAX) {
            verdicts.resize(verdicts.len().max(number), Verdict::Refuse);
            verdicts.push(verdict(name));
        }
    }
    verdicts
}

/// Runs of numbers with one verdict. What is beyond the last call the profile lists is unknown to it.
fn ranges(verdicts: &[Verdict]) -> Vec<(u32, Verdict)> {
    let listed = verdicts.iter().rposition(|verdict| *verdict != Verdict::Refuse);
    let end = listed.map_or(0, |last| last + 1);
    let mut ranges: Vec<(u32, Verdict)> = (0..).zip(verdicts[..end].iter().copied()).collect();
    ranges.push((end as u32, Verdict::Unknown));
    ranges.dedup_by_key(|(_, verdict)| *verdict);
    ranges
}

fn instructions(verdict: &Verdict) -> Piece {
    match verdict {
        Verdict::Allow => allow(),
        Verdict::Refuse => fail(libc::EPERM),
        Verdict::Unknown => fail(libc::ENOSYS),
        Verdict::Clone => {
            on_first_argument(if_any_set(profile::CLONE_NAMESPACES, fail(libc::EPERM), allow()))
        }
        Verdict::Socket => on_first_argument(by_range(&families(), &allow_or_refuse)),
        Verdict::Personality => on_first_argument(
            profile::PERSONALITIES
                .iter()
                .fold(fail(libc::EPERM), |other, domain| if_equal(*domain, allow(), other)),
        ),
    }
}

fn on_first_argument(piece: Piece) -> Piece {
    [load(FIRST_ARGUMENT_OFFSET)].into_iter().chain(piece).collect()
}

fn families() -> Vec<(u32, bool)> {
    let mut families: Vec<(u32, bool)> = (0..=profile::FAMILY_MAX)
        .map(|family| (family, !profile::REFUSED_FAMILIES.contains(&family)))
        .chain([(profile::FAMILY_MAX + 1, false)])
        .collect();
    families.dedup_by_key(|(_, allowed)| *allowed);
    families
}

fn allow_or_refuse(allowed: &bool) -> Piece {
    if *allowed { allow() } else { fail(libc::EPERM) }
}

#[cfg(test)]
mod tests;
