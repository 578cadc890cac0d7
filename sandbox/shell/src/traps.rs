//! Signals: their names, and what `trap` does with them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::shell::{Flow, Shell, Stop};

/// Names by number, without `SIG`.
pub(crate) const NAMES: &[&str] = &[
    "EXIT", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
    "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
    "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// The numbers after the signals that bash's own events have.
pub(crate) const ERR: u8 = 65;
/// `DEBUG`: before each command.
pub(crate) const DEBUG: u8 = 66;
/// `RETURN`: at the end of a function.
pub(crate) const RETURN: u8 = 67;

/// The number of a signal by name or number.
pub(crate) fn number(name: &[u8], bash: bool) -> Option<u8> {
    let text = std::str::from_utf8(name).ok()?;
    if let Ok(number) = text.parse::<u8>() {
        return (number <= 64).then_some(number);
    }
    let upper = if bash { text.to_ascii_uppercase() } else { text.to_owned() };
    match upper.as_str() {
        "ERR" if bash => return Some(ERR),
        "DEBUG" if bash => return Some(DEBUG),
        "RETURN" if bash => return Some(RETURN),
        _ => {}
    }
    let short = if bash { upper.strip_prefix("SIG").unwrap_or(&upper) } else { &upper };
    let place = NAMES.iter().position(|known| known.eq_ignore_ascii_case(short))?;
    u8::try_from(place).ok()
}

/// The name of a signal, for `trap` and `kill -l`.
pub(crate) fn name(number: u8) -> String {
    match number {
        ERR => "ERR".to_owned(),
        DEBUG => "DEBUG".to_owned(),
        RETURN => "RETURN".to_owned(),
        number => match NAMES.get(usize::from(number)) {
            Some(name) => (*name).to_owned(),
            None => format!("RTMIN+{}", number.saturating_sub(34)),
        },
    }
}

/// What is to be done at signals and events.
#[derive(Clone, Default)]
pub(crate) struct Traps {
    /// Sorted by signal; an empty action ignores it.
    actions: Vec<(u8, Arc<[u8]>)>,
    /// What the parent had, shown until the subshell sets one of its own.
    shown: Vec<(u8, Arc<[u8]>)>,
    /// A signal came whose action is still to run.
    pub(crate) pending: Vec<u8>,
    /// Trapped by a shell around this one in the same thread: they wait for it.
    outer: Vec<u8>,
    running: bool,
}

impl Traps {
    /// What a subshell has: only what is ignored.
    pub(crate) fn for_subshell(&self) -> Self {
        let ignored = |(_, action): &&(u8, Arc<[u8]>)| action.is_empty();
        let mut outer = self.outer.clone();
        outer.extend(self.actions.iter().filter(|(_, action)| !action.is_empty()).map(|(n, _)| *n));
        Self {
            actions: self.actions.iter().filter(ignored).cloned().collect(),
            shown: self.actions.clone(),
            outer,
            ..Self::default()
        }
    }

    /// A process of its own has nobody around it.
    pub(crate) fn own_process(&mut self) {
        self.outer.clear();
        self.pending.clear();
    }

    pub(crate) fn action(&self, signal: u8) -> Option<Arc<[u8]>> {
        self.actions.iter().find(|(number, _)| *number == signal).map(|(_, action)| action.clone())
    }

    pub(crate) fn set(&mut self, signal: u8, action: Option<&[u8]>) {
        self.shown.clear();
        self.actions.retain(|(number, _)| *number != signal);
        if let Some(action) = action {
            self.actions.push((signal, action.into()));
            self.actions.sort_by_key(|(number, _)| *number);
        }
    }

    /// What `trap` lists.
    pub(crate) fn listed(&self, bash: bool) -> Vec<(u8, Arc<[u8]>)> {
        if self.shown.is_empty() || !bash { self.actions.clone() } else { self.shown.clone() }
    }

    /// A bit for each ignored signal.
    pub(crate) fn ignored(&self) -> u64 {
        let ignored =
            self.actions.iter().filter(|(number, action)| *number < 64 && action.is_empty());
        ignored.fold(0, |bits, (number, _)| bits | 1 << number)
    }

    fn is_outer(&self, signal: u8) -> bool {
        self.outer.contains(&signal)
    }
}

impl Shell {
    /// Takes note of a signal that came: a trapped one waits for its action, another ends the process.
    pub(crate) fn look_for_signal(&mut self) -> Flow {
        let Some(signal) = self.interrupt.signal() else { return Ok(()) };
        if signal == 9 {
            return Err(Stop::Signal(9));
        }
        match self.traps.action(signal) {
            Some(_) => {
                self.interrupt.clear();
                self.traps.pending.push(signal);
                Ok(())
            }
            None if self.traps.is_outer(signal) => {
                self.interrupt.clear();
                self.traps.pending.push(signal);
                Ok(())
            }
            None => Err(Stop::Signal(signal)),
        }
    }

    /// Runs the actions of signals that came; called between commands.
    pub(crate) fn run_traps(&mut self) -> Flow {
        self.look_for_signal()?;
        while let Some(place) =
            self.traps.pending.iter().position(|signal| self.traps.action(*signal).is_some())
        {
            let signal = self.traps.pending.remove(place);
            if let Some(action) = self.traps.action(signal) {
                let status = self.status;
                self.run_action(&action)?;
                self.status = status;
            }
        }
        Ok(())
    }

    /// Runs an action's text.
    pub(crate) fn run_action(&mut self, action: &[u8]) -> Flow {
        if action.is_empty() {
            return Ok(());
        }
        let line = self.line;
        let result = self.run_text(action.to_vec(), if self.bash { line.max(1) } else { 1 });
        self.line = line;
        result
    }

    /// Runs the action of one of bash's events, not inside itself.
    pub(crate) fn run_event(&mut self, event: u8) -> Flow {
        if self.traps.running {
            return Ok(());
        }
        let Some(action) = self.traps.action(event) else { return Ok(()) };
        self.traps.running = true;
        let status = self.status;
        let result = self.run_action(&action);
        self.traps.running = false;
        self.status = status;
        result
    }

    /// Tells the machine which signals are ignored.
    pub(crate) fn tell_ignored(&self) {
        self.signals.ignored.store(self.traps.ignored(), Ordering::SeqCst);
    }
}
