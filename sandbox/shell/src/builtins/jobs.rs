//! `jobs`, `wait`, `kill`, `fg`, `bg`, `trap`.

use std::sync::Arc;

use crate::exec::status_of;
use crate::numbers;
use crate::quote;
use crate::shell::{Flow, Shell};
use crate::traps;

/// Runs `jobs`.
pub(super) fn list(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let pids_only = args.iter().skip(1).any(|arg| arg == b"-p");
    shell.look_at_jobs();
    let last = shell.jobs.list.len();
    let mut out = Vec::new();
    for (place, job) in shell.jobs.list.iter().enumerate() {
        if pids_only {
            out.extend_from_slice(format!("{}\n", job.pids[0]).as_bytes());
            continue;
        }
        let mark = match last - place {
            1 => '+',
            2 => '-',
            _ => ' ',
        };
        let state = state_text(job.status);
        let line = format!("[{}] {mark} {state:<26}", job.number);
        out.extend_from_slice(line.as_bytes());
        out.extend_from_slice(&job.text);
        out.push(b'\n');
    }
    shell.jobs.list.retain(|job| job.status.is_none());
    shell.output(&args[0], &out)
}

fn state_text(status: Option<i32>) -> String {
    match status {
        None => "Running".to_owned(),
        Some(0) => "Done".to_owned(),
        Some(status) if status >= 256 => "Terminated".to_owned(),
        Some(status) => format!("Done({status})"),
    }
}

impl Shell {
    /// Learns which jobs have ended.
    pub(crate) fn look_at_jobs(&mut self) {
        let machine = Arc::clone(&self.machine);
        for job in &mut self.jobs.list {
            if job.status.is_none() {
                job.status = job.pids.last().and_then(|pid| machine.status(*pid));
            }
        }
    }

    /// Tells of jobs that have ended, at the terminal.
    pub(crate) fn tell_ended_jobs(&mut self) {
        self.look_at_jobs();
        let mut out = Vec::new();
        for job in self.jobs.list.iter().filter(|job| job.status.is_some()) {
            let line = format!("[{}] + {:<26}", job.number, state_text(job.status));
            out.extend_from_slice(line.as_bytes());
            out.extend_from_slice(&job.text);
            out.push(b'\n');
        }
        self.jobs.list.retain(|job| job.status.is_none());
        let _ = self.write(2, &out);
    }

    /// Waits for a process, as long as no signal with an action comes: its status.
    fn wait_interrupted(&mut self, pid: u32) -> Flow<i32> {
        loop {
            if let Some(ended) = self.ended_or_signal(pid) {
                return Ok(status_of(ended));
            }
            self.look_for_signal()?;
            if let Some(signal) = self.traps.pending.first().copied() {
                self.run_traps()?;
                return Ok(128 + i32::from(signal));
            }
        }
    }
}

/// Runs `wait`.
pub(super) fn wait(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut rest = &args[1..];
    let mut next = false;
    while let Some([b'-', ..]) = rest.first().map(Vec::as_slice) {
        next |= shell.bash && rest[0] == b"-n";
        rest = &rest[1..];
    }
    if next {
        return wait_next(shell);
    }
    if rest.is_empty() {
        while let Some(job) = shell.jobs.list.first().cloned() {
            let pid = job.pids.last().copied().unwrap_or(0);
            let status = shell.wait_interrupted(pid)?;
            if status > 128 && shell.machine.status(pid).is_none() {
                return Ok(status);
            }
            shell.jobs.list.remove(0);
        }
        return Ok(0);
    }
    let mut status = 0;
    for arg in rest {
        status = wait_one(shell, &args[0], arg)?;
    }
    Ok(status)
}

fn wait_one(shell: &mut Shell, name: &[u8], arg: &[u8]) -> Flow<i32> {
    let place = if arg.starts_with(b"%") {
        match shell.jobs.find(arg) {
            Some(place) => Some(place),
            None if shell.bash => {
                shell.builtin_error(name, [arg, b": no such job"].concat());
                return Ok(127);
            }
            None => return shell.builtin_fail(name, [b"No such job: ", arg].concat(), 127),
        }
    } else {
        let Some(pid) = numbers::unsigned(arg) else {
            if shell.bash {
                let message = [b"`", arg, b"': not a pid or valid job spec"].concat();
                shell.builtin_error(name, message);
                return Ok(1);
            }
            return shell.builtin_fail(name, [b"Illegal number: ", arg].concat(), 2);
        };
        match shell.jobs.of_pid(pid) {
            Some(place) => Some(place),
            // A process substitution is waited for by its number too.
            None if shell.jobs.last_pid == Some(pid) => return shell.wait_interrupted(pid),
            None => {
                if shell.bash {
                    let message = format!("pid {pid} is not a child of this shell");
                    shell.builtin_error(name, message);
                }
                return Ok(127);
            }
        }
    };
    let Some(job) = place.and_then(|place| shell.jobs.list.get(place)).cloned() else {
        return Ok(127);
    };
    if let Some(status) = job.status {
        shell.jobs.list.retain(|other| other.number != job.number);
        return Ok(status_of(status));
    }
    let pid = job.pids.last().copied().unwrap_or(0);
    let status = shell.wait_interrupted(pid)?;
    if shell.machine.status(pid).is_some() {
        shell.jobs.list.retain(|other| other.number != job.number);
    }
    Ok(status)
}

