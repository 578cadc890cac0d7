//! Redirections.

use std::io;
use std::sync::Arc;

use rustix::io::Errno;
use sandbox_tools::{OpenOptions, Stream};

use super::world::fd_of;
use crate::errors;
use crate::fds::Text;
use crate::shell::{Flow, Shell, Stop};
use sandbox_script::{Redirect, RedirectKind, Word};

/// What descriptors were before redirections.
#[derive(Default)]
pub(super) struct Saved(Vec<(u32, Option<Arc<dyn Stream>>)>);

/// Why a redirection was not made: told already.
enum Refused {
    /// The command does not run; its status is set.
    Failed,
    Stop(Stop),
}

impl From<Stop> for Refused {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl Shell {
    /// Makes redirections: what was there before. Where one fails, which is told, it is nothing, and nothing has changed.
    pub(super) fn redirect(&mut self, redirects: &[Redirect]) -> Flow<Option<Saved>> {
        let mut saved = Saved::default();
        for redirect in redirects {
            if let Err(refused) = self.redirect_one(redirect, &mut saved) {
                self.restore(saved);
                return match refused {
                    Refused::Failed => Ok(None),
                    Refused::Stop(stop) => Err(stop),
                };
            }
        }
        Ok(Some(saved))
    }

    /// Makes descriptors what they were.
    pub(super) fn restore(&mut self, saved: Saved) {
        for (fd, stream) in saved.0.into_iter().rev() {
            self.fds.put(fd, stream);
        }
    }

    fn put_saved(&mut self, fd: u32, stream: Option<Arc<dyn Stream>>, saved: &mut Saved) {
        saved.0.push((fd, self.fds.put(fd, stream)));
    }

    fn redirect_one(&mut self, redirect: &Redirect, saved: &mut Saved) -> Result<(), Refused> {
        if redirect.fd >= self.fds.limit.soft {
            return self.refuse(&[redirect.fd.to_string().as_bytes(), b": Bad file descriptor"]);
        }
        match &redirect.kind {
            RedirectKind::Here(word, newline) => {
                let mut text = self.expand_text(word)?;
                if *newline {
                    text.push(b'\n');
                }
                self.put_saved(redirect.fd, Some(Text::new(text)), saved);
            }
            RedirectKind::Dup(word, input) => self.duplicate(redirect.fd, word, *input, saved)?,
            RedirectKind::Both(word, append) => {
                let name = self.file_name(word)?;
                self.open_both(&name, *append, saved)?;
            }
            RedirectKind::Read(word)
            | RedirectKind::Write(word)
            | RedirectKind::Clobber(word)
            | RedirectKind::Append(word)
            | RedirectKind::ReadWrite(word) => {
                let name = self.file_name(word)?;
                let stream = self.open_redirect(&name, &redirect.kind)?;
                self.put_saved(redirect.fd, Some(stream), saved);
            }
        }
        Ok(())
    }

    /// The name of a file: one field in bash, never split in dash.
    fn file_name(&mut self, word: &Word) -> Result<Vec<u8>, Refused> {
        if !self.bash {
            return Ok(self.expand_text(word)?);
        }
        let mut fields = Vec::new();
        self.expand_fields(std::slice::from_ref(word), &mut fields)?;
        match fields.pop() {
            Some(name) if fields.is_empty() => Ok(name),
            _ => {
                let shown = sandbox_script::shown(word);
                self.refuse(&[&shown, b": ambiguous redirect"])
            }
        }
    }

    fn refuse<T>(&mut self, message: &[&[u8]]) -> Result<T, Refused> {
        self.complain(message.concat());
        self.status = if self.bash { 1 } else { 2 };
        Err(Refused::Failed)
    }

    fn open_both(&mut self, name: &[u8], append: bool, saved: &mut Saved) -> Result<(), Refused> {
        let word = Word::default();
        let kind = if append { RedirectKind::Append(word) } else { RedirectKind::Write(word) };
        let stream = self.open_redirect(name, &kind)?;
        self.put_saved(1, Some(Arc::clone(&stream)), saved);
        self.put_saved(2, Some(stream), saved);
        Ok(())
    }

