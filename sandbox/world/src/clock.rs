//! Times of day in the zone of the call, and their text as `strftime` has it.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::call::Call;
use crate::files::Time;

const DAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl Call {
    /// The zone that `TZ` names, or that of the host.
    pub fn zone(&self) -> TimeZone {
        let named = self.process.variable("TZ").map(ToString::to_string);
        let from_file = |path: String| {
            let stream = self.open(path.as_bytes()).ok()?;
            let data = self.read_all(stream).ok()?;
            TimeZone::tzif(&path, &data).ok()
        };
        let zone = match named {
            Some(name) => TimeZone::posix(&name).ok().or_else(|| {
                let name = name.trim_start_matches(':');
                let is_path = name.starts_with('/');
                from_file(if is_path { name.into() } else { format!("/usr/share/zoneinfo/{name}") })
            }),
            None => from_file("/etc/localtime".into()),
        };
        zone.unwrap_or(TimeZone::UTC)
    }
}

/// A time in a zone; what is out of all calendars is the beginning of 1970.
pub fn zoned(time: Time, zone: &TimeZone) -> Zoned {
    let nanoseconds = i32::try_from(time.nanoseconds).unwrap_or(0);
    Timestamp::new(time.seconds, nanoseconds).unwrap_or_default().to_zoned(zone.clone())
}

/// The seconds since 1970 of `YYYY MM DD HH MM SS`.
pub fn from_fields(text: &[u8], zone: &TimeZone) -> Option<i64> {
    let mut fields = std::str::from_utf8(text).ok()?.split_ascii_whitespace();
    let mut next = || fields.next()?.parse::<i16>().ok();
    let (year, month, day) = (next()?, next()?, next()?);
    let (hour, minute, second) = (next()?, next()?, next()?);
    let small = |field: i16| i8::try_from(field).ok();
    let date = jiff::civil::Date::new(year, small(month)?, small(day)?).ok()?;
    let at = date.at(small(hour)?, small(minute)?, small(second)?, 0);
    Some(at.to_zoned(zone.clone()).ok()?.timestamp().as_second())
}

/// The text of a time in UTC by a format.
pub fn strftime_utc(format: &[u8], seconds: i64) -> Vec<u8> {
    strftime(format, &zoned(Time { seconds, nanoseconds: 0 }, &TimeZone::UTC))
}

/// The text of a time by a format.
pub fn strftime(format: &[u8], at: &Zoned) -> Vec<u8> {
    let mut out = Vec::new();
    let mut bytes = format.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut flag = None;
        let mut letter = bytes.next();
        if let Some(b'-' | b'_' | b'0' | b'^' | b'#' | b'E' | b'O') = letter {
            flag = letter;
            letter = bytes.next();
        }
        let Some(letter) = letter else {
            out.push(b'%');
            out.extend(flag);
            break;
        };
        match part(letter, at) {
            Some(text) => out.extend_from_slice(flagged(&text, flag).as_bytes()),
            None => {
                out.push(b'%');
                out.extend(flag);
                out.push(letter);
            }
        }
    }
    out
}

fn flagged(text: &str, flag: Option<u8>) -> String {
    let digits = text.trim_start_matches(['0', ' ']);
    let digits = if digits.is_empty() && !text.is_empty() { "0" } else { digits };
    match flag {
        Some(b'-') => digits.to_owned(),
        Some(b'_') => format!("{digits:>0$}", text.len()),
        Some(b'0') => format!("{digits:0>0$}", text.len()),
        Some(b'^') => text.to_uppercase(),
        _ => text.to_owned(),
    }
}

fn part(letter: u8, at: &Zoned) -> Option<String> {
    let weekday = at.weekday().to_sunday_zero_offset();
    let day_name = DAYS[usize::from(weekday.unsigned_abs())];
    let month_name = MONTHS[usize::from(at.month().unsigned_abs()) - 1];
    let hour12 = (at.hour() + 11) % 12 + 1;
    let nested = |format: &str| String::from_utf8(strftime(format.as_bytes(), at)).ok();
    let year = i32::from(at.year());
    Some(match letter {
        b'a' => day_name[..3].to_owned(),
        b'A' => day_name.to_owned(),
        b'b' | b'h' => month_name[..3].to_owned(),
        b'B' => month_name.to_owned(),
        b'c' => return nested("%a %b %e %H:%M:%S %Y"),
        b'C' => format!("{:02}", year / 100),
        b'd' => format!("{:02}", at.day()),
        b'D' | b'x' => return nested("%m/%d/%y"),
        b'e' => format!("{:2}", at.day()),
        b'F' => return nested("%Y-%m-%d"),
        b'g' => format!("{:02}", at.date().iso_week_date().year() % 100),
        b'G' => format!("{}", at.date().iso_week_date().year()),
        b'H' => format!("{:02}", at.hour()),
        b'I' => format!("{hour12:02}"),
        b'j' => format!("{:03}", at.day_of_year()),
        b'k' => format!("{:2}", at.hour()),
        b'l' => format!("{hour12:2}"),
        b'm' => format!("{:02}", at.month()),
        b'M' => format!("{:02}", at.minute()),
        b'n' => "\n".to_owned(),
        b'p' => if at.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        b'P' => if at.hour() < 12 { "am" } else { "pm" }.to_owned(),
        b'r' => return nested("%I:%M:%S %p"),
        b'R' => return nested("%H:%M"),
        b's' => at.timestamp().as_second().to_string(),
        b'S' => format!("{:02}", at.second()),
        b't' => "\t".to_owned(),
        b'T' | b'X' => return nested("%H:%M:%S"),
        b'u' => (if weekday == 0 { 7 } else { weekday }).to_string(),
        b'U' => format!("{:02}", (at.day_of_year() + 6 - i16::from(weekday)) / 7),
        b'V' => format!("{:02}", at.date().iso_week_date().week()),
        b'w' => weekday.to_string(),
        b'W' => format!("{:02}", (at.day_of_year() + 6 - i16::from((weekday + 6) % 7)) / 7),
        b'y' => format!("{:02}", year.rem_euclid(100)),
        b'Y' => year.to_string(),
        b'z' => {
            let seconds = at.offset().seconds();
            let sign = if seconds < 0 { '-' } else { '+' };
            format!("{sign}{:02}{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60)
        }
        b'Z' => at.time_zone().to_offset_info(at.timestamp()).abbreviation().to_owned(),
        b'%' => "%".to_owned(),
        _ => return None,
    })
}
