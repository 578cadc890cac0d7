//! A filter made of a profile of one's own, as runc and libseccomp make it.
//!
//! The first rule whose conditions hold counts, but one without conditions is the last word on a call wherever it stands, and
//! the profile's default is where no condition holds. Names that the kernel has no call for are passed over.

use std::collections::{BTreeMap, BTreeSet};

use rustix::system::uname;
use sandbox_shim::{
    Capabilities, SeccompAction, SeccompArgument, SeccompComparison, SeccompProfile, SeccompRule,
};

use super::assemble::{
    ARCH_OFFSET, FIRST_ARGUMENT_OFFSET, NUMBER_OFFSET, Piece, Test, To, answer, by_range,
    conditional, if_equal, kill, load,
};
use super::{
    AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, CALLS_MAX, Filter, I386_CALLS, INSTRUCTIONS_MAX,
    X86_64_CALLS,
};
use crate::error::StartError;
use crate::syscall::Instruction;

mod second;

/// This machine, as profiles name it.
const MACHINE: &str = "amd64";

/// The second call table, as profiles name it.
const SECOND_TABLE: &str = "SCMP_ARCH_X86";

/// The first number of the x32 table.
const X32_CALLS: u32 = 0x4000_0000;

/// The bits of an answer that say what is done.
const ACTION: u32 = 0xffff_0000;

const KILL_THREAD: u32 = 0;
const KILL_PROCESS: u32 = 0x8000_0000;
const TRAP: u32 = 0x0003_0000;
const ERRNO: u32 = 0x0005_0000;
const TRACE: u32 = 0x7ff0_0000;
const LOG: u32 = 0x7ffc_0000;
const ALLOW: u32 = 0x7fff_0000;

/// Conditions on arguments that have to hold together, and the answer where they do.
type Case = (Vec<SeccompArgument>, u32);

/// What the rules say of calls.
#[derive(Debug, Default)]
struct Cases<'p> {
    /// Cases in the order of their rules, by the names of their calls.
    by_name: BTreeMap<&'p str, Vec<Case>>,
    /// Calls that the profile knows, whatever it says of them.
    known: BTreeSet<&'p str>,
}

/// What becomes of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Call {
    /// Cases, each with conditions.
    cases: Vec<Case>,
    /// The answer else.
    rest: u32,
}

/// Makes the filter.
pub(super) fn filter(
    profile: &SeccompProfile,
    bounding: Capabilities,
) -> Result<Filter, StartError> {
    let flags = profile.flags.iter().map(|flag| match flag.as_str() {
        SeccompProfile::FLAG_LOG => libc::SECCOMP_FILTER_FLAG_LOG,
        SeccompProfile::FLAG_SPECULATION => libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW,
        _ => 0,
    });
    let flags = flags.fold(0, |all, flag| all | flag);
    Ok(Filter { program: program(profile, bounding)?, flags })
}

fn program(
    profile: &SeccompProfile,
    bounding: Capabilities,
) -> Result<Vec<Instruction>, StartError> {
    let rest = code(profile.default_action, profile.default_errno_ret);
    let first = Cases::of(profile, bounding, rest);
    let table = |calls, cases: &Cases<'_>| {
        let mut piece = vec![load(NUMBER_OFFSET)];
        piece.extend(by_range(&ranges(calls, cases, rest), &instructions));
        piece
    };
    let second = if profile.tables().any(|table| table == SECOND_TABLE) {
        if_equal(AUDIT_ARCH_I386, table(I386_CALLS, &second::cases(&first)), kill())
    } else {
        kill()
    };
    let mut program = vec![load(ARCH_OFFSET)];
    program.extend(if_equal(AUDIT_ARCH_X86_64, table(X86_64_CALLS, &first), second));
    if program.len() > INSTRUCTIONS_MAX {
        let reason = format!(
            "the seccomp profile takes {} instructions, and the kernel takes {INSTRUCTIONS_MAX}",
            program.len()
        );
        return Err(StartError::Refused { reason });
    }
    Ok(program)
}

impl<'p> Cases<'p> {
    fn of(profile: &'p SeccompProfile, bounding: Capabilities, rest: u32) -> Self {
        let kernel = uname().release().to_string_lossy().into_owned();
        let mut cases = Self::default();
        let holding = profile.syscalls.iter().filter(|rule| rule.holds(bounding, MACHINE, &kernel));
        for rule in holding {
            cases.known.extend(rule.calls());
            let answer = code(rule.action, rule.errno_ret);
            // What would happen anyway is no case, even before other rules for the same call.
            if answer == rest {
                continue;
            }
            for name in rule.calls() {
                let of_call = cases.by_name.entry(name).or_default();
                of_call.extend(arguments(rule).into_iter().map(|arguments| (arguments, answer)));
            }
        }
        cases
    }
}

/// The conditions of a rule, each for itself where two are on one argument: any of them will do then.
fn arguments(rule: &SeccompRule) -> Vec<Vec<SeccompArgument>> {
    let indexes: BTreeSet<u32> = rule.args.iter().map(|argument| argument.index).collect();
    if indexes.len() == rule.args.len() {
        vec![rule.args.clone()]
    } else {
        rule.args.iter().map(|one| vec![*one]).collect()
    }
}

