//! A machine that tries the ways through an expression one after the other.

use super::syntax_tree::{ByteSet, Node, Place, is_word};
use super::{Found, Groups};

/// The most instructions: counts in braces are written out.
const INSTRUCTIONS_MAX: usize = 200_000;

/// The most steps from one start: back references can make the ways grow beyond any time.
const STEPS_MAX: usize = 20_000_000;

enum Instruction {
    Set(Box<ByteSet>),
    At(Place),
    /// Goes to the first, and to the second should that fail.
    Split(usize, usize),
    Jump(usize),
    Save(usize),
    BackReference(usize),
    /// Goes on only where something was taken since the slot was saved.
    Moved(usize),
    Match,
}

/// An expression as instructions.
pub(super) struct Program {
    instructions: Vec<Instruction>,
    groups: usize,
    slots: usize,
    ignore_case: bool,
}

/// What is undone or tried when a way fails.
enum Pending {
    Try { at: usize, position: usize },
    Restore { slot: usize, old: Option<usize> },
}

impl Program {
    pub(super) fn new(node: &Node, groups: usize, ignore_case: bool) -> Result<Self, String> {
        let slots = 2 * (groups + 1);
        let mut program = Self { instructions: Vec::new(), groups, slots, ignore_case };
        program.compile(node)?;
        program.instructions.push(Instruction::Match);
        Ok(program)
    }

    /// The first match that begins at `at` or later, the longest of those that begin where it does.
    pub(super) fn find_at(&self, text: &[u8], at: usize) -> Option<Groups> {
        (at..=text.len()).find_map(|start| self.run(text, start, None))
    }

    /// The groups of the match from `start` to `end`.
    pub(super) fn groups_of(&self, text: &[u8], start: usize, end: usize) -> Option<Groups> {
        self.run(text, start, Some(end))
    }

    fn push(&mut self, instruction: Instruction) -> Result<usize, String> {
        if self.instructions.len() >= INSTRUCTIONS_MAX {
            return Err("Regular expression too big".to_owned());
        }
        self.instructions.push(instruction);
        Ok(self.instructions.len() - 1)
    }

    fn compile(&mut self, node: &Node) -> Result<(), String> {
        match node {
            Node::Byte(byte) => {
                let set = ByteSet::of(|other| other == *byte);
                self.set(set)?;
            }
            Node::Any => self.set(ByteSet::of(|_| true))?,
            Node::Set(set) => self.set((**set).clone())?,
            Node::At(place) => {
                self.push(Instruction::At(*place))?;
            }
            Node::Group(inner, index) => {
                self.push(Instruction::Save(2 * index))?;
                self.compile(inner)?;
                self.push(Instruction::Save(2 * index + 1))?;
            }
            Node::Concat(parts) => {
                for part in parts {
                    self.compile(part)?;
                }
            }
            Node::Alternate(parts) => self.alternate(parts)?,
            Node::Repeat { of, least, most } => self.repeat(of, *least, *most)?,
            Node::BackReference(index) => {
                self.push(Instruction::BackReference(*index))?;
            }
        }
        Ok(())
    }

    fn set(&mut self, set: ByteSet) -> Result<(), String> {
        let set = if self.ignore_case { set.ignoring_case() } else { set };
        self.push(Instruction::Set(Box::new(set))).map(|_| ())
    }

