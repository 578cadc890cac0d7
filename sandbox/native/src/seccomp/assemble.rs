//! A filter's instructions: a decision tree over ranges of numbers, small enough to load in a tenth of a millisecond.

use crate::syscall::Instruction;

const LOAD: u16 = 0x20;
const JUMP: u16 = 0x05;
const JUMP_IF_EQUAL: u16 = 0x15;
const JUMP_IF_AT_LEAST: u16 = 0x35;
const JUMP_IF_ANY_SET: u16 = 0x45;
const JUMP_IF_MORE: u16 = 0x25;
const AND: u16 = 0x54;
const RETURN: u16 = 0x06;

const SECCOMP_RET_KILL_PROCESS: u32 = 0x8000_0000;
const SECCOMP_RET_ERRNO: u32 = 0x0005_0000;
const SECCOMP_RET_ALLOW: u32 = 0x7fff_0000;

/// Where the call's number, its architecture and the low half of its first argument lie in what a filter sees.
pub(super) const NUMBER_OFFSET: u32 = 0;
pub(super) const ARCH_OFFSET: u32 = 4;
pub(super) const FIRST_ARGUMENT_OFFSET: u32 = 16;

/// A piece of a filter. Every piece ends in a return on all its ways, so pieces can be laid one after another.
pub(super) type Piece = Vec<Instruction>;

fn instruction(code: u16, k: u32, jt: usize, jf: usize) -> Instruction {
    Instruction { code, jt: jt as u8, jf: jf as u8, k }
}

/// Loads a word of the call.
pub(super) fn load(offset: u32) -> Instruction {
    instruction(LOAD, offset, 0, 0)
}

/// Lets the call happen.
pub(super) fn allow() -> Piece {
    vec![instruction(RETURN, SECCOMP_RET_ALLOW, 0, 0)]
}

/// Fails the call.
pub(super) fn fail(errno: i32) -> Piece {
    vec![instruction(RETURN, SECCOMP_RET_ERRNO | errno as u32, 0, 0)]
}

/// Ends the process.
pub(super) fn kill() -> Piece {
    vec![instruction(RETURN, SECCOMP_RET_KILL_PROCESS, 0, 0)]
}

/// Does `equal` if the loaded word is `value`, `other` if not.
pub(super) fn if_equal(value: u32, equal: Piece, other: Piece) -> Piece {
    branch(JUMP_IF_EQUAL, value, equal, other)
}

/// Does `set` if the loaded word has any bit of `mask`, `other` if not.
pub(super) fn if_any_set(mask: u32, set: Piece, other: Piece) -> Piece {
    branch(JUMP_IF_ANY_SET, mask, set, other)
}

/// Does the piece of the last range that starts at or below the loaded word. The first range starts at zero.
pub(super) fn by_range<T>(ranges: &[(u32, T)], piece: &impl Fn(&T) -> Piece) -> Piece {
    match ranges {
        [] => kill(),
        [(_, only)] => piece(only),
        _ => {
            let (below, above) = ranges.split_at(ranges.len() / 2);
            let (below_piece, above_piece) = (by_range(below, piece), by_range(above, piece));
            branch(JUMP_IF_AT_LEAST, above[0].0, above_piece, below_piece)
        }
    }
}

/// A conditional jump reaches 255 instructions; a longer way takes a plain jump.
fn branch(code: u16, k: u32, mut yes: Piece, no: Piece) -> Piece {
    let mut piece = if no.len() <= usize::from(u8::MAX) {
        vec![instruction(code, k, no.len(), 0)]
    } else {
        vec![instruction(code, k, 0, 1), instruction(JUMP, no.len() as u32, 0, 0)]
    };
    piece.extend(no);
    piece.append(&mut yes);
    piece
}

/// Gives an answer of the kernel's own numbering.
pub(super) fn answer(value: u32) -> Piece {
    vec![instruction(RETURN, value, 0, 0)]
}

/// A step of a comparison.
#[derive(Debug, Clone, Copy)]
pub(super) enum Test {
    /// Loads a word of the call.
    Load(u32),
    /// Leaves the bits of a mask.
    Mask(u32),
    /// Goes the first way if the word is the same, else the second.
    Equal(u32, To, To),
    /// The same if it is more.
    More(u32, To, To),
    /// The same if it is no less.
    AtLeast(u32, To, To),
}

/// Where a comparison goes on.
#[derive(Debug, Clone, Copy)]
pub(super) enum To {
    /// At its next step.
    Next,
    /// At the next comparison: this one holds.
    Pass,
    /// Behind all of them: this one does not hold.
    Fail,
}

/// Gives an answer where every comparison holds, and goes on behind itself where one does not. Comparisons of a call's six
/// arguments are short enough for every jump.
pub(super) fn conditional(comparisons: &[Vec<Test>], verdict: u32) -> Piece {
    let fail = comparisons.iter().map(Vec::len).sum::<usize>() + 1;
    let (mut piece, mut pass) = (Piece::new(), 0);
    for steps in comparisons {
        pass += steps.len();
        for step in steps {
            let next = piece.len() + 1;
            let distance = |to: To| match to {
                To::Next => 0,
                To::Pass => pass - next,
                To::Fail => fail - next,
            };
            piece.push(match *step {
                Test::Load(offset) => load(offset),
                Test::Mask(mask) => instruction(AND, mask, 0, 0),
                Test::Equal(k, yes, no) => {
                    instruction(JUMP_IF_EQUAL, k, distance(yes), distance(no))
                }
                Test::More(k, yes, no) => instruction(JUMP_IF_MORE, k, distance(yes), distance(no)),
                Test::AtLeast(k, yes, no) => {
                    instruction(JUMP_IF_AT_LEAST, k, distance(yes), distance(no))
                }
            });
        }
    }
    piece.extend(answer(verdict));
    piece
}
