//! `test` and `[`.

use sandbox_tools::FileKind;

use crate::numbers;
use crate::shell::{Flow, Shell};

/// Operators between two operands.
const BINARY: &[&[u8]] = &[
    b"=", b"==", b"!=", b"<", b">", b"-eq", b"-ne", b"-lt", b"-le", b"-gt", b"-ge", b"-nt", b"-ot",
    b"-ef",
];

/// Letters of operators before one.
const UNARY: &[u8] = b"abcdefghknprstuwxzGLNOSvoR";

struct Test<'s, 'a> {
    shell: &'s mut Shell,
    name: &'a [u8],
    args: &'a [Vec<u8>],
    at: usize,
}

/// Runs it.
pub(super) fn run(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut operands = &args[1..];
    if args[0] == b"[" {
        match operands.split_last() {
            Some((last, rest)) if last == b"]" => operands = rest,
            _ => {
                let message = if shell.bash { "missing `]'" } else { "missing ]" };
                return shell.builtin_fail(&args[0], message, 2);
            }
        }
    }
    let mut test = Test { shell, name: &args[0], args: operands, at: 0 };
    let truth = test.all()?;
    Ok(i32::from(!truth))
}

impl Test<'_, '_> {
    fn all(&mut self) -> Flow<bool> {
        let mut negate = false;
        loop {
            let args = self.args;
            match args {
                [] => return Ok(negate),
                [one] => return Ok(one.is_empty() == negate),
                [left, op, right] if is_binary(op, self.shell.bash) => {
                    return Ok(self.binary(left, op, right)? != negate);
                }
                [open, inner @ .., close]
                    if open == b"(" && close == b")" && (args.len() == 3 || args.len() == 4) =>
                {
                    self.args = inner;
                }
                [not, rest @ ..] if not == b"!" && args.len() <= 4 => {
                    negate = !negate;
                    self.args = rest;
                }
                _ => break,
            }
        }
        if self.shell.bash {
            self.check_bash()?;
        }
        let truth = self.or()?;
        if self.at + 1 < self.args.len() {
            let arg = self.args[self.at].clone();
            if self.shell.bash {
                return self.fail(b"too many arguments");
            }
            return self.fail(&[&arg, &b": unexpected operator"[..]].concat());
        }
        Ok(truth != negate)
    }

    /// What bash says of two and three arguments that are no test.
    fn check_bash(&mut self) -> Flow {
        match self.args {
            [op, _] if !is_unary(op) => {
                let message = [op, &b": unary operator expected"[..]].concat();
                self.fail(&message)
            }
            [_, op, _] if !matches!(op.as_slice(), b"-a" | b"-o") => {
                let message = [op, &b": binary operator expected"[..]].concat();
                self.fail(&message)
            }
            _ => Ok(()),
        }
    }

    fn fail<T>(&mut self, message: &[u8]) -> Flow<T> {
        self.shell.builtin_fail(self.name, message, 2)
    }

    fn arg(&self, at: usize) -> Option<&[u8]> {
        self.args.get(at).map(Vec::as_slice)
    }

    fn or(&mut self) -> Flow<bool> {
        let mut truth = self.and()?;
        while self.arg(self.at + 1) == Some(b"-o") {
            self.at += 2;
            truth |= self.and()?;
        }
        Ok(truth)
    }

    fn and(&mut self) -> Flow<bool> {
        let mut truth = self.not()?;
        while self.arg(self.at + 1) == Some(b"-a") {
            self.at += 2;
            truth &= self.not()?;
        }
        Ok(truth)
    }

    fn not(&mut self) -> Flow<bool> {
        if self.arg(self.at) == Some(b"!") && !self.is_operand() {
            self.at += 1;
            return Ok(!self.not()?);
        }
        self.primary()
    }

    /// True where what could be an operator is compared with something.
    fn is_operand(&self) -> bool {
        match (self.arg(self.at + 1), self.arg(self.at + 2)) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(op), Some(_)) => is_binary(op, self.shell.bash),
        }
    }

    fn primary(&mut self) -> Flow<bool> {
        let Some(first) = self.args.get(self.at) else {
            if self.shell.bash {
                return self.fail(b"argument expected");
            }
            return Ok(false);
        };
        if first == b"(" && !self.is_operand() {
            self.at += 1;
            if self.arg(self.at) == Some(b")") {
                return Ok(false);
            }
            let truth = self.or()?;
            self.at += 1;
            if self.arg(self.at) != Some(b")") {
                let message: &[u8] =
                    if self.shell.bash { b"`)' expected" } else { b"closing paren expected" };
                return self.fail(message);
            }
            return Ok(truth);
        }
        if is_unary(first) && !self.is_operand() {
            let Some(operand) = self.args.get(self.at + 1) else {
                return self.fail(&[first, &b": argument expected"[..]].concat());
            };
            self.at += 1;
            return self.unary(first[1], operand);
        }
        if let Some(op) = self.args.get(self.at + 1)
            && is_binary(op, self.shell.bash)
        {
            let Some(right) = self.args.get(self.at + 2) else {
                return self.fail(&[op, &b": argument expected"[..]].concat());
            };
            self.at += 2;
            return self.binary(first, op, right);
        }
        Ok(!first.is_empty())
    }

    fn unary(&mut self, letter: u8, operand: &[u8]) -> Flow<bool> {
        if letter == b't' && numbers::unsigned(operand).is_none() {
            self.number(operand)?;
        }
        Ok(self.shell.test_unary(letter, operand))
    }

    fn binary(&mut self, left: &[u8], op: &[u8], right: &[u8]) -> Flow<bool> {
        Ok(match op {
            b"=" | b"==" => left == right,
            b"!=" => left != right,
            b"<" => left < right,
            b">" => left > right,
            b"-nt" | b"-ot" | b"-ef" => self.shell.test_files(op, left, right),
            op => {
                let (left, right) = (self.number(left)?, self.number(right)?);
                match op {
                    b"-eq" => left == right,
                    b"-ne" => left != right,
                    b"-lt" => left < right,
                    b"-le" => left <= right,
                    b"-gt" => left > right,
                    _ => left >= right,
                }
            }
        })
    }

    fn number(&mut self, text: &[u8]) -> Flow<i64> {
        match numbers::decimal(text) {
            Some(number) => Ok(number),
            None if self.shell.bash => {
                self.fail(&[text, b": integer expression expected"].concat())
            }
            None => self.fail(&[b"Illegal number: ", text].concat()),
        }
    }
}

