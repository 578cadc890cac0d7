//! `date`: the time of day.

use bstr::{BStr, ByteSlice};
use jiff::civil::{Date, DateTime, Time as Clock};
use jiff::tz::TimeZone;

use sandbox_world::call::{Call, Outcome};
use sandbox_world::clock::{strftime, zoned};
use sandbox_world::files::Time;
use sandbox_world::options::{Spec, parse, usage};

const SPEC: Spec = Spec {
    usage: "date [OPTIONS] [+FMT] [[-s] TIME]",
    short: "us:d:D:r:RI::",
    long: &[
        ("utc", 'u'),
        ("date=", 'd'),
        ("set=", 's'),
        ("reference=", 'r'),
        ("rfc-2822", 'R'),
        ("rfc-email", 'R'),
        ("iso-8601=?", 'I'),
    ],
};

/// Runs it.
pub(crate) fn date(call: &mut Call) -> Outcome {
    let options = parse(call, &SPEC)?;
    let zone = if options.has('u') { TimeZone::UTC } else { call.zone() };
    let (formats, rest): (Vec<_>, Vec<_>) =
        options.operands.iter().partition(|word| word.starts_with(b"+"));
    let now = call.world.now();
    let set = options.value('s').or(rest.first().map(|text| BStr::new(text.as_slice())));
    let set = set.or(formats.get(1).map(|text| BStr::new(text.as_slice()))).map(BStr::to_owned);
    if let Some(text) = set {
        return call.fail(match parse_date(&text, now, &zone) {
            Some(_) => "can't set date: Operation not permitted".to_owned(),
            None => format!("invalid date '{text}'"),
        });
    }
    let mut time = now;
    if let Some(name) = options.value('r').map(BStr::to_owned) {
        time = match call.files().metadata(&call.path(&name)) {
            Ok(metadata) => metadata.modified,
            Err(error) => {
                return call.fail_of(format!("can't stat '{name}'").as_bytes(), &error);
            }
        };
    }
    if let Some(text) = options.value('d').map(BStr::to_owned) {
        let found = match options.value('D') {
            Some(format) => by_format(&text, format, now, &zone),
            None => parse_date(&text, now, &zone),
        };
        let Some(found) = found else { return call.fail(format!("invalid date '{text}'")) };
        time = found;
    }
    let iso = options.value('I').map(BStr::to_owned);
    let format: Vec<u8> = match formats.first() {
        Some(format) => format[1..].to_vec(),
        None if options.has('R') => b"%a, %d %b %Y %H:%M:%S %z".to_vec(),
        None if options.has('I') => {
            match iso_format(iso.as_ref().map_or(&b"date"[..], |iso| iso), time) {
                Some(format) => format.into_bytes(),
                None => return usage(call, &SPEC),
            }
        }
        None => b"%a %b %e %H:%M:%S %Z %Y".to_vec(),
    };
    let mut line = strftime(&format, &zoned(time, &zone));
    if options.has('I') && formats.is_empty() && iso.is_some_and(|iso| !iso.starts_with(b"d")) {
        // The offset of this form has a colon.
        line.insert(line.len() - 2, b':');
    }
    call.line(&line)?;
    Ok(0)
}

fn iso_format(precision: &[u8], time: Time) -> Option<String> {
    const LEVELS: [(&str, &str); 5] = [
        ("date", ""),
        ("hours", "T%H"),
        ("minutes", "T%H:%M"),
        ("seconds", "T%H:%M:%S"),
        ("ns", "T%H:%M:%S"),
    ];
    let named = |level: &&(&str, &str)| level.0.as_bytes().starts_with(precision);
    let (name, tail) = LEVELS.iter().find(named)?;
    let fraction = if *name == "ns" { format!(",{:09}", time.nanoseconds) } else { String::new() };
    let offset = if *name == "date" { "" } else { "%z" };
    Some(format!("%Y-%m-%d{tail}{fraction}{offset}"))
}

