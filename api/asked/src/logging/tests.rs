//! Which log drivers and options there are, and what they keep.

use super::*;

fn read(config: &str) -> Result<Option<Logging>, Unfit> {
    logging(&api_types::from_json(config.as_bytes()).unwrap())
}

fn check(config: &str, message: &str) {
    assert_eq!(read(config).unwrap_err(), Unfit::invalid(message), "{config}");
}

fn kept(config: &str) -> Option<(u64, u32)> {
    let logging = read(config).unwrap().unwrap();
    logging.retention.map(|retention| (retention.file_bytes, retention.files.get()))
}

#[test]
fn without_options_all_output_is_kept() {
    for config in ["{}", r#"{"Type":"json-file"}"#, r#"{"Type":"json-file","Config":{}}"#] {
        assert_eq!(read(config).unwrap(), None, "{config}");
    }
    assert_eq!(kept(r#"{"Type":"json-file","Config":{"max-file":"3"}}"#), None);
}

#[test]
fn sizes_are_decimal_and_one_file_is_the_default() {
    assert_eq!(kept(r#"{"Type":"","Config":{"max-size":"10k"}}"#), Some((10_000, 1)));
    assert_eq!(
        kept(r#"{"Type":"json-file","Config":{"max-size":"1.5 MB","max-file":"3"}}"#),
        Some((1_500_000, 3))
    );
    assert_eq!(kept(r#"{"Type":"local"}"#), Some((20 << 20, 5)));
    assert_eq!(kept(r#"{"Type":"local","Config":{"max-file":"2"}}"#), Some((20 << 20, 2)));
    assert_eq!(kept(r#"{"Type":"none","Config":{"max-size":"1m"}}"#), None);
}

#[test]
fn what_is_sent_elsewhere_is_kept_too() {
    assert_eq!(kept(r#"{"Type":"syslog"}"#), Some((20 << 20, 5)));
    let config = r#"{"Type":"syslog","Config":{"cache-max-size":"1m","cache-max-file":"2",
        "syslog-address":"udp://h","tag":"{{.Name}}","labels":"a","cache-disabled":"true"}}"#;
    assert_eq!(kept(config), Some((1_000_000, 2)));
    let syslog = |options: &str| format!(r#"{{"Type":"syslog","Config":{options}}}"#);
    check(&syslog(r#"{"max-size":"1m"}"#), "unknown log opt 'max-size' for syslog log driver");
    check(&syslog(r#"{"syslog-facility":"x"}"#), "invalid syslog facility");
    check(&syslog(r#"{"cache-disabled":"x"}"#), "invalid value for option cache-disabled: x");
    check(
        r#"{"Type":"json-file","Config":{"syslog-address":"udp://h"}}"#,
        "unknown log opt 'syslog-address' for json-file log driver",
    );
}

#[test]
fn senseless_options_are_refused_in_dockers_words() {
    let json = |options: &str| format!(r#"{{"Type":"json-file","Config":{options}}}"#);
    check(r#"{"Type":"foo"}"#, "error looking up logging plugin foo: plugin \"foo\" not found");
    check(&json(r#"{"x":"1","y":"2"}"#), "unknown log opt 'x' for json-file log driver");
    check(&json(r#"{"max-size":"abc"}"#), "invalid size: 'abc'");
    check(&json(r#"{"max-size":""}"#), "invalid size: ''");
    check(&json(r#"{"max-size":"0"}"#), "max-size must be a positive number");
    check(&json(r#"{"max-size":"1k","max-file":"0"}"#), "max-file cannot be less than 1");
    check(&json(r#"{"max-file":"x"}"#), "strconv.Atoi: parsing \"x\": invalid syntax");
    check(&json(r#"{"mode":"foo"}"#), "logger: logging mode not supported: foo");
    check(
        &json(r#"{"max-buffer-size":"4m"}"#),
        "logger: max-buffer-size option is only supported with 'mode=non-blocking'",
    );
    let local = |options: &str| format!(r#"{{"Type":"local","Config":{options}}}"#);
    check(&local(r#"{"labels":"a"}"#), "unknown log opt 'labels' for log driver local");
    check(&local(r#"{"max-size":"abc"}"#), "invalid value for max-size: abc: invalid size: 'abc'");
}

#[test]
fn output_goes_to_no_metadata_service() {
    for host in ["169.254.169.254", "2852039166", "0xa9.254.0251.254", "[::ffff:169.254.169.254]"] {
        for scheme in ["udp", "tcp"] {
            let config = format!(
                r#"{{"Type":"syslog","Config":{{"syslog-address":"{scheme}://{host}:514"}}}}"#
            );
            let text = format!("syslog-address: {host} is an address where output must not go");
            check(&config, &text);
        }
    }
    for place in ["udp://10.0.0.1", "udp://[fd00::1]:99", "tcp://logs.example:601"] {
        let config = format!(r#"{{"Type":"syslog","Config":{{"syslog-address":"{place}"}}}}"#);
        assert!(read(&config).is_ok(), "{place}");
    }
}

#[test]
fn what_is_not_built_is_named() {
    for config in [
        r#"{"Type":"journald"}"#,
        r#"{"Type":"syslog","Config":{"syslog-address":"tcp+tls://x"}}"#,
        r#"{"Type":"json-file","Config":{"compress":"true","max-size":"1m","max-file":"2"}}"#,
        r#"{"Type":"json-file","Config":{"mode":"non-blocking"}}"#,
    ] {
        let error = read(config).unwrap_err();
        let Unfit::Unbuilt(text) = &error else { panic!("{config}: {error:?}") };
        assert!(text.starts_with("not built yet: "), "{text}");
    }
    assert!(read(r#"{"Type":"local","Config":{"compress":"false","mode":"blocking"}}"#).is_ok());
}