    fn alternate(&mut self, parts: &[Node]) -> Result<(), String> {
        let mut jumps = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let is_last = index + 1 == parts.len();
            let split = self.instructions.len();
            if !is_last {
                self.push(Instruction::Split(split + 1, 0))?;
            }
            self.compile(part)?;
            if !is_last {
                jumps.push(self.push(Instruction::Jump(0))?);
                let next = self.instructions.len();
                self.instructions[split] = Instruction::Split(split + 1, next);
            }
        }
        let end = self.instructions.len();
        for jump in jumps {
            self.instructions[jump] = Instruction::Jump(end);
        }
        Ok(())
    }

    fn repeat(&mut self, of: &Node, least: u32, most: Option<u32>) -> Result<(), String> {
        for _ in 0..least {
            self.compile(of)?;
        }
        let Some(most) = most else {
            let slot = self.slots;
            self.slots += 1;
            let split = self.push(Instruction::Split(0, 0))?;
            self.push(Instruction::Save(slot))?;
            self.compile(of)?;
            self.push(Instruction::Moved(slot))?;
            self.push(Instruction::Jump(split))?;
            let end = self.instructions.len();
            self.instructions[split] = Instruction::Split(split + 1, end);
            return Ok(());
        };
        let mut splits = Vec::new();
        for _ in least..most {
            splits.push(self.push(Instruction::Split(0, 0))?);
            self.compile(of)?;
        }
        let end = self.instructions.len();
        for split in splits {
            self.instructions[split] = Instruction::Split(split + 1, end);
        }
        Ok(())
    }

    fn run(&self, text: &[u8], start: usize, wanted_end: Option<usize>) -> Option<Groups> {
        let mut slots: Vec<Option<usize>> = vec![None; self.slots];
        let mut pending = vec![Pending::Try { at: 0, position: start }];
        let mut best: Option<(usize, Vec<Option<usize>>)> = None;
        let mut steps = 0;
        while let Some(next) = pending.pop() {
            let (mut at, mut position) = match next {
                Pending::Restore { slot, old } => {
                    slots[slot] = old;
                    continue;
                }
                Pending::Try { at, position } => (at, position),
            };
            loop {
                steps += 1;
                if steps > STEPS_MAX {
                    return best.map(|(end, slots)| self.groups(start, end, &slots));
                }
                if matches!(self.instructions[at], Instruction::Match) {
                    let is_wanted = wanted_end.is_none_or(|end| end == position);
                    if is_wanted && best.as_ref().is_none_or(|(end, _)| position > *end) {
                        best = Some((position, slots.clone()));
                    }
                    if is_wanted && (wanted_end.is_some() || position == text.len()) {
                        return best.map(|(end, slots)| self.groups(start, end, &slots));
                    }
                    break;
                }
                let step = self.step(at, position, text, &mut slots, &mut pending);
                let Some(next) = step else { break };
                (at, position) = next;
            }
        }
        best.map(|(end, slots)| self.groups(start, end, &slots))
    }

    /// The instruction and position that follow, or none where this way fails.
    fn step(
        &self,
        at: usize,
        position: usize,
        text: &[u8],
        slots: &mut [Option<usize>],
        pending: &mut Vec<Pending>,
    ) -> Option<(usize, usize)> {
        match &self.instructions[at] {
            Instruction::Set(set) => {
                text.get(position).filter(|byte| set.has(**byte))?;
                Some((at + 1, position + 1))
            }
            Instruction::At(place) => is_at(*place, text, position).then_some((at + 1, position)),
            Instruction::Split(first, second) => {
                pending.push(Pending::Try { at: *second, position });
                Some((*first, position))
            }
            Instruction::Jump(to) => Some((*to, position)),
            Instruction::Save(slot) => {
                pending.push(Pending::Restore { slot: *slot, old: slots[*slot] });
                slots[*slot] = Some(position);
                Some((at + 1, position))
            }
            Instruction::Moved(slot) => {
                (slots[*slot] != Some(position)).then_some((at + 1, position))
            }
            Instruction::BackReference(index) => {
                let (from, to) = (slots[2 * index]?, slots[2 * index + 1]?);
                let part = &text[from..to];
                let there = text.get(position..position + part.len())?;
                let is_same =
                    if self.ignore_case { part.eq_ignore_ascii_case(there) } else { part == there };
                is_same.then_some((at + 1, position + part.len()))
            }
            Instruction::Match => None,
        }
    }

    fn groups(&self, start: usize, end: usize, slots: &[Option<usize>]) -> Groups {
        let group =
            |index: usize| Some(Found { start: slots[2 * index]?, end: slots[2 * index + 1]? });
        let mut groups: Groups = (0..=self.groups).map(group).collect();
        groups[0] = Some(Found { start, end });
        groups
    }
}

fn is_at(place: Place, text: &[u8], position: usize) -> bool {
    let before = position > 0 && is_word(text[position - 1]);
    let after = text.get(position).is_some_and(|byte| is_word(*byte));
    match place {
        Place::Start => position == 0,
        Place::End => position == text.len(),
        Place::WordStart => !before && after,
        Place::WordEnd => before && !after,
        Place::WordBound => before != after,
        Place::NotWordBound => before == after,
    }
}
