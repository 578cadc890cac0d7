//! A profile of system calls of one's own, in Docker's format: JSON that clients send whole.

use serde::{Deserialize, Deserializer, Serialize};

use crate::Capabilities;

mod read;

pub use read::BadSeccompProfile;

/// The kernel's first call table, as profiles name it.
const FIRST_TABLE: &str = "SCMP_ARCH_X86_64";

/// What a profile says, as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeccompProfile {
    /// What becomes of calls that no rule is for.
    pub default_action: SeccompAction,
    /// The error of such calls, where they fail.
    #[serde(default)]
    pub default_errno_ret: Option<u16>,
    /// Call tables, such as `SCMP_ARCH_X86`, beside the kernel's first.
    #[serde(default, deserialize_with = "or_null")]
    pub architectures: Vec<String>,
    /// The same for several kernels.
    #[serde(default, deserialize_with = "or_null")]
    pub arch_map: Vec<SeccompTables>,
    /// Flags of the filter.
    #[serde(default, deserialize_with = "or_null")]
    pub flags: Vec<String>,
    /// Who is told of calls.
    #[serde(default)]
    pub listener_path: String,
    /// The rules.
    #[serde(default, deserialize_with = "or_null")]
    pub syscalls: Vec<SeccompRule>,
}

/// The call tables that a kernel has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeccompTables {
    /// The kernel's first.
    pub architecture: String,
    /// The others.
    #[serde(default, deserialize_with = "or_null")]
    pub sub_architectures: Vec<String>,
}

/// What becomes of some calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeccompRule {
    /// One call.
    #[serde(default)]
    pub name: String,
    /// Several calls.
    #[serde(default, deserialize_with = "or_null")]
    pub names: Vec<String>,
    /// What becomes of them.
    pub action: SeccompAction,
    /// Their error, where they fail.
    #[serde(default)]
    pub errno_ret: Option<u16>,
    /// What their arguments have to be, all of them.
    #[serde(default, deserialize_with = "or_null")]
    pub args: Vec<SeccompArgument>,
    /// Where the rule holds; everywhere when empty.
    #[serde(default, deserialize_with = "or_null")]
    pub includes: SeccompPlaces,
    /// Where it does not.
    #[serde(default, deserialize_with = "or_null")]
    pub excludes: SeccompPlaces,
}

/// Processes and hosts that a rule is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeccompPlaces {
    /// Capabilities that the process may have.
    #[serde(default, deserialize_with = "or_null")]
    pub caps: Vec<String>,
    /// Machines, such as `amd64`.
    #[serde(default, deserialize_with = "or_null")]
    pub arches: Vec<String>,
    /// The first kernel, such as `4.8`.
    #[serde(default)]
    pub min_kernel: Option<String>,
}

/// A condition on an argument of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SeccompArgument {
    /// Which one, from zero.
    pub index: u32,
    /// What it is compared with; a mask where masks are compared.
    #[serde(default)]
    pub value: u64,
    /// What is left under a mask.
    #[serde(default)]
    pub value_two: u64,
    /// How it is compared.
    pub op: SeccompComparison,
}

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeccompAction {
    /// It happens.
    #[serde(rename = "SCMP_ACT_ALLOW")]
    Allow,
    /// It fails.
    #[serde(rename = "SCMP_ACT_ERRNO")]
    Errno,
    /// The thread ends.
    #[serde(rename = "SCMP_ACT_KILL", alias = "SCMP_ACT_KILL_THREAD")]
    KillThread,
    /// The process ends.
    #[serde(rename = "SCMP_ACT_KILL_PROCESS")]
    KillProcess,
    /// The process gets SIGSYS.
    #[serde(rename = "SCMP_ACT_TRAP")]
    Trap,
    /// A tracer is asked.
    #[serde(rename = "SCMP_ACT_TRACE")]
    Trace,
    /// It happens, and the kernel notes it.
    #[serde(rename = "SCMP_ACT_LOG")]
    Log,
}

/// How an argument is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeccompComparison {
    /// It is another.
    #[serde(rename = "SCMP_CMP_NE")]
    NotEqual,
    /// It is less.
    #[serde(rename = "SCMP_CMP_LT")]
    Less,
    /// It is no more.
    #[serde(rename = "SCMP_CMP_LE")]
    AtMost,
    /// It is the same.
    #[serde(rename = "SCMP_CMP_EQ")]
    Equal,
    /// It is no less.
    #[serde(rename = "SCMP_CMP_GE")]
    AtLeast,
    /// It is more.
    #[serde(rename = "SCMP_CMP_GT")]
    More,
    /// What is left under a mask is the same.
    #[serde(rename = "SCMP_CMP_MASKED_EQ")]
    MaskedEqual,
}

// === impl SeccompProfile ===

impl SeccompProfile {
    /// The flag of a profile whose refusals are noted by the kernel.
    pub const FLAG_LOG: &str = "SECCOMP_FILTER_FLAG_LOG";

    /// The flag of a profile that keeps the processor's guesses.
    pub const FLAG_SPECULATION: &str = "SECCOMP_FILTER_FLAG_SPEC_ALLOW";

    /// Goes through the call tables that it is for, beside the kernel's first.
    pub fn tables(&self) -> impl Iterator<Item = &str> {
        let mapped = self.arch_map.iter().find(|tables| tables.architecture == FIRST_TABLE);
        let mapped = mapped.into_iter().flat_map(|tables| &tables.sub_architectures);
        self.architectures.iter().chain(mapped).map(String::as_str)
    }
}

// === impl SeccompRule ===

impl SeccompRule {
    /// Goes through the calls that it is for.
    pub fn calls(&self) -> impl Iterator<Item = &str> {
        let one = Some(self.name.as_str()).filter(|name| !name.is_empty());
        one.into_iter().chain(self.names.iter().map(String::as_str))
    }

    /// Tells whether it holds for a process with these capabilities on this machine, whose kernel is `kernel`.
    pub fn holds(&self, bounding: Capabilities, machine: &str, kernel: &str) -> bool {
        let has = |cap: &String| {
            // As with Docker a profile writes them in one way, and no word stands for all of them.
            let one = cap.starts_with("CAP_").then(|| cap.parse::<Capabilities>());
            one.is_some_and(|one| {
                one.is_ok_and(|one| one.difference(bounding) == Capabilities::NONE)
            })
        };
        let is_there = |arch: &String| arch == machine;
        let is_new = |first: &String| version(kernel) >= version(first);
        let (includes, excludes) = (&self.includes, &self.excludes);
        let is_excluded = excludes.arches.iter().any(is_there)
            || excludes.caps.iter().any(has)
            || excludes.min_kernel.as_ref().is_some_and(is_new);
        let is_included = (includes.arches.is_empty() || includes.arches.iter().any(is_there))
            && includes.caps.iter().all(has)
            && includes.min_kernel.as_ref().is_none_or(is_new);
        is_included && !is_excluded
    }
}

/// Reads the first two numbers of a kernel's version.
fn version(text: &str) -> (u32, u32) {
    let mut numbers =
        text.split(|c: char| !c.is_ascii_digit()).map(|word| word.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// Reads a value that Go's encoder may have written as `null`.
fn or_null<'de, D: Deserializer<'de>, T: Default + Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
