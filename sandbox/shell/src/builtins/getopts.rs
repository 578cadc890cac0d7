//! `getopts`.

use crate::numbers;
use crate::shell::{Flow, Shell};

/// Runs it.
pub(super) fn run(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    if args.len() < 3 {
        if shell.bash {
            let _ = shell.write(2, b"getopts: usage: getopts optstring name [arg ...]\n");
            return Ok(2);
        }
        return shell.builtin_fail(&args[0], "Usage: getopts optstring var [arg]", 2);
    }
    let letters = args[1].clone();
    let name = args[2].clone();
    let words = if args.len() > 3 { args[3..].to_vec() } else { shell.params.to_vec() };
    if shell.vars.optind_set {
        shell.getopts_at = 0;
        shell.vars.optind_set = false;
    }
    let index = shell.vars.get(b"OPTIND").and_then(numbers::unsigned).unwrap_or(1).max(1) as usize;
    let (quiet, letters) = match letters.strip_prefix(b":") {
        Some(letters) => (true, letters.to_vec()),
        None => (false, letters),
    };
    let mut index = index - 1;
    let mut at = shell.getopts_at;
    // Within a word dash's OPTIND is that of the next already.
    if at > 0 && !shell.bash {
        index = index.saturating_sub(1);
    }
    if at == 0 {
        match words.get(index).map(Vec::as_slice) {
            Some(b"--") => return finish(shell, &name, index + 1),
            Some([b'-', _, ..]) => at = 1,
            _ => return finish(shell, &name, index),
        }
    }
    let word = words.get(index).cloned().unwrap_or_default();
    let letter = word.get(at).copied().unwrap_or(b'?');
    at += 1;
    let place = letters.iter().position(|known| *known == letter && letter != b':');
    let takes = place.is_some_and(|place| letters.get(place + 1) == Some(&b':'));
    let (mut found, mut argument) = (vec![letter], None);
    if place.is_none() {
        if quiet {
            argument = Some(vec![letter]);
        } else {
            tell(shell, "Illegal option -", "illegal option -- ", letter, "");
        }
        found = b"?".to_vec();
    } else if takes {
        if at < word.len() {
            argument = Some(word[at..].to_vec());
        } else if let Some(next) = words.get(index + 1) {
            argument = Some(next.clone());
            index += 1;
        } else if quiet {
            argument = Some(vec![letter]);
            found = b":".to_vec();
        } else {
            tell(shell, "No arg for -", "option requires an argument -- ", letter, " option");
            found = b"?".to_vec();
        }
        at = usize::MAX;
    }
    if at >= word.len() {
        index += 1;
        at = 0;
    }
    finish_one(shell, &name, (index, at), argument, &found)
}

/// Gives the variables what was found.
fn finish_one(
    shell: &mut Shell,
    name: &[u8],
    (index, at): (usize, usize),
    argument: Option<Vec<u8>>,
    found: &[u8],
) -> Flow<i32> {
    match argument {
        Some(argument) => shell.assign(b"OPTARG", &argument)?,
        None => {
            let _ = shell.vars.unset(b"OPTARG");
        }
    }
    let shown = if at > 0 && !shell.bash { index + 1 } else { index };
    store(shell, shown, at)?;
    shell.assign(name, found)?;
    Ok(0)
}

fn tell(shell: &Shell, dash: &str, bash: &str, letter: u8, after: &str) {
    let letter = char::from(letter);
    if shell.bash {
        let quiet = shell.vars.get(b"OPTERR") == Some(b"0");
        if !quiet {
            let text = [&*shell.name, format!(": {bash}{letter}\n").as_bytes()].concat();
            let _ = shell.write(2, &text);
        }
    } else {
        let _ = shell.write(2, format!("{dash}{letter}{after}\n").as_bytes());
    }
}

fn finish(shell: &mut Shell, name: &[u8], index: usize) -> Flow<i32> {
    store(shell, index, 0)?;
    let _ = shell.vars.unset(b"OPTARG");
    shell.assign(name, b"?")?;
    Ok(1)
}

fn store(shell: &mut Shell, index: usize, at: usize) -> Flow {
    shell.assign(b"OPTIND", (index + 1).to_string().as_bytes())?;
    shell.vars.optind_set = false;
    shell.getopts_at = at;
    Ok(())
}
