//! What goes over the wire.

use bytes::Bytes;

use super::*;
use journal_domain::SyslogAddress;

fn sent(format: SyslogFormat, zone: TimeZone, stream: Stream, bytes: &'static str) -> String {
    let sender = Sender { hostname: "host".into(), process: 7, zone };
    let syslog = Syslog { address: SyslogAddress::Local, facility: 3, format };
    let at = journal_log::Timestamp::from_unix_nanos(1_704_240_000_123_456_789);
    let line = Line { stream, at, bytes: Bytes::from_static(bytes.as_bytes()) };
    let message = sender.message(&syslog, "tag", &line);
    message.map(|message| String::from_utf8(message).unwrap()).unwrap_or_default()
}

fn utc(format: SyslogFormat) -> String {
    sent(format, TimeZone::UTC, Stream::Stdout, "hello\n")
}

#[test]
fn each_form_is_dockers() {
    assert_eq!(utc(SyslogFormat::Unix), "<30>Jan  3 00:00:00 tag[7]: hello\n");
    assert_eq!(utc(SyslogFormat::Rfc3164), "<30>Jan  3 00:00:00 host tag[7]: hello\n");
    assert_eq!(utc(SyslogFormat::Rfc5424), "<30>1 2024-01-03T00:00:00Z host tag 7 tag - hello\n");
    assert_eq!(
        utc(SyslogFormat::Rfc5424Micro),
        "<30>1 2024-01-03T00:00:00.123456Z host tag 7 tag - hello\n"
    );
}

#[test]
fn times_are_those_of_the_zone() {
    let zone = TimeZone::fixed(jiff::tz::offset(-5));
    assert_eq!(
        sent(SyslogFormat::Rfc5424, zone, Stream::Stdout, "x"),
        "<30>1 2024-01-02T19:00:00-05:00 host tag 7 tag - x\n"
    );
}

#[test]
fn standard_error_is_an_error_and_an_empty_line_is_nothing() {
    let error = sent(SyslogFormat::Unix, TimeZone::UTC, Stream::Stderr, "no\r\n");
    assert_eq!(error, "<27>Jan  3 00:00:00 tag[7]: no\r\n");
    assert_eq!(sent(SyslogFormat::Unix, TimeZone::UTC, Stream::Stdout, "\n"), "");
    assert_eq!(clean_tag("a\nb"), "a b");
}
