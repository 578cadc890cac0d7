//! `ulimit`: what a process of the shell may have.
//!
//! The limits are the container's. Of them only the number of descriptors is the shell's to lower; another value than a limit
//! has is refused as to somebody without rights, for nothing would keep it.

use crate::fds::FdLimit;
use crate::shell::{Flow, Shell};

/// What a limit is called.
struct Resource {
    /// The option in dash and in bash.
    letters: [u8; 2],
    /// In dash's list.
    dash: &'static str,
    /// In bash's list, and the unit there.
    bash: (&'static str, &'static str),
}

/// A limit that the command line asks for or sets.
struct Request<'a> {
    resource: &'static Resource,
    value: Option<&'a [u8]>,
}

/// Which of a limit's two values are asked for; where none is, the soft one is shown and both are set.
#[derive(Clone, Copy, Default)]
struct Kinds {
    soft: bool,
    hard: bool,
}

/// Columns of bash's list up to a limit's value.
const BASH_COLUMNS: usize = 40;

/// What bash says where an option is wrong.
const USAGE: &str = "ulimit: usage: ulimit [-SHabcdefiklmnpqrstuvxPRT] [limit]\n";

/// What stands where there is no limit.
const UNLIMITED: &str = "unlimited";

/// The limits, in dash's order.
static RESOURCES: &[Resource] = &[
    resource(*b"tt", "time(seconds)", ("cpu time", "seconds, ")),
    resource(*b"ff", "file(blocks)", ("file size", "blocks, ")),
    resource(*b"dd", "data(kbytes)", ("data seg size", "kbytes, ")),
    resource(*b"ss", "stack(kbytes)", ("stack size", "kbytes, ")),
    resource(*b"cc", "coredump(blocks)", ("core file size", "blocks, ")),
    resource(*b"mm", "memory(kbytes)", ("max memory size", "kbytes, ")),
    resource(*b"ll", "locked memory(kbytes)", ("max locked memory", "kbytes, ")),
    resource(*b"pu", "process", ("max user processes", "")),
    resource(*b"nn", "nofiles", ("open files", "")),
    resource(*b"vv", "vmemory(kbytes)", ("virtual memory", "kbytes, ")),
    resource(*b"wx", "locks", ("file locks", "")),
];

const fn resource(
    letters: [u8; 2],
    dash: &'static str,
    bash: (&'static str, &'static str),
) -> Resource {
    Resource { letters, dash, bash }
}

/// Runs `ulimit`.
pub(super) fn run(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let (name, mut kinds, mut requests) = (&args[0], Kinds::default(), Vec::new());
    let mut lists_all = false;
    for arg in &args[1..] {
        let Some(letters) = arg.strip_prefix(b"-").filter(|letters| !letters.is_empty()) else {
            take_value(shell, name, arg, &mut requests)?;
            continue;
        };
        for letter in letters {
            match letter {
                b'S' => kinds.soft = true,
                b'H' => kinds.hard = true,
                b'a' => lists_all = true,
                letter => match find(*letter, shell.bash) {
                    Some(resource) => requests.push(Request { resource, value: None }),
                    None => return unknown(shell, name, *letter),
                },
            }
        }
    }
    if lists_all {
        requests = RESOURCES.iter().map(|resource| Request { resource, value: None }).collect();
        requests.sort_by_key(|request| if shell.bash { request.resource.letters[1] } else { 0 });
    }
    if requests.is_empty() {
        take_value(shell, name, b"", &mut requests)?;
    }
    if !shell.bash && !lists_all {
        // Of several options dash looks at the last.
        requests.drain(..requests.len() - 1);
    }
    let is_list = lists_all || requests.len() > 1;
    for request in &requests {
        match request.value {
            Some(value) => set(shell, name, request.resource, kinds, value)?,
            None => show(shell, name, request.resource, kinds, is_list)?,
        }
    }
    Ok(0)
}

