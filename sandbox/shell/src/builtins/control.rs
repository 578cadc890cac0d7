//! Builtins that change what runs next.

use crate::numbers;
use crate::shell::{CommandName, Flow, Shell, Stop};

/// `break` and `continue`.
pub(super) fn leave_loop(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let count = match args.get(1) {
        None => 1,
        Some(arg) => match numbers::unsigned(arg) {
            Some(count) if count > 0 => count,
            _ => return illegal_number(shell, &args[0], arg),
        },
    };
    if shell.loops == 0 {
        if shell.bash {
            let message = "only meaningful in a `for', `while', or `until' loop";
            shell.builtin_error(&args[0], message);
        }
        return Ok(0);
    }
    shell.status = 0;
    let count = count.min(shell.loops);
    Err(if args[0] == b"break" { Stop::Break(count) } else { Stop::Continue(count) })
}

/// An argument that is no number.
pub(super) fn illegal_number(shell: &mut Shell, name: &[u8], arg: &[u8]) -> Flow<i32> {
    if shell.bash {
        return shell.builtin_fail(name, [arg, b": numeric argument required"].concat(), 2);
    }
    shell.builtin_fail(name, [b"Illegal number: ", arg].concat(), 2)
}

/// `exit`.
pub(super) fn exit(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    if let Some(arg) = args.get(1) {
        match numbers::unsigned(arg) {
            Some(status) => shell.status = (status & 0xff) as i32,
            None if shell.bash => match numbers::decimal(arg) {
                Some(status) => shell.status = (status & 0xff) as i32,
                None => {
                    shell.builtin_error(
                        &args[0],
                        [arg, &b": numeric argument required"[..]].concat(),
                    );
                    shell.status = 2;
                }
            },
            None => return illegal_number(shell, &args[0], arg),
        }
    }
    Err(Stop::Exit)
}

/// `return`.
pub(super) fn leave_function(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let status = match args.get(1) {
        None => shell.status,
        Some(arg) => match numbers::decimal(arg).filter(|n| *n >= 0 || shell.bash) {
            Some(status) if shell.bash => (status & 0xff) as i32,
            Some(status) => i32::try_from(status).unwrap_or(i32::MAX),
            None => return illegal_number(shell, &args[0], arg),
        },
    };
    if shell.returns == 0 && shell.bash {
        let message = "can only `return' from a function or sourced script";
        shell.builtin_error(&args[0], message);
        return Ok(2);
    }
    shell.status = status;
    // Outside of a function dash leaves the script.
    Err(if shell.returns == 0 { Stop::Exit } else { Stop::Return })
}

/// `shift`.
pub(super) fn shift(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let count = match args.get(1) {
        None => 1,
        Some(arg) => match numbers::unsigned(arg) {
            Some(count) => count as usize,
            None => return illegal_number(shell, &args[0], arg),
        },
    };
    if count > shell.params.len() {
        if shell.bash {
            return Ok(1);
        }
        return shell.builtin_fail(&args[0], "can't shift that many", 1);
    }
    std::sync::Arc::make_mut(&mut shell.params).drain(..count);
    Ok(0)
}

/// `times`: what the threads of a process used is not told apart.
pub(super) fn times(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let line: &[u8] =
        if shell.bash { b"0m0.000s 0m0.000s\n" } else { b"0m0.000000s 0m0.000000s\n" };
    shell.output(&args[0], &[line, line].concat())
}

/// `eval`.
pub(super) fn eval(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let args = match args.get(1) {
        Some(first) if first == b"--" => &args[2..],
        _ => &args[1..],
    };
    let text = args.join(&b' ');
    if text.is_empty() {
        return Ok(0);
    }
    let line = if shell.bash { shell.line } else { 1 };
    shell.run_text(text, line)?;
    Ok(shell.status)
}

/// `.` and `source`.
pub(super) fn source(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let rest = match args.get(1) {
        Some(first) if first == b"--" => &args[2..],
        _ => &args[1..],
    };
    let Some((name, params)) = rest.split_first() else {
        if shell.bash {
            return shell.builtin_fail(&args[0], "filename argument required", 2);
        }
        return Ok(0);
    };
    let Some((file, text)) = read_sourced(shell, name) else {
        if shell.bash {
            shell.complain([name, &b": No such file or directory"[..]].concat());
            return Ok(1);
        }
        let message = if name.contains(&b'/') {
            [b"cannot open ", name.as_slice(), b": No such file"].concat()
        } else {
            [name.as_slice(), b": not found"].concat()
        };
        return shell.builtin_fail(&args[0], message, 1);
    };
    let old_params = (shell.bash && !params.is_empty())
        .then(|| std::mem::replace(&mut shell.params, std::sync::Arc::new(params.to_vec())));
    let old_name =
        std::mem::replace(&mut shell.command_name, CommandName::File(file.clone().into()));
    let old_shown = if shell.bash {
        let old = (shell.shown_name.replace(file.into()), shell.from_string);
        shell.from_string = false;
        Some(old)
    } else {
        None
    };
    let line = shell.line;
    shell.returns += 1;
    shell.status = 0;
    let result = shell.run_text(text, 1);
    shell.returns -= 1;
    shell.line = line;
    shell.command_name = old_name;
    if let Some((shown, from_string)) = old_shown {
        shell.shown_name = shown;
        shell.from_string = from_string;
    }
    if let Some(params) = old_params {
        shell.params = params;
    }
    match result {
        Ok(()) | Err(Stop::Return) => Ok(shell.status),
        Err(stop) => Err(stop),
    }
}

fn read_sourced(shell: &Shell, name: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let read = |file: &[u8]| {
        let is_dir =
            shell.world.files().metadata(&shell.path(file)).is_ok_and(|meta| meta.is_dir());
        if is_dir {
            return None;
        }
        let stream = shell.open_reading(file).ok()?;
        Some((file.to_vec(), shell.read_all(&*stream)))
    };
    if name.contains(&b'/') {
        return read(name);
    }
    let path = shell.vars.get(b"PATH").unwrap_or(crate::exec::DEFAULT_PATH);
    let along = path.split(|byte| *byte == b':').find_map(|folder| {
        let file = if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() };
        read(&file)
    });
    along.or_else(|| if shell.bash { read(name) } else { None })
}

/// `exec`.
pub(super) fn exec(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    let mut rest = &args[1..];
    let mut name = None;
    while let Some(option) = rest.first() {
        match option.as_slice() {
            b"--" => {
                rest = &rest[1..];
                break;
            }
            b"-a" if shell.bash && rest.len() > 1 => {
                name = Some(rest[1].clone());
                rest = &rest[2..];
            }
            b"-c" | b"-l" if shell.bash => rest = &rest[1..],
            _ => break,
        }
    }
    if rest.is_empty() {
        return Ok(0);
    }
    let _ = name;
    shell.exec_program(rest.to_vec())?;
    Ok(shell.status)
}
