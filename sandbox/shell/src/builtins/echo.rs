//! `echo`.

use crate::shell::{Flow, Shell};
use sandbox_script::escapes::{self, Dialect};

/// Runs it: dash's interprets escapes and knows `-n`; bash's knows `-neE`.
pub(super) fn run(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut newline = true;
    let mut interpret = !shell.bash;
    let mut rest = &args[1..];
    if shell.bash {
        while let Some([b'-', letters @ ..]) = rest.first().map(Vec::as_slice) {
            let known = |letter: &u8| matches!(letter, b'n' | b'e' | b'E');
            if letters.is_empty() || !letters.iter().all(known) {
                break;
            }
            for letter in letters {
                match letter {
                    b'n' => newline = false,
                    letter => interpret = *letter == b'e',
                }
            }
            rest = &rest[1..];
        }
    } else if rest.first().is_some_and(|first| first == b"-n") {
        newline = false;
        rest = &rest[1..];
    }
    let dialect = if shell.bash { Dialect::BashEcho } else { Dialect::Echo };
    let mut out = Vec::with_capacity(rest.iter().map(|arg| arg.len() + 1).sum());
    for (number, arg) in rest.iter().enumerate() {
        if number > 0 {
            out.push(b' ');
        }
        if interpret && arg.contains(&b'\\') {
            let (text, stopped) = escapes::replace(arg, dialect);
            out.extend_from_slice(&text);
            if stopped {
                return shell.output(&args[0], &out);
            }
        } else {
            out.extend_from_slice(arg);
        }
    }
    if newline {
        out.push(b'\n');
    }
    shell.output(&args[0], &out)
}
