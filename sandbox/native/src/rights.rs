//! Taking a process's rights away: capabilities, ids, limits.

use rustix::fs::{Gid, Uid};
use rustix::io::Errno;
use rustix::process::{Resource, Rlimit as KernelLimit, Signal, getrlimit, setrlimit};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capability_is_in_bounding_set, clear_ambient_capability_set,
    remove_capability_from_bounding_set, set_capabilities, set_thread_groups, set_thread_res_gid,
    set_thread_res_uid,
};
use sandbox_shim::{Capabilities, Rlimit, RlimitKind};

use crate::error::{During, StartError, step};
use crate::identity::Identity;

/// The kernel has room for so many capabilities.
const CAPABILITY_NUMBERS: u32 = 64;

/// The kernel's word for no limit.
const UNLIMITED: u64 = u64::MAX;

/// `CAP_MKNOD`, which a container does not get if nothing filters the devices it could make.
pub(crate) const MAKE_DEVICES: Capabilities = Capabilities::from_bits(1 << 27);

/// Returns the capabilities a process may ever have that this process can still give.
pub(crate) fn available() -> Capabilities {
    // The first number the kernel does not know is an error.
    let bounded = (0..CAPABILITY_NUMBERS)
        .map_while(|number| Some((number, capability_is_in_bounding_set(bit(number)).ok()?)));
    let bits = bounded.filter(|(_, given)| *given).fold(0, |bits, (number, _)| bits | 1 << number);
    Capabilities::from_bits(bits)
}

fn bit(number: u32) -> CapabilitySet {
    CapabilitySet::from_bits_retain(1 << number)
}

/// Takes `surplus` from what this process and its children can ever have.
pub(crate) fn give_up(surplus: Capabilities) -> Result<(), StartError> {
    let surplus = surplus.bits();
    (0..CAPABILITY_NUMBERS)
        .filter(|number| surplus & (1 << number) != 0)
        .try_for_each(|number| remove_capability_from_bounding_set(bit(number)))
        .during(step!("dropping capabilities"))
}

/// Becomes the user, with the capabilities Docker gives: root has the bounded ones, others none.
///
/// Nothing is inheritable (CVE-2022-24769), and the ambient set is empty.
pub(crate) fn become_user(
    identity: &Identity,
    capabilities: Capabilities,
) -> Result<(), StartError> {
    let groups: Vec<Gid> = identity.groups.iter().map(|gid| Gid::from_raw(*gid)).collect();
    let (uid, gid) = (Uid::from_raw(identity.uid), Gid::from_raw(identity.gid));
    match set_thread_groups(&groups) {
        // Where one user alone is to be had, groups cannot be given up either: those of whoever started the server stay.
        Err(Errno::PERM) if identity.groups.iter().all(|group| *group == 0) => {}
        set => set.during(step!("setting groups"))?,
    }
    set_thread_res_gid(gid, gid, gid).during(step!("setting the group"))?;
    set_thread_res_uid(uid, uid, uid).during(step!("setting the user"))?;
    match clear_ambient_capability_set() {
        Ok(()) | Err(Errno::INVAL) => {}
        Err(errno) => return Err(errno).during(step!("clearing ambient capabilities")),
    }
    let own = if identity.uid == 0 { capabilities } else { Capabilities::NONE };
    let own = CapabilitySet::from_bits_retain(own.bits());
    let sets =
        CapabilitySets { effective: own, permitted: own, inheritable: CapabilitySet::empty() };
    set_capabilities(None, sets).during(step!("setting capabilities"))
}

/// Sets a limit, or the nearest one that this process may set; returns what was changed about it.
pub(crate) fn limit(rlimit: Rlimit) -> Result<Option<String>, StartError> {
    let resource = resource(rlimit.kind);
    let wanted = KernelLimit { current: finite(rlimit.soft), maximum: finite(rlimit.hard) };
    let what = step!("error setting rlimit type {:?}", rlimit.kind);
    match setrlimit(resource, wanted) {
        Err(Errno::PERM) => {}
        done => return done.map(|()| None).during(what),
    }
    let ceiling = getrlimit(resource).maximum;
    let hard = lower(finite(rlimit.hard), ceiling);
    let clamped = KernelLimit { current: lower(finite(rlimit.soft), hard), maximum: hard };
    setrlimit(resource, clamped).during(what)?;
    let words = |value: Option<u64>| value.map_or("unlimited".to_owned(), |v| v.to_string());
    let kind = format!("{:?}", rlimit.kind).to_lowercase();
    Ok(Some(format!(
        "the host allows no hard limit over {} for {kind}; {} was asked for",
        words(ceiling),
        words(finite(rlimit.hard))
    )))
}

fn finite(value: u64) -> Option<u64> {
    Some(value).filter(|value| *value != UNLIMITED)
}

fn lower(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

fn resource(kind: RlimitKind) -> Resource {
    match kind {
        RlimitKind::Core => Resource::Core,
        RlimitKind::Cpu => Resource::Cpu,
        RlimitKind::Data => Resource::Data,
        RlimitKind::Fsize => Resource::Fsize,
        RlimitKind::Locks => Resource::Locks,
        RlimitKind::Memlock => Resource::Memlock,
        RlimitKind::Msgqueue => Resource::Msgqueue,
        RlimitKind::Nice => Resource::Nice,
        RlimitKind::Nofile => Resource::Nofile,
        RlimitKind::Nproc => Resource::Nproc,
        RlimitKind::Rss => Resource::Rss,
        RlimitKind::Rtprio => Resource::Rtprio,
        RlimitKind::Rttime => Resource::Rttime,
        RlimitKind::Sigpending => Resource::Sigpending,
        RlimitKind::Stack => Resource::Stack,
    }
}

/// Has this process killed when the shim dies, for nobody would read its output or take its exit code.
pub(crate) fn die_with_the_shim() -> Result<(), StartError> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .during(step!("setting the parent death signal"))
}