/// Gives a value to the option before it, or to the size of files, which `ulimit` alone is about.
fn take_value<'a>(
    shell: &mut Shell,
    name: &[u8],
    value: &'a [u8],
    requests: &mut Vec<Request<'a>>,
) -> Flow<()> {
    if requests.is_empty() {
        requests.extend(find(b'f', shell.bash).map(|resource| Request { resource, value: None }));
    }
    match requests.last_mut().filter(|request| request.value.is_none()) {
        Some(request) if !value.is_empty() => request.value = Some(value),
        Some(_) => {}
        None => return shell.builtin_fail(name, "too many arguments", 2),
    }
    Ok(())
}

fn find(letter: u8, bash: bool) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.letters[usize::from(bash)] == letter)
}

fn unknown(shell: &mut Shell, name: &[u8], letter: u8) -> Flow<i32> {
    let letter = char::from(letter);
    if !shell.bash {
        return shell.builtin_fail(name, format!("Illegal option -{letter}"), 2);
    }
    shell.builtin_error(name, format!("-{letter}: invalid option"));
    // Nobody is left to hear of a failure to write.
    drop(shell.write(2, USAGE.as_bytes()));
    Ok(2)
}

/// Gives a limit's values, the soft one and the hard one; none where there is no limit.
fn values(shell: &Shell, resource: &Resource) -> [Option<u32>; 2] {
    match resource.letters[1] {
        b'n' => {
            let FdLimit { soft, hard } = shell.fds.limit;
            [Some(soft), Some(hard)]
        }
        b'u' => [u32::try_from(shell.machine.processes_max).ok(); 2],
        b'c' => [Some(0); 2],
        _ => [None; 2],
    }
}

fn show(
    shell: &mut Shell,
    name: &[u8],
    resource: &Resource,
    kinds: Kinds,
    is_list: bool,
) -> Flow<()> {
    let [soft, hard] = values(shell, resource);
    let shown = if kinds.hard && !kinds.soft { hard } else { soft };
    let value = shown.map_or_else(|| UNLIMITED.to_owned(), |value| value.to_string());
    let line = match (is_list, shell.bash) {
        (false, _) => format!("{value}\n"),
        (true, false) => format!("{:<20} {value}\n", resource.dash),
        (true, true) => {
            let ((what, unit), letter) = (resource.bash, char::from(resource.letters[1]));
            let option = format!("({unit}-{letter})");
            let width = BASH_COLUMNS.saturating_sub(option.len());
            format!("{what:<width$}{option} {value}\n")
        }
    };
    shell.output(name, line.as_bytes()).map(drop)
}

/// Sets a limit, where it has that value already or is the shell's to lower.
fn set(shell: &mut Shell, name: &[u8], resource: &Resource, kinds: Kinds, text: &[u8]) -> Flow<()> {
    let [soft, hard] = values(shell, resource);
    let wanted = match text {
        b"unlimited" => None,
        b"hard" if shell.bash => hard,
        b"soft" if shell.bash => soft,
        digits if digits.iter().all(u8::is_ascii_digit) => {
            // More than fits is more than there is.
            let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok());
            Some(number.unwrap_or(u32::MAX))
        }
        _ if shell.bash => {
            return shell.builtin_fail(name, [text, b": invalid number"].concat(), 1);
        }
        _ => return shell.builtin_fail(name, "bad number", 2),
    };
    let (sets_soft, sets_hard) = (kinds.soft || !kinds.hard, kinds.hard || !kinds.soft);
    let is_same = (!sets_soft || wanted == soft) && (!sets_hard || wanted == hard);
    let lowered = wanted.filter(|wanted| {
        resource.letters[1] == b'n'
            && *wanted <= shell.fds.limit.hard
            && (sets_soft || soft <= Some(*wanted))
    });
    match lowered {
        Some(limit) => {
            let own = &mut shell.fds.limit;
            own.soft = if sets_soft { limit } else { own.soft };
            own.hard = if sets_hard { limit } else { own.hard };
            Ok(())
        }
        None if is_same => Ok(()),
        None if shell.bash => {
            let what = resource.bash.0;
            let message = format!("{what}: cannot modify limit: Operation not permitted");
            shell.builtin_fail(name, message, 1)
        }
        None => shell.builtin_fail(name, "error setting limit (Operation not permitted)", 2),
    }
}