fn wait_next(shell: &mut Shell) -> Flow<i32> {
    let pids: Vec<u32> =
        shell.jobs.list.iter().filter_map(|job| job.pids.last().copied()).collect();
    if pids.is_empty() {
        return Ok(127);
    }
    loop {
        let machine = Arc::clone(&shell.machine);
        let first = |machine: &crate::machine::Machine| {
            pids.iter().find_map(|pid| machine.status(*pid).map(|status| (*pid, status)))
        };
        match machine.wait(&shell.interrupt, None, first) {
            Ok(Some((pid, status))) => {
                machine.reap(pid);
                shell.jobs.list.retain(|job| job.pids.last() != Some(&pid));
                return Ok(status_of(status));
            }
            Ok(None) => {}
            Err(_) => {
                shell.look_for_signal()?;
                if let Some(signal) = shell.traps.pending.first().copied() {
                    shell.run_traps()?;
                    return Ok(128 + i32::from(signal));
                }
            }
        }
    }
}

/// Runs `disown`: the jobs are the shell's no more. `-h` keeps them and only spares them a hangup, which none is sent.
pub(super) fn disown(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let (letters, rest) = shell.letters(args, b"arh")?;
    let [all, running, keeps] = [b'a', b'r', b'h'].map(|letter| letters.contains(&letter));
    let mut gone = Vec::new();
    if rest.is_empty() && (all || running) {
        shell.look_at_jobs();
        let jobs = shell.jobs.list.iter().filter(|job| all || job.status.is_none());
        gone.extend(jobs.map(|job| job.number));
    } else if rest.is_empty() {
        let Some(current) = shell.jobs.list.last() else {
            return shell.builtin_fail(&args[0], "current: no such job", 1);
        };
        gone.push(current.number);
    }
    let mut status = 0;
    for arg in rest {
        let place = match numbers::unsigned(arg) {
            Some(pid) => shell.jobs.of_pid(pid),
            None => shell.jobs.find(arg),
        };
        match place.and_then(|place| shell.jobs.list.get(place)) {
            Some(job) => gone.push(job.number),
            None => {
                shell.builtin_error(&args[0], [arg, &b": no such job"[..]].concat());
                status = 1;
            }
        }
    }
    shell.jobs.list.retain(|job| keeps || !gone.contains(&job.number));
    Ok(status)
}

/// Runs `suspend`: there is no job control.
pub(super) fn suspend(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    shell.builtin_fail(&args[0], "cannot suspend: no job control", 1)
}

/// Runs `fg` and `bg`: there is no job control.
pub(super) fn foreground(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let place = match args.get(1) {
        Some(name) => shell.jobs.find(name),
        None => shell.jobs.list.len().checked_sub(1),
    };
    let Some(job) = place.and_then(|place| shell.jobs.list.get(place)).cloned() else {
        if shell.bash {
            let message = if shell.interactive { "current: no such job" } else { "no job control" };
            return shell.builtin_fail(&args[0], message, 1);
        }
        return match args.get(1) {
            Some(name) => shell.builtin_fail(&args[0], [&b"No such job: "[..], name].concat(), 2),
            None => shell.builtin_fail(&args[0], "No current job", 2),
        };
    };
    if args[0] == b"bg" {
        return Ok(0);
    }
    let line = [&*job.text, b"\n"].concat();
    shell.output(&args[0], &line)?;
    shell.jobs.list.retain(|other| other.number != job.number);
    shell.wait_interrupted(job.pids.last().copied().unwrap_or(0))
}

/// Runs `kill`.
pub(super) fn kill(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut signal = 15;
    let mut rest = &args[1..];
    if let Some([b'-', name @ ..]) = rest.first().map(Vec::as_slice) {
        match name {
            b"-" => rest = &rest[1..],
            b"l" | b"L" => return list_signals(shell, &args[0], &rest[1..]),
            _ => {
                let named = if name == b"s" || shell.bash && name == b"n" {
                    rest = &rest[1..];
                    rest.first().cloned().unwrap_or_default()
                } else {
                    name.to_vec()
                };
                rest = &rest[1.min(rest.len())..];
                signal = match traps::number(&named, true) {
                    Some(number) => number,
                    None if shell.bash => {
                        let message = [&named, &b": invalid signal specification"[..]].concat();
                        return shell.builtin_fail(&args[0], message, 1);
                    }
                    None if args[1] != b"-s" => {
                        let letter = char::from(named.first().copied().unwrap_or(b'-'));
                        let message = format!("Illegal option -{letter}");
                        return shell.builtin_fail(&args[0], message, 2);
                    }
                    None => {
                        let message = [&b"invalid signal number or name: "[..], &named].concat();
                        return shell.builtin_fail(&args[0], message, 2);
                    }
                };
                if rest.first().is_some_and(|arg| arg == b"--") {
                    rest = &rest[1..];
                }
            }
        }
    }
    if rest.is_empty() {
        let usage: &[u8] = if shell.bash {
            b"kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n"
        } else {
            b"Usage: kill [-s sigspec | -signum | -sigspec] [pid | job]... or\nkill -l [exitstatus]"
        };
        if shell.bash {
            let _ = shell.write(2, usage);
            return Ok(2);
        }
        return shell.builtin_fail(&args[0], usage, 2);
    }
    let mut status = 0;
    for target in rest {
        if !kill_one(shell, &args[0], target, signal)? {
            status = 1;
        }
    }
    shell.look_for_signal()?;
    Ok(status)
}

