//! Hardware addresses as text.

use super::MacAddress;

#[test]
fn a_hardware_address_reads_back_as_written() {
    let address = MacAddress::new([2, 0x42, 0xac, 0x11, 0, 2]);
    assert_eq!(address.to_string(), "02:42:ac:11:00:02");
    assert_eq!("02:42:AC:11:00:02".parse(), Ok(address));
}

#[test]
fn what_is_not_a_hardware_address_is_refused() {
    for text in
        ["", "02:42:ac:11:00", "02:42:ac:11:00:02:03", "2:42:ac:11:00:02", "zz:42:ac:11:00:02"]
    {
        assert!(text.parse::<MacAddress>().is_err(), "{text}");
    }
}
