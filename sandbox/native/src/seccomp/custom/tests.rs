//! Profiles of one's own, run by a small interpreter of the filter's instructions.

use sandbox_shim::{Capabilities, SeccompProfile};

use super::program;
use crate::seccomp::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, I386_CALLS, X86_64_CALLS};
use crate::syscall::Instruction;

const ALLOW: u32 = 0x7fff_0000;
const EPERM: u32 = 0x0005_0001;
const ENOSYS: u32 = 0x0005_0026;
const KILL: u32 = 0x8000_0000;

fn run(program: &[Instruction], arch: u32, number: u32, arguments: &[u64]) -> u32 {
    let (mut at, mut word) = (0, 0);
    loop {
        let Instruction { code, jt, jf, k } = program[at];
        at += 1;
        let taken = match code {
            0x20 => {
                let argument =
                    |place: u32| arguments.get((place / 8) as usize).copied().unwrap_or(0);
                word = match k {
                    0 => number,
                    4 => arch,
                    low if low % 8 == 0 => argument(low - 16) as u32,
                    high => (argument(high - 20) >> 32) as u32,
                };
                continue;
            }
            0x06 => return k,
            0x05 => {
                at += k as usize;
                continue;
            }
            0x54 => {
                word &= k;
                continue;
            }
            0x15 => word == k,
            0x25 => word > k,
            0x35 => word >= k,
            other => panic!("no such instruction: {other:#x}"),
        };
        at += usize::from(if taken { jt } else { jf });
    }
}

fn number(name: &str) -> u32 {
    number_of(X86_64_CALLS, name)
}

fn number_of(calls: &str, name: &str) -> u32 {
    let words: Vec<&str> = calls.split_whitespace().collect();
    words.chunks(2).find(|pair| pair[0] == name).unwrap()[1].parse().unwrap()
}

fn filter(json: &str) -> Vec<Instruction> {
    let profile = SeccompProfile::parse(json).unwrap().unwrap();
    super::filter(&profile, Capabilities::DOCKER_DEFAULT).unwrap().program
}

fn answer(json: &str, name: &str, arguments: &[u64]) -> u32 {
    run(&filter(json), AUDIT_ARCH_X86_64, number(name), arguments)
}

fn with_condition(op: &str, value: u64, value_two: u64, argument: u64) -> bool {
    let json = format!(
        r#"{{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{{"name":"ioctl","action":"SCMP_ACT_ERRNO",
            "args":[{{"index":1,"value":{value},"valueTwo":{value_two},"op":"SCMP_CMP_{op}"}}]}}]}}"#
    );
    answer(&json, "ioctl", &[7, argument]) == EPERM
}

#[test]
fn arguments_are_compared_in_all_their_bits() {
    let near = [0, 1, 2, (1 << 32) - 1, 1 << 32, (1 << 32) + 1, (5 << 32) + 1, u64::MAX];
    for value in near {
        for argument in near {
            let holds = |op| with_condition(op, value, 0, argument);
            assert_eq!(holds("EQ"), argument == value, "{argument} = {value}");
            assert_eq!(holds("NE"), argument != value, "{argument} != {value}");
            assert_eq!(holds("LT"), argument < value, "{argument} < {value}");
            assert_eq!(holds("LE"), argument <= value, "{argument} <= {value}");
            assert_eq!(holds("GT"), argument > value, "{argument} > {value}");
            assert_eq!(holds("GE"), argument >= value, "{argument} >= {value}");
            let masked = with_condition("MASKED_EQ", value, 1, argument);
            assert_eq!(masked, argument & value == 1 & value, "{argument} & {value} = 1");
        }
    }
}

#[test]
fn several_arguments_hold_together_and_several_values_of_one_each_for_itself() {
    let rule = |args: &str| {
        format!(
            r#"{{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[
                {{"names":["socket","execve"],"action":"SCMP_ACT_ALLOW","args":[{args}]}}]}}"#
        )
    };
    let equal = |index, value| format!(r#"{{"index":{index},"value":{value},"op":"SCMP_CMP_EQ"}}"#);
    let both = rule(&format!("{},{}", equal(0, 2), equal(2, 6)));
    assert_eq!(answer(&both, "socket", &[2, 9, 6]), ALLOW);
    assert_eq!(answer(&both, "socket", &[2, 9, 5]), EPERM);
    assert_eq!(answer(&both, "execve", &[1, 9, 6]), EPERM);
    let either = rule(&format!("{},{}", equal(0, 2), equal(0, 3)));
    assert_eq!(answer(&either, "socket", &[3]), ALLOW);
    assert_eq!(answer(&either, "socket", &[4]), EPERM);
}