/// Runs of numbers of one table with one answer.
fn ranges(calls: &str, cases: &Cases<'_>, rest: u32) -> Vec<(u32, Call)> {
    let plain = |rest| Call { cases: Vec::new(), rest };
    let mut by_number = Vec::with_capacity(CALLS_MAX);
    let mut last_known = None;
    let mut words = calls.split_whitespace();
    while let (Some(name), Some(number)) = (words.next(), words.next()) {
        let Some(number) = number.parse().ok().filter(|number| *number < CALLS_MAX) else {
            continue;
        };
        by_number.resize(by_number.len().max(number), plain(rest));
        if cases.known.contains(name) {
            last_known = Some(number);
        }
        by_number.push(call(cases.by_name.get(name).map_or(&[], Vec::as_slice), rest));
    }
    // A program takes the absence of a newer call well, and a refusal badly: what is newer than the profile is not there.
    let stays_out = !matches!(rest, ALLOW | LOG) && rest & ACTION != TRACE;
    let newer = last_known.filter(|_| stays_out).map(|last| last + 1);
    let end = newer.unwrap_or(by_number.len());
    by_number.truncate(end);
    let not_there = ERRNO | libc::ENOSYS as u32;
    let beyond = if newer.is_some() { not_there } else { rest };
    let mut ranges: Vec<(u32, Call)> = (0..).zip(by_number).collect();
    ranges.push((end as u32, plain(beyond)));
    ranges.push((X32_CALLS, plain(not_there)));
    ranges.dedup_by(|later, earlier| later.1 == earlier.1);
    ranges
}

/// Puts the cases of a call together. One without conditions is the last word, wherever it stands.
fn call(cases: &[Case], rest: u32) -> Call {
    match cases.iter().find(|(arguments, _)| arguments.is_empty()) {
        Some((_, answer)) => Call { cases: Vec::new(), rest: *answer },
        None => Call { cases: cases.to_vec(), rest },
    }
}

fn code(action: SeccompAction, errno: Option<u16>) -> u32 {
    let errno = u32::from(errno.unwrap_or(libc::EPERM as u16));
    match action {
        SeccompAction::Allow => ALLOW,
        SeccompAction::Errno => ERRNO | errno,
        SeccompAction::KillThread => KILL_THREAD,
        SeccompAction::KillProcess => KILL_PROCESS,
        SeccompAction::Trap => TRAP,
        SeccompAction::Trace => TRACE | errno,
        SeccompAction::Log => LOG,
    }
}

fn instructions(call: &Call) -> Piece {
    let mut piece = Piece::new();
    for (arguments, verdict) in &call.cases {
        let comparisons: Vec<Vec<Test>> = arguments.iter().map(comparison).collect();
        piece.extend(conditional(&comparisons, *verdict));
    }
    piece.extend(answer(call.rest));
    piece
}

/// Compares both halves of an argument, the high one first.
fn comparison(argument: &SeccompArgument) -> Vec<Test> {
    let low_at = FIRST_ARGUMENT_OFFSET + 8 * argument.index;
    let high_at = low_at + 4;
    let halves = |value: u64| ((value >> 32) as u32, value as u32);
    let (high, low) = halves(argument.value);
    let differ = |less: To, more: To| {
        [Test::Load(high_at), Test::More(high, more, To::Next), Test::Equal(high, To::Next, less)]
    };
    let ordered = |less, more, low: Test| {
        differ(less, more).into_iter().chain([Test::Load(low_at), low]).collect()
    };
    match argument.op {
        SeccompComparison::Equal => {
            ordered(To::Fail, To::Fail, Test::Equal(low, To::Pass, To::Fail))
        }
        SeccompComparison::NotEqual => {
            ordered(To::Pass, To::Pass, Test::Equal(low, To::Fail, To::Pass))
        }
        SeccompComparison::Less => {
            ordered(To::Pass, To::Fail, Test::AtLeast(low, To::Fail, To::Pass))
        }
        SeccompComparison::AtMost => {
            ordered(To::Pass, To::Fail, Test::More(low, To::Fail, To::Pass))
        }
        SeccompComparison::AtLeast => {
            ordered(To::Fail, To::Pass, Test::AtLeast(low, To::Pass, To::Fail))
        }
        SeccompComparison::More => ordered(To::Fail, To::Pass, Test::More(low, To::Pass, To::Fail)),
        SeccompComparison::MaskedEqual => {
            let (wanted_high, wanted_low) = halves(argument.value_two & argument.value);
            vec![
                Test::Load(high_at),
                Test::Mask(high),
                Test::Equal(wanted_high, To::Next, To::Fail),
                Test::Load(low_at),
                Test::Mask(low),
                Test::Equal(wanted_low, To::Pass, To::Fail),
            ]
        }
    }
}

#[cfg(test)]
mod tests;
