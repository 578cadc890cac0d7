//! Rules as version 1 has them.

use sandbox_shim::{DeviceRule, Resources};

use super::{nodes, rules};

fn device(source: &str, access: &str) -> DeviceRule {
    DeviceRule { source: source.into(), target: source.to_owned(), access: access.to_owned() }
}

/// The rules beyond the default ones, as version 1 has them.
fn added(devices: &[DeviceRule], written: &[&str]) -> Option<Vec<String>> {
    let device_rules = written.iter().map(ToString::to_string).collect();
    let resources = Resources { devices: devices.to_vec(), device_rules, ..Resources::default() };
    let rules = rules(&resources).ok()?;
    let defaults = super::DEFAULT.len();
    Some(rules[defaults..].iter().map(ToString::to_string).collect())
}

#[test]
fn the_default_rules_are_dockers() {
    let lines: Vec<String> =
        rules(&Resources::default()).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines.join("\n"),
        "c *:* m\nb *:* m\nc 1:3 rwm\nc 1:5 rwm\nc 1:7 rwm\nc 1:8 rwm\nc 1:9 rwm\nc 5:0 rwm\nc 5:1 rwm\nc 5:2 rwm\nc 136:* rwm"
    );
}

#[test]
fn a_device_of_the_host_is_added_with_its_numbers() {
    assert_eq!(added(&[device("/dev/null", "rw")], &[]).unwrap(), ["c 1:3 rw"]);
}

#[test]
fn what_is_not_a_device_is_refused() {
    assert_eq!(added(&[device("/etc/passwd", "r")], &[]), None);
    assert_eq!(added(&[device("/dev/null", "rx")], &[]), None);
    assert_eq!(added(&[device("/nosuch", "r")], &[]), None);
}

#[test]
fn the_devices_of_a_folder_are_below_its_name_inside() {
    let folder = DeviceRule { target: "/inner/".to_owned(), ..device("/dev", "rwm") };
    let found = nodes(&[folder]).unwrap();
    let null = found.iter().find(|device| device.target == "/inner/null").unwrap();
    assert_eq!((null.source.to_str().unwrap(), &*null.access), ("/dev/null", "rwm"));
    assert!(found.iter().all(|device| !device.source.is_dir()));
}

#[test]
fn written_rules_are_taken_as_they_are() {
    let rules = added(&[], &["c 42:* rmw", "a *:* r", "b 8:1 w"]).unwrap();
    assert_eq!(rules, ["c 42:* rwm", "b *:* r", "c *:* r", "b 8:1 w"]);
    for bad in ["c 42 rw", "x 1:2 r", "c 1:2", "c 1:2 ", "c 1:2 rx", "c 1:2 r w", "c -1:2 r"] {
        assert_eq!(added(&[], &[bad]), None, "{bad}");
    }
}