#[test]
fn the_first_rule_without_conditions_has_the_last_word() {
    let json = r#"{"defaultAction":"SCMP_ACT_ALLOW","defaultErrnoRet":5,"syscalls":[
        {"names":["mkdir"],"action":"SCMP_ACT_LOG","args":[{"index":0,"value":1,"op":"SCMP_CMP_EQ"}]},
        {"names":["mkdir","nosuchcall"],"action":"SCMP_ACT_ERRNO","errnoRet":13},
        {"names":["mkdir"],"action":"SCMP_ACT_KILL"},
        {"names":["chmod"],"action":"SCMP_ACT_TRAP"},
        {"names":["rmdir"],"action":"SCMP_ACT_KILL_PROCESS"}]}"#;
    assert_eq!(answer(json, "mkdir", &[1]), 0x0005_000d);
    assert_eq!(answer(json, "chmod", &[]), 0x0003_0000);
    assert_eq!(answer(json, "rmdir", &[]), KILL);
    assert_eq!(answer(json, "read", &[]), ALLOW);
    assert_eq!(answer(json, "futex_requeue", &[]), ALLOW, "newer than what is listed");
}

#[test]
fn what_is_newer_than_a_list_of_what_is_allowed_is_not_there() {
    let json = r#"{"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86_64"],
        "syscalls":[{"names":["read","openat2"],"action":"SCMP_ACT_ALLOW"}]}"#;
    assert_eq!(answer(json, "openat2", &[]), ALLOW);
    assert_eq!(answer(json, "write", &[]), EPERM);
    assert_eq!(answer(json, "futex_requeue", &[]), ENOSYS);
    let filter = filter(json);
    assert_eq!(run(&filter, AUDIT_ARCH_X86_64, 0x4000_0000, &[]), ENOSYS, "the x32 table");
    assert_eq!(run(&filter, AUDIT_ARCH_I386, 3, &[]), KILL, "a table that is not listed");
}

#[test]
fn a_profile_that_takes_too_much_is_refused() {
    let name = |number: u32| format!(r#"{{"index":5,"value":{number},"op":"SCMP_CMP_EQ"}}"#);
    let args: Vec<String> = (0..1000).map(name).collect();
    let json = format!(
        r#"{{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{{"name":"ioctl","action":"SCMP_ACT_LOG","args":[{}]}}]}}"#,
        args.join(",")
    );
    let profile = SeccompProfile::parse(&json).unwrap().unwrap();
    let refused = program(&profile, Capabilities::DOCKER_DEFAULT).unwrap_err().to_string();
    assert!(refused.contains("instructions"), "{refused}");
}

#[test]
fn a_call_that_stands_for_others_does_as_they_do() {
    let json = r#"{"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86"],"syscalls":[
        {"names":["socket","semop"],"action":"SCMP_ACT_ERRNO"},
        {"name":"connect","action":"SCMP_ACT_LOG","args":[{"index":0,"value":9,"op":"SCMP_CMP_EQ"}]},
        {"name":"ioctl","action":"SCMP_ACT_ERRNO",
         "args":[{"index":1,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}"#;
    let filter = filter(json);
    let second = |name, arguments: &[u64]| {
        run(&filter, AUDIT_ARCH_I386, number_of(I386_CALLS, name), arguments)
    };
    assert_eq!(second("socket", &[2]), EPERM);
    assert_eq!(second("socketcall", &[1]), EPERM);
    assert_eq!(second("socketcall", &[3]), 0x7ffc_0000, "its first argument is in memory");
    assert_eq!(second("socketcall", &[2]), ALLOW);
    assert_eq!(second("ipc", &[1]), EPERM);
    assert_eq!(second("ipc", &[0x1_0001]), EPERM, "the same call of another version");
    assert_eq!(second("ipc", &[2]), ALLOW);
    assert_eq!(second("ioctl", &[0, 0xffff_ffff]), EPERM, "it has 32 bits here");
    assert_eq!(answer(json, "ioctl", &[0, 0xffff_ffff]), ALLOW, "and 64 there");
}

#[test]
fn flags_of_a_profile_are_the_kernels() {
    let json = r#"{"defaultAction":"SCMP_ACT_ALLOW","flags":["SECCOMP_FILTER_FLAG_TSYNC",
        "SECCOMP_FILTER_FLAG_LOG","SECCOMP_FILTER_FLAG_SPEC_ALLOW"]}"#;
    let profile = SeccompProfile::parse(json).unwrap().unwrap();
    assert_eq!(super::filter(&profile, Capabilities::NONE).unwrap().flags, 6);
}