/// A time in one of the forms that are known, what it leaves out taken from `now`.
pub(crate) fn parse_date(text: &[u8], now: Time, zone: &TimeZone) -> Option<Time> {
    let text = text.to_str().ok()?;
    if let Some(seconds) = text.strip_prefix('@') {
        let seconds = seconds.parse().ok()?;
        return Some(Time { seconds, nanoseconds: 0 });
    }
    let today = zoned(now, zone).datetime();
    let text = text.trim();
    let (text, zone) = match text.strip_suffix('Z').or_else(|| text.strip_suffix(" UTC")) {
        Some(rest) => (rest, &TimeZone::UTC),
        None => (text, zone),
    };
    let found =
        if text.contains('-') && text.contains('.') && !text.starts_with("20") || is_dotted(text) {
            dotted(text, today)
        } else if let Some((date, clock)) = text.split_once(' ') {
            Some(date_of(date)?.to_datetime(clock_of(clock)?))
        } else if text.contains(':') {
            Some(today.date().to_datetime(clock_of(text)?))
        } else if text.contains('-') {
            Some(date_of(text)?.to_datetime(Clock::midnight()))
        } else {
            digits(text, today)
        }?;
    let at = found.to_zoned(zone.clone()).ok()?.timestamp();
    Some(Time { seconds: at.as_second(), nanoseconds: 0 })
}

fn is_dotted(text: &str) -> bool {
    text.split_once('-').is_some_and(|(date, clock)| date.contains('.') && clock.contains(':'))
}

fn date_of(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn clock_of(text: &str) -> Option<Clock> {
    let mut parts = text.split(':');
    let (hour, minute) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let second = parts.next().map_or(Some(0), |part| part.parse().ok())?;
    if parts.next().is_some() {
        return None;
    }
    Clock::new(hour, minute, second, 0).ok()
}

/// `[YYYY.]MM.DD-hh:mm[:ss]`.
fn dotted(text: &str, today: DateTime) -> Option<DateTime> {
    let (date, clock) = text.split_once('-')?;
    let parts: Vec<&str> = date.split('.').collect();
    let (year, month, day) = match parts[..] {
        [month, day] => (today.year(), month, day),
        [year, month, day] => (year.parse().ok()?, month, day),
        _ => return None,
    };
    let date = Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()?;
    Some(date.to_datetime(clock_of(clock)?))
}

/// `[[[[[YY]YY]MM]DD]hh]mm[.ss]`.
fn digits(text: &str, today: DateTime) -> Option<DateTime> {
    let (digits, second) = match text.split_once('.') {
        Some((digits, second)) => (digits, second.parse().ok()?),
        None => (text, 0),
    };
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || !matches!(digits.len(), 2 | 4 | 6 | 8 | 10 | 12) {
        return None;
    }
    let (head, tail) = digits.split_at(digits.len().saturating_sub(8));
    let mut pairs = tail.as_bytes().rchunks(2).map(|pair| pair.to_str().ok()?.parse::<i8>().ok());
    let mut next = |default: i8| pairs.next().unwrap_or(Some(default));
    let (minute, hour) = (next(0)?, next(today.hour())?);
    let (day, month) = (next(today.day())?, next(today.month())?);
    let year = match head.len() {
        0 => today.year(),
        2 => {
            let short: i16 = head.parse().ok()?;
            if short < 69 { 2000 + short } else { 1900 + short }
        }
        _ => head.parse().ok()?,
    };
    DateTime::new(year, month, day, hour, minute, second, 0).ok()
}

/// A time by a format of `strptime`; fields that are not in it are 0 or those of today.
fn by_format(text: &[u8], format: &[u8], now: Time, zone: &TimeZone) -> Option<Time> {
    let text = text.to_str().ok()?;
    let format = format.to_str().ok()?;
    let parsed = jiff::fmt::strtime::BrokenDownTime::parse(format, text).ok()?;
    if let Ok(timestamp) = parsed.to_timestamp() {
        return Some(Time { seconds: timestamp.as_second(), nanoseconds: 0 });
    }
    let today = zoned(now, zone).datetime();
    let year = parsed.year().unwrap_or(today.year());
    let date = Date::new(
        year,
        parsed.month().unwrap_or(today.month()),
        parsed.day().unwrap_or(today.day()),
    );
    let clock = Clock::new(
        parsed.hour().unwrap_or(0),
        parsed.minute().unwrap_or(0),
        parsed.second().unwrap_or(0),
        0,
    );
    let at = date.ok()?.to_datetime(clock.ok()?).to_zoned(zone.clone()).ok()?.timestamp();
    Some(Time { seconds: at.as_second(), nanoseconds: 0 })
}
