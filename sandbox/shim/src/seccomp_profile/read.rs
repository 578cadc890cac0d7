//! Reading a profile, and refusing what no filter can be made of.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{FIRST_TABLE, SeccompAction, SeccompProfile, SeccompRule, or_null};

/// The call tables that profiles may name. Those of other machines are passed over.
const TABLES: &[&str] = &[
    FIRST_TABLE,
    "SCMP_ARCH_X86",
    "SCMP_ARCH_X32",
    "SCMP_ARCH_ARM",
    "SCMP_ARCH_AARCH64",
    "SCMP_ARCH_MIPS",
    "SCMP_ARCH_MIPS64",
    "SCMP_ARCH_MIPS64N32",
    "SCMP_ARCH_MIPSEL",
    "SCMP_ARCH_MIPSEL64",
    "SCMP_ARCH_MIPSEL64N32",
    "SCMP_ARCH_PPC",
    "SCMP_ARCH_PPC64",
    "SCMP_ARCH_PPC64LE",
    "SCMP_ARCH_S390",
    "SCMP_ARCH_S390X",
    "SCMP_ARCH_RISCV64",
    "SCMP_ARCH_LOONGARCH64",
];

/// The flags that a profile may have. Without threads of its own yet, a process has nothing to keep in step.
const FLAGS: &[&str] =
    &["SECCOMP_FILTER_FLAG_TSYNC", SeccompProfile::FLAG_LOG, SeccompProfile::FLAG_SPECULATION];

/// Arguments of a call.
const ARGUMENTS: u32 = 6;

/// The highest error that a filter may give.
const ERRNO_MAX: u16 = 4095;

/// What tells an empty profile from one that is not whole.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    #[serde(default, deserialize_with = "or_null")]
    default_action: String,
    #[serde(default, deserialize_with = "or_null")]
    syscalls: Vec<IgnoredAny>,
}

/// Why a profile cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSeccompProfile {
    /// It is not such JSON.
    #[error("Decoding seccomp profile failed: {0}")]
    Unread(String),
    /// It says what cannot be.
    #[error("{0} in the seccomp profile")]
    Impossible(String),
    /// It wants what is not built.
    #[error("not built yet: {0} of a seccomp profile")]
    Unbuilt(String),
}

// === impl SeccompProfile ===

impl SeccompProfile {
    /// Reads a profile and checks it; none that says nothing at all, which confines nothing, as on Docker.
    pub fn parse(json: &str) -> Result<Option<Self>, BadSeccompProfile> {
        let unread = |error: serde_json::Error| BadSeccompProfile::Unread(error.to_string());
        let outline: Outline = serde_json::from_str(json).map_err(unread)?;
        if outline.default_action.is_empty() && outline.syscalls.is_empty() {
            return Ok(None);
        }
        let profile: Self = serde_json::from_str(json).map_err(unread)?;
        profile.check()?;
        Ok(Some(profile))
    }

    fn check(&self) -> Result<(), BadSeccompProfile> {
        let impossible = |what: String| Err(BadSeccompProfile::Impossible(what));
        if !self.architectures.is_empty() && !self.arch_map.is_empty() {
            return impossible("use either 'architectures' or 'archMap'".to_owned());
        }
        if let Some(table) = self.tables().find(|table| !TABLES.contains(table)) {
            return impossible(format!("string {table} is not a valid arch for seccomp"));
        }
        let mut errors = vec![(self.default_action, self.default_errno_ret)];
        errors.extend(self.syscalls.iter().map(|rule| (rule.action, rule.errno_ret)));
        let too_high = |errno: &u16| *errno > ERRNO_MAX;
        let errors = errors.into_iter().filter(|(action, _)| *action == SeccompAction::Errno);
        if let Some(errno) = errors.filter_map(|(_, errno)| errno).find(too_high) {
            return impossible(format!("there is no error {errno}"));
        }
        self.syscalls.iter().try_for_each(SeccompRule::check)?;
        if !self.listener_path.is_empty() {
            return Err(BadSeccompProfile::Unbuilt("listenerPath".to_owned()));
        }
        match self.flags.iter().find(|flag| !FLAGS.contains(&flag.as_str())) {
            Some(flag) => Err(BadSeccompProfile::Unbuilt(format!("the flag {flag}"))),
            None => Ok(()),
        }
    }
}

impl SeccompRule {
    fn check(&self) -> Result<(), BadSeccompProfile> {
        let impossible = |what: String| Err(BadSeccompProfile::Impossible(what));
        if !self.name.is_empty() && !self.names.is_empty() {
            return impossible("use either 'name' or 'names' for a rule".to_owned());
        }
        if self.names.iter().any(String::is_empty) {
            return impossible("empty string is not a valid syscall".to_owned());
        }
        if let Some(argument) = self.args.iter().find(|argument| argument.index >= ARGUMENTS) {
            return impossible(format!("a call has no argument {}", argument.index));
        }
        let kernels = [&self.includes, &self.excludes].map(|places| places.min_kernel.as_deref());
        match kernels.into_iter().flatten().find(|text| !text.is_empty() && !is_version(text)) {
            Some(text) => Err(BadSeccompProfile::Unread(format!(
                "invalid kernel version: {text:?}, expected \"<kernel>.<major>\""
            ))),
            None => Ok(()),
        }
    }
}

/// Tells whether a text is two numbers with a full stop between them.
fn is_version(text: &str) -> bool {
    let is_number = |word: &str| word.parse::<u8>().is_ok();
    text.split_once('.').is_some_and(|(kernel, major)| is_number(kernel) && is_number(major))
}