fn is_binary(op: &[u8], bash: bool) -> bool {
    BINARY.contains(&op) && (bash || op != b"==")
}

fn is_unary(op: &[u8]) -> bool {
    matches!(op, [b'-', letter] if UNARY.contains(letter))
}

impl Shell {
    /// `-f name` and its like.
    pub(crate) fn test_unary(&mut self, letter: u8, operand: &[u8]) -> bool {
        match letter {
            b'n' => return !operand.is_empty(),
            b'z' => return operand.is_empty(),
            b't' => {
                let fd = numbers::unsigned(operand);
                return fd.and_then(|fd| self.fds.get(fd)).is_some_and(|s| s.is_terminal());
            }
            b'v' => return self.is_set(operand),
            b'o' => {
                let name = String::from_utf8_lossy(operand);
                return self.options.is_on(&name).unwrap_or(false);
            }
            b'R' => return self.vars.var(operand).is_some_and(|var| var.reference),
            _ => {}
        }
        if operand.is_empty() {
            return false;
        }
        let path = self.path(operand);
        let files = self.world.files();
        let found = match letter {
            b'h' | b'L' => files.symlink_metadata(&path),
            b'r' => return self.may(operand, 4),
            b'w' => return self.may(operand, 2),
            b'x' => return self.may(operand, 1),
            _ => match crate::exec::fd_of(&path).and_then(|fd| self.fds.get(fd)) {
                Some(stream) => stream.metadata(),
                None => files.metadata(&path),
            },
        };
        let Ok(meta) = found else { return false };
        match letter {
            b'f' => meta.kind == FileKind::File,
            b'd' => meta.kind == FileKind::Directory,
            b'h' | b'L' => meta.kind == FileKind::Symlink,
            b'p' => meta.kind == FileKind::Fifo,
            b'S' => meta.kind == FileKind::Socket,
            b'c' => meta.kind == FileKind::CharDevice,
            b'b' => meta.kind == FileKind::BlockDevice,
            b's' => meta.size_bytes > 0,
            b'u' => meta.mode & 0o4000 != 0,
            b'g' => meta.mode & 0o2000 != 0,
            b'k' => meta.mode & 0o1000 != 0,
            b'O' => meta.uid == self.world.identity().uid,
            b'G' => meta.gid == self.world.identity().gid,
            b'N' => meta.modified > meta.accessed,
            _ => true,
        }
    }

    fn may(&self, operand: &[u8], mode: u32) -> bool {
        let path = self.path(operand);
        if crate::exec::fd_of(&path).is_some_and(|fd| self.fds.get(fd).is_some()) {
            return mode != 1;
        }
        self.world.files().access(&path, mode).is_ok()
    }

    /// `-nt`, `-ot`, `-ef`.
    pub(crate) fn test_files(&self, op: &[u8], left: &[u8], right: &[u8]) -> bool {
        let left = self.world.files().metadata(&self.path(left)).ok();
        let right = self.world.files().metadata(&self.path(right)).ok();
        match (op, left, right) {
            (b"-ef", Some(left), Some(right)) => left.is_same_file(&right),
            (b"-nt", Some(left), Some(right)) => left.modified > right.modified,
            (b"-ot", Some(left), Some(right)) => left.modified < right.modified,
            (b"-nt", Some(_), None) => self.bash,
            (b"-ot", None, Some(_)) => self.bash,
            _ => false,
        }
    }

    /// `-v name`.
    fn is_set(&mut self, name: &[u8]) -> bool {
        if let Some(open) = name.iter().position(|byte| *byte == b'[')
            && name.ends_with(b"]")
        {
            let inner = &name[open + 1..name.len() - 1];
            if matches!(inner, b"@" | b"*") {
                return self.vars.value(&name[..open]).is_some_and(|v| !v.values().is_empty());
            }
            let subscript = sandbox_script::subscript_of(inner);
            return matches!(self.element(&name[..open], &subscript), Ok(Some(_)));
        }
        if let Some(number) = numbers::unsigned(name) {
            return number as usize <= self.params.len();
        }
        self.vars.get(name).is_some() || self.dynamic(name).is_some()
    }
}