fn kill_one(shell: &mut Shell, name: &[u8], target: &[u8], signal: u8) -> Flow<bool> {
    if target.starts_with(b"%") {
        let Some(place) = shell.jobs.find(target) else {
            if shell.bash {
                shell.builtin_error(name, [target, b": no such job"].concat());
                return Ok(false);
            }
            return shell.builtin_fail(name, [b"No such job: ", target].concat(), 1);
        };
        let pids = shell.jobs.list[place].pids.clone();
        return Ok(pids
            .iter()
            .all(|pid| shell.machine.kill(shell.pid, (*pid).into(), signal).is_ok()));
    }
    let Some(pid) = numbers::decimal(target) else {
        if shell.bash {
            let message = [target, b": arguments must be process or job IDs"].concat();
            shell.builtin_error(name, message);
            return Ok(false);
        }
        return shell.builtin_fail(name, [b"Illegal number: ", target].concat(), 2);
    };
    match shell.machine.kill(shell.pid, pid, signal) {
        Ok(()) => Ok(true),
        Err(_) => {
            if shell.bash {
                shell.builtin_error(name, format!("({pid}) - No such process"));
            } else {
                shell.complain("No such process\n");
            }
            Ok(false)
        }
    }
}

fn list_signals(shell: &mut Shell, command: &[u8], rest: &[Vec<u8>]) -> Flow<i32> {
    let mut out = String::new();
    if rest.is_empty() {
        for name in traps::NAMES.iter().skip(1) {
            out.push_str(name);
            out.push('\n');
        }
    }
    for arg in rest {
        match numbers::unsigned(arg) {
            Some(number) => {
                let number = if number > 128 { number - 128 } else { number };
                let number = u8::try_from(number).unwrap_or(0);
                out.push_str(&traps::name(number));
            }
            None if !shell.bash => {
                return shell.builtin_fail(command, [&b"Illegal number: "[..], arg].concat(), 2);
            }
            None => match traps::number(arg, true) {
                Some(number) => out.push_str(&number.to_string()),
                None => {
                    let message = [arg, &b": invalid signal specification"[..]].concat();
                    return shell.builtin_fail(command, message, 1);
                }
            },
        }
        out.push('\n');
    }
    shell.output(command, out.as_bytes())
}

/// Runs `trap`.
pub(super) fn trap(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut rest = &args[1..];
    let mut print = false;
    match rest.first().map(Vec::as_slice) {
        Some(b"--") => rest = &rest[1..],
        Some(b"-p") if shell.bash => {
            print = true;
            rest = &rest[1..];
        }
        Some(b"-l") if shell.bash => return list_signals(shell, &args[0], &[]),
        _ => {}
    }
    if rest.is_empty() || print {
        return list_traps(shell, &args[0], rest);
    }
    // A number as the first word resets the signals, as `-` does.
    let resets = rest[0] == b"-" || numbers::unsigned(&rest[0]).is_some() || rest.len() == 1;
    let (action, names) = match resets {
        true if rest[0] == b"-" => (None, &rest[1..]),
        true => (None, rest),
        false => (Some(rest[0].as_slice()), &rest[1..]),
    };
    let mut status = 0;
    for name in names {
        let Some(signal) = traps::number(name, shell.bash) else {
            if shell.bash {
                let message = [name, &b": invalid signal specification"[..]].concat();
                shell.builtin_error(&args[0], message);
                status = 1;
                continue;
            }
            let line = [&b"trap: "[..], name, b": bad trap\n"].concat();
            let _ = shell.write(2, &line);
            return Ok(1);
        };
        shell.traps.set(signal, action);
    }
    shell.tell_ignored();
    Ok(status)
}

fn list_traps(shell: &mut Shell, command: &[u8], names: &[Vec<u8>]) -> Flow<i32> {
    let wanted: Vec<u8> = names.iter().filter_map(|name| traps::number(name, true)).collect();
    let mut out = Vec::new();
    for (signal, action) in shell.traps.listed(shell.bash) {
        if !names.is_empty() && !wanted.contains(&signal) {
            continue;
        }
        out.extend_from_slice(b"trap -- ");
        let quoted = if shell.bash { quote::single(&action) } else { quote::dash(&action) };
        out.extend_from_slice(&quoted);
        let prefix = if shell.bash && (1..64).contains(&signal) { " SIG" } else { " " };
        out.extend_from_slice(format!("{prefix}{}\n", traps::name(signal)).as_bytes());
    }
    shell.output(command, &out)
}
