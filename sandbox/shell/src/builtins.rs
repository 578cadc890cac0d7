//! The builtins, by name.

mod control;
mod declare;
mod directory;
mod echo;
mod getopts;
mod jobs;
mod limits;
mod lookup;
mod printf;
mod read;
mod set;
mod test;
mod variables;

use crate::shell::{Flow, Shell};

/// A builtin.
pub(crate) struct Builtin {
    pub(crate) name: &'static [u8],
    /// An error of a special builtin ends the shell, and assignments before it stay.
    pub(crate) special: bool,
    /// Dash has none of that name.
    bash: bool,
    pub(crate) run: fn(&mut Shell, &[Vec<u8>]) -> Flow<i32>,
}

/// The builtins, sorted by name.
static BUILTINS: &[Builtin] = &[
    special(b".", control::source),
    special(b":", |_, _| Ok(0)),
    regular(b"[", test::run),
    regular(b"alias", lookup::alias),
    regular(b"bg", jobs::foreground),
    bash_only(b"bind", no_line_editing),
    special(b"break", control::leave_loop),
    bash_only(b"builtin", lookup::builtin),
    bash_only(b"caller", |_, _| Ok(1)),
    regular(b"cd", directory::cd),
    regular(b"command", lookup::command),
    bash_only(b"complete", |_, _| Ok(0)),
    special(b"continue", control::leave_loop),
    bash_only(b"declare", declare::run),
    bash_only(b"dirs", directory::stack),
    bash_only(b"disown", jobs::disown),
    regular(b"echo", echo::run),
    bash_only(b"enable", lookup::enable),
    special(b"eval", control::eval),
    special(b"exec", control::exec),
    special(b"exit", control::exit),
    special(b"export", variables::mark),
    regular(b"false", |_, _| Ok(1)),
    regular(b"fg", jobs::foreground),
    regular(b"getopts", getopts::run),
    regular(b"hash", lookup::hash),
    bash_only(b"history", |_, _| Ok(0)),
    regular(b"jobs", jobs::list),
    regular(b"kill", jobs::kill),
    bash_only(b"let", declare::arithmetic),
    special(b"local", variables::local),
    bash_only(b"mapfile", read::lines),
    bash_only(b"popd", directory::stack),
    regular(b"printf", printf::run),
    bash_only(b"pushd", directory::stack),
    regular(b"pwd", directory::pwd),
    regular(b"read", read::run),
    bash_only(b"readarray", read::lines),
    special(b"readonly", variables::mark),
    special(b"return", control::leave_function),
    special(b"set", set::run),
    special(b"shift", control::shift),
    bash_only(b"shopt", set::shopt),
    bash_only(b"source", control::source),
    bash_only(b"suspend", jobs::suspend),
    regular(b"test", test::run),
    special(b"times", control::times),
    special(b"trap", jobs::trap),
    regular(b"true", |_, _| Ok(0)),
    regular(b"type", lookup::type_of),
    bash_only(b"typeset", declare::run),
    regular(b"ulimit", limits::run),
    regular(b"umask", directory::umask),
    regular(b"unalias", lookup::unalias),
    special(b"unset", variables::unset),
    regular(b"wait", jobs::wait),
];

type Run = fn(&mut Shell, &[Vec<u8>]) -> Flow<i32>;

const fn special(name: &'static [u8], run: Run) -> Builtin {
    Builtin { name, special: true, bash: false, run }
}

const fn regular(name: &'static [u8], run: Run) -> Builtin {
    Builtin { name, special: false, bash: false, run }
}

const fn bash_only(name: &'static [u8], run: Run) -> Builtin {
    Builtin { name, special: false, bash: true, run }
}

/// The builtin of that name.
pub(crate) fn find(name: &[u8], bash: bool) -> Option<&'static Builtin> {
    let place = BUILTINS.binary_search_by(|builtin| builtin.name.cmp(name)).ok()?;
    let builtin = &BUILTINS[place];
    (bash || !builtin.bash).then_some(builtin)
}

/// The names of bash's builtins, in order.
fn names() -> impl Iterator<Item = &'static [u8]> {
    BUILTINS.iter().map(|builtin| builtin.name)
}

/// `bind`: what would be bound is never read.
fn no_line_editing(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<i32> {
    shell.builtin_error(&args[0], "warning: line editing not enabled");
    Ok(0)
}

/// True for builtins whose arguments are assignments.
pub(crate) fn declares(name: &[u8]) -> bool {
    matches!(name, b"export" | b"readonly" | b"local" | b"declare" | b"typeset" | b"alias")
}

impl Shell {
    /// Tells an error of a builtin; dash names the builtin by itself.
    pub(crate) fn builtin_error(&self, name: &[u8], message: impl AsRef<[u8]>) {
        if self.bash {
            self.complain([name, b": ", message.as_ref()].concat());
        } else {
            self.complain(message);
        }
    }

    /// The same, ending the builtin: 2 in dash, `status` in bash.
    pub(crate) fn builtin_fail<T>(
        &mut self,
        name: &[u8],
        message: impl AsRef<[u8]>,
        status: i32,
    ) -> Flow<T> {
        self.builtin_error(name, message);
        self.status = if self.bash { status } else { 2 };
        Err(crate::shell::Stop::Error)
    }

    /// Divides a builtin's arguments into the letters of its options, each one of `known`, and the rest.
    fn letters<'a>(&mut self, args: &'a [Vec<u8>], known: &[u8]) -> Flow<(Vec<u8>, &'a [Vec<u8>])> {
        let options = args[1..].iter().take_while(|arg| arg.len() > 1 && arg.starts_with(b"-"));
        let rest = &args[1 + options.clone().count()..];
        let letters: Vec<u8> = options.flat_map(|option| &option[1..]).copied().collect();
        if let Some(other) = letters.iter().find(|letter| !known.contains(letter)) {
            let message = format!("-{}: invalid option", char::from(*other));
            return self.builtin_fail(&args[0], message, 2);
        }
        Ok((letters, rest))
    }

    /// Writes a builtin's output.
    pub(crate) fn output(&mut self, name: &[u8], bytes: &[u8]) -> Flow<i32> {
        match self.write(1, bytes) {
            Ok(()) => Ok(0),
            Err(error) => self.output_failed(name, &error),
        }
    }

    #[cold]
    fn output_failed(&mut self, name: &[u8], error: &std::io::Error) -> Flow<i32> {
        use rustix::io::Errno;
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::INTR) => {
                self.look_for_signal()?;
                return Ok(1);
            }
            // As the signal that a closed pipe sends.
            Some(Errno::PIPE) if self.traps.action(13).is_none() => {
                return Err(crate::shell::Stop::Signal(13));
            }
            _ => {}
        }
        if self.bash {
            let text = format!("write error: {}", crate::errors::text(error));
            self.builtin_error(name, text);
        } else {
            self.complain([name, b": I/O error"].concat());
        }
        Ok(1)
    }
}