    fn open_redirect(
        &mut self,
        name: &[u8],
        kind: &RedirectKind,
    ) -> Result<Arc<dyn Stream>, Refused> {
        let mode = 0o666 & !self.umask;
        let options = match kind {
            RedirectKind::Read(_) => OpenOptions::reading(),
            RedirectKind::Append(_) => OpenOptions::appending(mode),
            RedirectKind::ReadWrite(_) => OpenOptions {
                read: true,
                write: true,
                create: true,
                mode,
                ..OpenOptions::default()
            },
            RedirectKind::Write(_) if self.options.noclobber && self.is_file(name) => {
                return if self.bash {
                    self.refuse(&[name, b": cannot overwrite existing file"])
                } else {
                    self.refuse(&[b"cannot create ", name, b": File exists"])
                };
            }
            RedirectKind::Write(_)
            | RedirectKind::Clobber(_)
            | RedirectKind::Dup(..)
            | RedirectKind::Both(..)
            | RedirectKind::Here(..) => OpenOptions::writing(mode),
        };
        loop {
            match self.open(name, &options) {
                Ok(stream) => return Ok(stream),
                Err(error) if error.raw_os_error() == Some(Errno::INTR.raw_os_error()) => {
                    self.look_for_signal()?;
                }
                Err(error) => {
                    let creates = !matches!(kind, RedirectKind::Read(_));
                    if self.bash {
                        let text = errors::text(&error);
                        return self.refuse(&[name, b": ", text.as_bytes()]);
                    }
                    let what = if creates { "cannot create " } else { "cannot open " };
                    let text = errors::dash(&error, creates);
                    return self.refuse(&[what.as_bytes(), name, b": ", text.as_bytes()]);
                }
            }
        }
    }

    fn is_file(&self, name: &[u8]) -> bool {
        self.world.files().metadata(&self.path(name)).is_ok_and(|meta| meta.is_file())
    }

    /// Opens a file; names of descriptors are the descriptors.
    pub(crate) fn open(&self, name: &[u8], options: &OpenOptions) -> io::Result<Arc<dyn Stream>> {
        let path = self.path(name);
        if let Some(fd) = fd_of(&path) {
            return self.fds.get(fd).cloned().ok_or_else(|| Errno::NOENT.into());
        }
        if path.as_os_str().is_empty() {
            return Err(Errno::NOENT.into());
        }
        self.world.files().open(&path, options, &self.interrupt)
    }

    pub(crate) fn open_reading(&self, name: &[u8]) -> io::Result<Arc<dyn Stream>> {
        self.open(name, &OpenOptions::reading())
    }

    fn duplicate(
        &mut self,
        fd: u32,
        word: &Word,
        input: bool,
        saved: &mut Saved,
    ) -> Result<(), Refused> {
        let text = self.expand_text(word)?;
        if text == b"-" {
            self.put_saved(fd, None, saved);
            return Ok(());
        }
        let (digits, moves) = match text.strip_suffix(b"-") {
            Some(digits) if self.bash => (digits, true),
            _ => (text.as_slice(), false),
        };
        let Some(from) = crate::numbers::unsigned(digits) else {
            if self.bash && !input && fd == 1 {
                return self.open_both(&text, false, saved);
            }
            if self.bash {
                return self.refuse(&[&text, b": ambiguous redirect"]);
            }
            self.line = self.read_line;
            self.complain("Syntax error: Bad fd number");
            self.status = 2;
            return Err(Refused::Stop(Stop::Error));
        };
        let Some(stream) = self.fds.get(from).cloned() else {
            return self.refuse(&[digits, b": Bad file descriptor"]);
        };
        if from != fd {
            self.put_saved(fd, Some(stream), saved);
            if moves {
                self.put_saved(from, None, saved);
            }
        }
        Ok(())
    }

    /// Redirections for as long as `run` runs.
    pub(super) fn with_redirects(
        &mut self,
        redirects: &[Redirect],
        run: impl FnOnce(&mut Self) -> Flow,
    ) -> Flow {
        if redirects.is_empty() {
            return run(self);
        }
        let before = self.process_fds.len();
        let Some(saved) = self.redirect(redirects)? else {
            self.close_process_fds(before);
            return self.check_status();
        };
        self.close_process_fds(before);
        let result = run(self);
        self.restore(saved);
        result
    }
}
