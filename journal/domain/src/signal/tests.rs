//! Signal names.

use super::Signal;

#[test]
fn names_and_numbers_mean_the_same_signal() {
    for (text, number) in [
        ("SIGTERM", 15),
        ("TERM", 15),
        ("term", 15),
        ("15", 15),
        ("sighup", 1),
        ("SIGSYS", 31),
        ("RTMIN", 34),
        ("SIGRTMIN+3", 37),
        ("RTMAX", 64),
        ("RTMAX-14", 50),
        ("64", 64),
        ("POLL", 29),
    ] {
        assert_eq!(text.parse::<Signal>().map(Signal::number), Ok(number), "{text}");
    }
}

#[test]
fn what_names_no_signal_is_refused_in_docker_words() {
    for text in ["", "0", "65", "-1", "NOPE", "SIGRTMIN+31", "RTMAX-31", "RTMIN-1", "RTMIN+", "999"]
    {
        assert!(text.parse::<Signal>().is_err(), "{text}");
    }
    assert_eq!("NOPE".parse::<Signal>().unwrap_err().to_string(), "invalid signal: NOPE");
}

#[test]
fn every_number_reads_back_what_it_shows() {
    for number in 1..=64_u8 {
        let signal: Signal = number.to_string().parse().unwrap();
        assert_eq!(signal.to_string().parse::<Signal>(), Ok(signal), "{number}");
    }
}
