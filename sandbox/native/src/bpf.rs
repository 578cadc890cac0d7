//! The device filter of version 2 control groups: a small eBPF program made of the rules.
//!
//! Without it root in a container, which may make device nodes, could read the host's disks.

#![expect(unsafe_code, reason = "bpf(2) has no safe wrapper")]

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::Errno;

use crate::cgroup::devices::{Kind, Rule};

const BPF_PROG_LOAD: libc::c_int = 5;
const BPF_PROG_ATTACH: libc::c_int = 8;
const BPF_PROG_TYPE_CGROUP_DEVICE: u32 = 15;
const BPF_CGROUP_DEVICE: u32 = 6;
/// Programs of groups above and below are run as well, and all must allow.
const BPF_F_ALLOW_MULTI: u32 = 2;

/// Registers: the result, the context, then what is made of the context.
const RESULT: u8 = 0;
const CONTEXT: u8 = 1;
const KIND: u8 = 2;
const ACCESS: u8 = 3;
const MAJOR: u8 = 4;
const MINOR: u8 = 5;

const LOAD_WORD: u8 = 0x61;
const MOVE: u8 = 0xbc;
const MOVE_CONSTANT: u8 = 0xb4;
const AND_CONSTANT: u8 = 0x54;
const SHIFT_RIGHT_CONSTANT: u8 = 0x74;
const JUMP_UNLESS_EQUAL: u8 = 0x55;
const EXIT: u8 = 0x95;

/// One instruction as the kernel lays it out.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
struct Instruction {
    code: u8,
    registers: u8,
    offset: i16,
    constant: i32,
}

/// The beginning of `union bpf_attr` for loading a program; the rest may be left out.
#[repr(C)]
struct Load {
    program_type: u32,
    length: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
}

/// The beginning of `union bpf_attr` for attaching one.
#[repr(C)]
struct Attach {
    target: u32,
    program: u32,
    attach_type: u32,
    flags: u32,
}

/// Lets the processes of `group` use what `rules` allow and no other device.
pub(crate) fn filter_devices(group: BorrowedFd<'_>, rules: &[Rule]) -> Result<(), Errno> {
    let instructions = assemble(rules);
    let load = Load {
        program_type: BPF_PROG_TYPE_CGROUP_DEVICE,
        length: instructions.len() as u32,
        instructions: instructions.as_ptr() as u64,
        license: c"Apache-2.0".as_ptr() as u64,
        log_level: 0,
        log_size: 0,
        log: 0,
    };
    let program = bpf(BPF_PROG_LOAD, &load)?;
    // SAFETY: a successful load returns a new descriptor that nobody else owns.
    let program = unsafe { OwnedFd::from_raw_fd(program) };
    let attach = Attach {
        target: group.as_raw_fd() as u32,
        program: program.as_raw_fd() as u32,
        attach_type: BPF_CGROUP_DEVICE,
        flags: BPF_F_ALLOW_MULTI,
    };
    bpf(BPF_PROG_ATTACH, &attach).map(drop)
}

fn bpf<T>(command: libc::c_int, attributes: &T) -> Result<i32, Errno> {
    // SAFETY: the attributes are a whole structure of the command, and what they point to outlives the call.
    let result = unsafe {
        libc::syscall(libc::SYS_bpf, command, std::ptr::from_ref(attributes), size_of::<T>())
    };
    match i32::try_from(result) {
        Ok(result) if result >= 0 => Ok(result),
        // SAFETY: errno is thread-local and always there.
        _ => Err(Errno::from_raw_os_error(unsafe { *libc::__errno_location() })),
    }
}

fn op(code: u8, to: u8, from: u8, offset: i16, constant: i32) -> Instruction {
    Instruction { code, registers: from << 4 | to, offset, constant }
}

/// The context holds kind and access in one word, then the two numbers of the device.
fn assemble(rules: &[Rule]) -> Vec<Instruction> {
    let mut program = vec![
        op(LOAD_WORD, KIND, CONTEXT, 0, 0),
        op(MOVE, ACCESS, KIND, 0, 0),
        op(AND_CONSTANT, KIND, 0, 0, 0xffff),
        op(SHIFT_RIGHT_CONSTANT, ACCESS, 0, 0, 16),
        op(LOAD_WORD, MAJOR, CONTEXT, 4, 0),
        op(LOAD_WORD, MINOR, CONTEXT, 8, 0),
    ];
    for rule in rules {
        program.extend(one(rule));
    }
    program.extend(result(0));
    program
}

fn result(value: i32) -> [Instruction; 2] {
    [op(MOVE_CONSTANT, RESULT, 0, 0, value), op(EXIT, 0, 0, 0, 0)]
}

/// Ends with "allowed" if the rule fits, else falls through.
fn one(rule: &Rule) -> Vec<Instruction> {
    let kind = match rule.kind {
        Kind::Block => 1,
        Kind::Character => 2,
    };
    let mut piece = vec![
        op(JUMP_UNLESS_EQUAL, KIND, 0, 0, kind),
        op(MOVE, RESULT, ACCESS, 0, 0),
        op(AND_CONSTANT, RESULT, 0, 0, !(rule.access as i32)),
        op(JUMP_UNLESS_EQUAL, RESULT, 0, 0, 0),
    ];
    for (register, number) in [(MAJOR, rule.major), (MINOR, rule.minor)] {
        if let Some(number) = number {
            piece.push(op(JUMP_UNLESS_EQUAL, register, 0, 0, number as i32));
        }
    }
    piece.extend(result(1));
    let length = piece.len();
    for (at, instruction) in piece.iter_mut().enumerate() {
        if instruction.code == JUMP_UNLESS_EQUAL {
            instruction.offset = (length - at - 1) as i16;
        }
    }
    piece
}
