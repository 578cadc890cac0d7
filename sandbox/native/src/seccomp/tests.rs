//! The filter, run by a small interpreter of its instructions.

use sandbox_shim::Capabilities;

use super::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, I386_CALLS, X86_64_CALLS, default_filter};
use crate::syscall::Instruction;

const ALLOW: u32 = 0x7fff_0000;
const EPERM: u32 = 0x0005_0001;
const ENOSYS: u32 = 0x0005_0026;

fn run(program: &[Instruction], arch: u32, number: u32, argument: u32) -> u32 {
    let (mut at, mut loaded) = (0, 0);
    loop {
        let Instruction { code, jt, jf, k } = program[at];
        at += 1;
        let taken = match code {
            0x20 => {
                loaded = match k {
                    0 => number,
                    4 => arch,
                    _ => argument,
                };
                continue;
            }
            0x06 => return k,
            0x05 => {
                at += k as usize;
                continue;
            }
            0x15 => loaded == k,
            0x35 => loaded >= k,
            _ => loaded & k != 0,
        };
        at += usize::from(if taken { jt } else { jf });
    }
}

fn number(calls: &str, name: &str) -> u32 {
    let words: Vec<&str> = calls.split_whitespace().collect();
    words.chunks(2).find(|pair| pair[0] == name).unwrap()[1].parse().unwrap()
}

fn check(bounding: Capabilities, name: &str, argument: u32, expected: u32) {
    let program = default_filter(bounding);
    for (arch, calls) in [(AUDIT_ARCH_X86_64, X86_64_CALLS), (AUDIT_ARCH_I386, I386_CALLS)] {
        let got = run(&program, arch, number(calls, name), argument);
        assert_eq!(got, expected, "{name}({argument:#x}) on {arch:#x}: {got:#x}");
    }
}

#[test]
fn ordinary_calls_are_allowed_and_dangerous_ones_refused() {
    for name in ["read", "execve", "ptrace", "fchmodat2", "chroot", "mknod", "capset"] {
        check(Capabilities::DOCKER_DEFAULT, name, 0, ALLOW);
    }
    let refused = "mount umount2 unshare setns bpf keyctl reboot swapon io_uring_setup userfaultfd settimeofday";
    for name in refused.split(' ') {
        check(Capabilities::DOCKER_DEFAULT, name, 0, EPERM);
    }
}

#[test]
fn capabilities_open_the_calls_that_need_them() {
    for name in ["mount", "unshare", "setns", "bpf", "clone3", "reboot", "settimeofday"] {
        check(Capabilities::ALL, name, 0, ALLOW);
    }
    check(Capabilities::ALL, "clone", 0x1000_0000, ALLOW);
    check(Capabilities::NONE, "chroot", 0, EPERM);
    check(Capabilities::ALL, "keyctl", 0, EPERM);
}

#[test]
fn clone_may_not_create_namespaces_and_clone3_is_unknown() {
    check(Capabilities::DOCKER_DEFAULT, "clone", 0x11, ALLOW);
    check(Capabilities::DOCKER_DEFAULT, "clone", 0x1000_0011, EPERM);
    check(Capabilities::DOCKER_DEFAULT, "clone", 0x0200_0000, EPERM);
    check(Capabilities::DOCKER_DEFAULT, "clone3", 0, ENOSYS);
}

#[test]
fn some_socket_families_are_refused() {
    for (family, expected) in [(0, EPERM), (1, ALLOW), (2, ALLOW), (17, ALLOW), (38, EPERM)] {
        check(Capabilities::DOCKER_DEFAULT, "socket", family, expected);
    }
    for (family, expected) in [(39, ALLOW), (40, EPERM), (45, ALLOW), (46, EPERM), (!0, EPERM)] {
        check(Capabilities::ALL, "socket", family, expected);
    }
}

#[test]
fn few_personalities_are_allowed() {
    for (domain, expected) in [(0, ALLOW), (0x2_0008, ALLOW), (!0, ALLOW), (0x40_0000, EPERM)] {
        check(Capabilities::DOCKER_DEFAULT, "personality", domain, expected);
    }
}

#[test]
fn calls_of_tomorrow_and_of_other_tables_do_not_exist() {
    let program = default_filter(Capabilities::DOCKER_DEFAULT);
    assert_eq!(run(&program, AUDIT_ARCH_X86_64, 467, 0), ENOSYS);
    assert_eq!(run(&program, AUDIT_ARCH_X86_64, 0x4000_0000, 0), ENOSYS);
    assert_eq!(run(&program, AUDIT_ARCH_I386, 0xffff_ffff, 0), ENOSYS);
    assert_eq!(run(&program, 0x1234, 0, 0), 0x8000_0000);
}

#[test]
fn the_lists_are_in_the_order_the_search_needs() {
    let names: Vec<&str> = super::profile::ALWAYS.split_whitespace().collect();
    assert!(names.is_sorted());
    for calls in [X86_64_CALLS, I386_CALLS] {
        let words: Vec<&str> = calls.split_whitespace().collect();
        let numbers: Vec<usize> =
            words.iter().skip(1).step_by(2).map(|n| n.parse().unwrap()).collect();
        assert!(numbers.is_sorted() && *numbers.last().unwrap() < super::CALLS_MAX);
    }
}

#[test]
fn the_filter_is_short() {
    let length = default_filter(Capabilities::DOCKER_DEFAULT).len();
    assert!(length < 500, "{length} instructions");
}
