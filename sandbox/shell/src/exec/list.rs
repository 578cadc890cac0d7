//! Lists, and-or lists, pipelines, and what `set -e` makes of them.

use std::sync::Arc;

use sandbox_tools::{Stream, pipe};

use crate::shell::{Flow, Shell, Stop};
use crate::traps;
use sandbox_script::{AndOr, Command, Compound, Item, Joint, List, Pipeline, Timed};

impl Shell {
    /// Runs commands one after the other.
    pub(crate) fn run_list(&mut self, list: &List) -> Flow {
        for item in &list.items {
            if self.options.noexec && !self.interactive {
                return Ok(());
            }
            if item.background {
                self.run_background(item)?;
            } else {
                self.run_and_or(&item.and_or)?;
            }
        }
        Ok(())
    }

    fn run_and_or(&mut self, and_or: &AndOr) -> Flow {
        if and_or.rest.is_empty() {
            return self.run_pipeline(&and_or.first);
        }
        let last = and_or.rest.len();
        self.run_tested(&and_or.first)?;
        for (number, (joint, pipeline)) in and_or.rest.iter().enumerate() {
            let wanted = match joint {
                Joint::And => self.status == 0,
                Joint::Or => self.status != 0,
            };
            if !wanted {
                continue;
            }
            if number + 1 == last {
                self.run_pipeline(pipeline)?;
            } else {
                self.run_tested(pipeline)?;
            }
        }
        Ok(())
    }

    /// Runs what is only asked for its status: `set -e` does not count in it.
    fn run_tested(&mut self, pipeline: &Pipeline) -> Flow {
        self.tested += 1;
        let result = self.run_pipeline(pipeline);
        self.tested -= 1;
        result
    }

    pub(super) fn run_condition(&mut self, list: &List) -> Flow<bool> {
        self.tested += 1;
        let result = self.run_list(list);
        self.tested -= 1;
        result?;
        Ok(self.status == 0)
    }

    pub(crate) fn run_pipeline(&mut self, pipeline: &Pipeline) -> Flow {
        let started = pipeline.timed.map(|_| self.world.elapsed());
        if pipeline.bang {
            self.tested += 1;
        }
        let result = match pipeline.commands.as_slice() {
            [] => {
                self.status = 0;
                Ok(())
            }
            [command] => self.run_command(command),
            commands => self.run_pipe(commands),
        };
        if pipeline.bang {
            self.tested -= 1;
            result?;
            self.status = i32::from(self.status == 0);
        } else {
            result?;
        }
        if let (Some(started), Some(timed)) = (started, pipeline.timed) {
            self.tell_time(started, timed);
        }
        Ok(())
    }

    fn tell_time(&self, started: std::time::Duration, timed: Timed) {
        let real = self.world.elapsed().saturating_sub(started);
        let text = match timed {
            Timed::Bash => {
                let minutes = real.as_secs() / 60;
                let seconds = real.as_secs_f64() - minutes as f64 * 60.0;
                format!("\nreal\t{minutes}m{seconds:.3}s\nuser\t0m0.000s\nsys\t0m0.000s\n")
            }
            Timed::Posix => format!("real {:.2}\nuser 0.00\nsys 0.00\n", real.as_secs_f64()),
        };
        let _ = self.write(2, text.as_bytes());
    }

    fn run_pipe(&mut self, commands: &[Arc<Command>]) -> Flow {
        let mut pids = Vec::with_capacity(commands.len());
        let mut input: Option<Arc<dyn Stream>> = None;
        let Some((last, firsts)) = commands.split_last() else { return Ok(()) };
        for command in firsts {
            let (reader, writer) = pipe();
            let mut copy = self.copy();
            if let Some(input) = input.replace(reader) {
                copy.fds.put(0, Some(input));
            }
            copy.fds.put(1, Some(writer));
            let command = Arc::clone(command);
            pids.push(self.spawn(copy, move |copy| copy.run_command(&command))?);
        }
        if self.bash && self.options.lastpipe {
            let old = self.fds.put(0, input);
            let result = self.run_command(last);
            self.fds.put(0, old);
            result?;
        } else {
            let mut copy = self.copy();
            copy.fds.put(0, input);
            let last = Arc::clone(last);
            self.status = self.run_copy(copy, move |copy| copy.run_command(&last))?;
        }
        let last_status = self.status;
        let mut statuses = Vec::with_capacity(commands.len());
        for pid in pids {
            statuses.push(self.wait_for(pid)?);
        }
        statuses.push(last_status);
        self.status = last_status;
        if self.options.pipefail {
            self.status = statuses.iter().rev().copied().find(|status| *status != 0).unwrap_or(0);
        }
        self.pipe_status = statuses;
        self.check_status()
    }

    /// Leaves the shell where `set -e` says so.
    pub(super) fn check_status(&mut self) -> Flow {
        if self.status == 0 || self.tested > 0 {
            return Ok(());
        }
        if self.bash && (self.functions_running.is_empty() || self.options.errtrace) {
            self.run_event(traps::ERR)?;
        }
        if self.options.errexit { Err(Stop::Exit) } else { Ok(()) }
    }

    pub(crate) fn run_command(&mut self, command: &Command) -> Flow {
        match command {
            Command::Simple(simple) => {
                let result = self.run_simple(simple);
                if self.bash && !matches!(result, Err(Stop::Exit | Stop::Signal(_))) {
                    self.pipe_status.clear();
                    self.pipe_status.push(self.status);
                }
                result?;
                self.check_status()
            }
            Command::Compound { kind, redirects, line } => {
                self.run_compound(kind, redirects, *line)?;
                if matches!(kind, Compound::Subshell(_) | Compound::Test(_) | Compound::Arith(_)) {
                    self.pipe_status.clear();
                    self.pipe_status.push(self.status);
                    return self.check_status();
                }
                Ok(())
            }
            Command::Function { name, body } => {
                let line = self.line;
                let functions = Arc::make_mut(&mut self.functions);
                functions.insert(name.clone(), (Arc::clone(body), line));
                self.status = 0;
                Ok(())
            }
        }
    }

    fn run_background(&mut self, item: &Item) -> Flow {
        let mut copy = self.copy();
        copy.tested = 0;
        if !self.options.monitor {
            // Nobody at the terminal speaks to a job in the background.
            copy.fds.put(0, Some(Arc::new(sandbox_tools::Null)));
            copy.traps.set(2, Some(b""));
            copy.traps.set(3, Some(b""));
        }
        let and_or = Arc::clone(&item.and_or);
        let text = super::trace::job_text(&and_or);
        let pid = self.spawn(copy, move |copy| copy.run_and_or(&and_or))?;
        let number = self.jobs.add(vec![pid], text.into());
        if self.interactive {
            let _ = self.write(2, format!("[{number}] {pid}\n").as_bytes());
        }
        self.status = 0;
        Ok(())
    }
}
