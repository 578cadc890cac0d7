//! The second call table: arguments of 32 bits, and two calls that stand for many.
//!
//! A rule for `socket` has to hold for `socketcall` too, whose first argument says which call is meant, or a 32-bit program would
//! walk around it. The other arguments of such a call are in memory, where no filter looks: as with libseccomp, a condition on the
//! first argument gives way to the number of the call.

use sandbox_shim::{SeccompArgument, SeccompComparison};

use super::{Case, Cases};

/// The call that stands for those of sockets, and the numbers of these.
const SOCKETCALL: &str = "socketcall";
const SOCKET_CALLS: &[(&str, u64)] = &[
    ("socket", 1),
    ("bind", 2),
    ("connect", 3),
    ("listen", 4),
    ("accept", 5),
    ("getsockname", 6),
    ("getpeername", 7),
    ("socketpair", 8),
    ("send", 9),
    ("recv", 10),
    ("sendto", 11),
    ("recvfrom", 12),
    ("shutdown", 13),
    ("setsockopt", 14),
    ("getsockopt", 15),
    ("sendmsg", 16),
    ("recvmsg", 17),
    ("accept4", 18),
    ("recvmmsg", 19),
    ("sendmmsg", 20),
];

/// The call that stands for those of System V, and the numbers of these.
const IPC: &str = "ipc";
const IPC_CALLS: &[(&str, u64)] = &[
    ("semop", 1),
    ("semget", 2),
    ("semctl", 3),
    ("semtimedop", 4),
    ("msgsnd", 11),
    ("msgrcv", 12),
    ("msgget", 13),
    ("msgctl", 14),
    ("shmat", 21),
    ("shmdt", 22),
    ("shmget", 23),
    ("shmctl", 24),
];

/// The bits of the first argument of `ipc` that say which call is meant; a version is above them.
const IPC_NUMBER: u64 = 0xffff;

/// Gives the cases of the second table.
pub(super) fn cases<'p>(first: &Cases<'p>) -> Cases<'p> {
    let mut all = Cases { known: first.known.clone(), ..Cases::default() };
    for (name, cases) in &first.by_name {
        all.by_name.insert(name, cases.iter().map(|(args, answer)| (low(args), *answer)).collect());
    }
    for (stands, calls, mask) in
        [(SOCKETCALL, SOCKET_CALLS, u64::from(u32::MAX)), (IPC, IPC_CALLS, IPC_NUMBER)]
    {
        for (name, number) in calls {
            let of_call = first.by_name.get(name).into_iter().flatten();
            let cases: Vec<Case> = of_call
                .map(|(args, answer)| (standing(&low(args), *number, mask), *answer))
                .collect();
            if !cases.is_empty() {
                all.by_name.entry(stands).or_default().extend(cases);
            }
        }
    }
    all
}

/// The same conditions in the bits that there are.
fn low(arguments: &[SeccompArgument]) -> Vec<SeccompArgument> {
    let low = |value| value & u64::from(u32::MAX);
    let cut = |one: &SeccompArgument| SeccompArgument {
        value: low(one.value),
        value_two: low(one.value_two),
        ..*one
    };
    arguments.iter().map(cut).collect()
}

/// The conditions of a call that another stands for.
fn standing(arguments: &[SeccompArgument], number: u64, mask: u64) -> Vec<SeccompArgument> {
    let op = SeccompComparison::MaskedEqual;
    let others = arguments.iter().filter(|argument| argument.index != 0).copied();
    [SeccompArgument { index: 0, value: mask, value_two: number, op }]
        .into_iter()
        .chain(others)
        .collect()
}
