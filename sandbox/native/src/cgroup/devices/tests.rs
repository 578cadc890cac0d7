//! Rules as version 1 has them.

use sandbox_shim::DeviceRule;

use super::rules;

fn device(source: &str, access: &str) -> DeviceRule {
    DeviceRule { source: source.into(), target: source.to_owned(), access: access.to_owned() }
}

#[test]
fn the_default_rules_are_dockers() {
    let lines: Vec<String> = rules(&[]).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines.join("\n"),
        "c *:* m\nb *:* m\nc 1:3 rwm\nc 1:5 rwm\nc 1:7 rwm\nc 1:8 rwm\nc 1:9 rwm\nc 5:0 rwm\nc 5:1 rwm\nc 5:2 rwm\nc 136:* rwm"
    );
}

#[test]
fn a_device_of_the_host_is_added_with_its_numbers() {
    let rules = rules(&[device("/dev/null", "rw")]).unwrap();
    assert_eq!(rules.last().unwrap().to_string(), "c 1:3 rw");
}

#[test]
fn what_is_not_a_device_is_refused() {
    assert!(rules(&[device("/etc/passwd", "r")]).is_err());
    assert!(rules(&[device("/dev/null", "rx")]).is_err());
    assert!(rules(&[device("/nosuch", "r")]).is_err());
}
