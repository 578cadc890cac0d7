//! Lines of output as messages of syslog. Forms are those of dockerd; the time is that at which a line was begun.

use backends_logs::{Line, Stream};
use jiff::{Timestamp, tz::TimeZone};
use journal_domain::{Syslog, SyslogFormat};

/// The severity of standard output: informational.
const INFO: u8 = 6;

/// The severity of standard error.
const ERROR: u8 = 3;

/// Who sends messages.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    /// The name of this host.
    pub(crate) hostname: String,
    /// The process that sends.
    pub(crate) process: u32,
    /// The zone of times.
    pub(crate) zone: TimeZone,
}

// === impl Sender ===

impl Sender {
    /// Makes the message of a line, with the line feed that ends it; of an empty line there is none.
    pub(crate) fn message(&self, syslog: &Syslog, tag: &str, line: &Line) -> Option<Vec<u8>> {
        let text = line.bytes.strip_suffix(b"\n").unwrap_or(&line.bytes);
        if text.is_empty() {
            return None;
        }
        let severity = match line.stream {
            Stream::Stdout => INFO,
            Stream::Stderr => ERROR,
        };
        let priority = syslog.facility << 3 | severity;
        let (hostname, process) = (&self.hostname, self.process);
        let head = match syslog.format {
            SyslogFormat::Unix => {
                format!("<{priority}>{} {tag}[{process}]: ", self.stamp(line))
            }
            SyslogFormat::Rfc3164 => {
                format!("<{priority}>{} {hostname} {tag}[{process}]: ", self.stamp(line))
            }
            SyslogFormat::Rfc5424 | SyslogFormat::Rfc5424Micro => {
                let time = self.time(line, syslog.format);
                format!("<{priority}>1 {time} {hostname} {tag} {process} {tag} - ")
            }
        };
        Some([head.as_bytes(), text, b"\n"].concat())
    }

    /// Writes the time as RFC 3164 has it, with a day of one digit behind a space.
    fn stamp(&self, line: &Line) -> String {
        self.written(line, "%b %e %H:%M:%S")
    }

    /// Writes the time as RFC 5424 has it.
    fn time(&self, line: &Line, format: SyslogFormat) -> String {
        let fraction = if format == SyslogFormat::Rfc5424Micro { ".%6f" } else { "" };
        let is_utc = self.zone.to_offset(at(line)).is_zero();
        let offset = if is_utc { "Z" } else { "%:z" };
        self.written(line, &format!("%Y-%m-%dT%H:%M:%S{fraction}{offset}"))
    }

    fn written(&self, line: &Line, format: &str) -> String {
        at(line).to_zoned(self.zone.clone()).strftime(format).to_string()
    }
}

/// Gives a line's time; one that no calendar has is the first.
fn at(line: &Line) -> Timestamp {
    Timestamp::from_nanosecond(line.at.as_unix_nanos().into()).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Makes a tag one word, or at least one line: whoever takes messages apart would take the rest for the text.
pub(crate) fn clean_tag(tag: &str) -> String {
    tag.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
