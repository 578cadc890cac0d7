//! What options of syslog mean, and what is refused.

use super::*;

fn read(pairs: &[(&str, &str)]) -> Result<Syslog, SyslogError> {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Syslog::read(&pairs.collect())
}

fn address_of(text: &str) -> Result<SyslogAddress, SyslogError> {
    read(&[(Syslog::ADDRESS, text)]).map(|syslog| syslog.address)
}

#[test]
fn without_options_the_servers_own_host_is_told_as_a_daemon() {
    let (facility, format) = (3, SyslogFormat::Unix);
    assert_eq!(read(&[]), Ok(Syslog { address: SyslogAddress::Local, facility, format }));
}

#[test]
fn addresses_are_read_with_and_without_a_port() {
    for (text, expected) in [
        ("udp://10.0.0.1:5514", SyslogAddress::Udp("10.0.0.1:5514".into())),
        ("udp://logs.example", SyslogAddress::Udp("logs.example:514".into())),
        ("tcp://[::1]:601", SyslogAddress::Tcp("[::1]:601".into())),
        ("tcp://[::1]", SyslogAddress::Tcp("[::1]:514".into())),
        ("unix:///run/log.sock", SyslogAddress::Unix("/run/log.sock".into())),
        ("unixgram:///dev/log", SyslogAddress::Unixgram("/dev/log".into())),
    ] {
        assert_eq!(address_of(text), Ok(expected), "{text}");
    }
    for text in ["10.0.0.1:514", "http://x", "udp://", "udp://:514", "tcp://x:many", "unix://x"] {
        let expected = format!("syslog-address should be in form proto://address, got {text}");
        assert_eq!(address_of(text), Err(SyslogError::Invalid(expected)));
    }
    assert!(matches!(address_of("tcp+tls://x:6514"), Err(SyslogError::Unbuilt(_))));
}

#[test]
fn facilities_have_names_and_numbers() {
    for (text, expected) in
        [("kern", Ok(0)), ("local7", Ok(23)), ("17", Ok(17)), ("24", Err(())), ("Mail", Err(()))]
    {
        let facility = read(&[("syslog-facility", text)]).map(|syslog| syslog.facility);
        assert_eq!(facility.map_err(drop), expected, "{text}");
    }
    let error = read(&[("syslog-format", "rfc1")]).unwrap_err();
    assert_eq!(error, SyslogError::Invalid("Invalid syslog format".into()));
}
