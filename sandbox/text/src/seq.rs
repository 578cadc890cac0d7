//! `seq`: numbers one after the other.

use bstr::{BStr, BString, ByteSlice};

use sandbox_world::call::{Call, Outcome, Stop};
use sandbox_world::options::{Spec, parse_args, usage};

const SPEC: Spec =
    Spec { usage: "seq [-w] [-s SEP] [FIRST [INC]] LAST", short: "+ws:f:", long: &[] };

/// A number with the digits that were written.
struct Given {
    value: f64,
    whole: Option<i64>,
    decimals: usize,
    width: usize,
}

/// Runs it.
pub(crate) fn seq(call: &mut Call) -> Outcome {
    let args = call.operands();
    let options = parse_args(call, &SPEC, args)?;
    let mut numbers = Vec::new();
    for text in &options.operands {
        numbers.push(given(call, text)?);
    }
    let (first, step, last) = match &numbers[..] {
        [last] => (None, None, last),
        [first, last] => (Some(first), None, last),
        [first, step, last] => (Some(first), Some(step), last),
        _ => return usage(call, &SPEC),
    };
    let decimals = first.map_or(0, |n| n.decimals).max(step.map_or(0, |n| n.decimals));
    let is_padded = options.has('w');
    let widest = first.map_or(1, |n| n.width).max(last.width);
    let fraction = if decimals > 0 { decimals + 1 } else { 0 };
    let width = if is_padded { widest + fraction } else { 0 };
    let separator = options.value('s').unwrap_or(BStr::new("\n")).to_owned();
    let whole = |n: Option<&Given>| n.map_or(Some(1), |n| n.whole);
    if let (0, Some(first), Some(step), Some(last)) =
        (decimals, whole(first), whole(step), last.whole)
    {
        return integers(call, (first, step, last), width, &separator);
    }
    let (start, by) = (first.map_or(1.0, |n| n.value), step.map_or(1.0, |n| n.value));
    let mut count = 0.0;
    loop {
        // Rounding must not lose the last one.
        let value = start + by * count;
        let over = (value - last.value) * by.signum();
        if over > by.abs() * 1e-9 || by == 0.0 && value > last.value {
            break;
        }
        if count > 0.0 {
            call.write(&separator)?;
        }
        call.write(format!("{value:0width$.decimals$}").as_bytes())?;
        count += 1.0;
    }
    finish(call, count > 0.0)
}

fn integers(
    call: &mut Call,
    (first, step, last): (i64, i64, i64),
    width: usize,
    separator: &BString,
) -> Outcome {
    let mut value = Some(first);
    let mut is_first = true;
    while let Some(now) = value {
        if step >= 0 && now > last || step < 0 && now < last {
            break;
        }
        if !is_first {
            call.write(separator)?;
        }
        is_first = false;
        call.write(format!("{now:0width$}").as_bytes())?;
        value = now.checked_add(step);
    }
    finish(call, !is_first)
}

fn finish(call: &mut Call, any: bool) -> Result<u8, Stop> {
    if any {
        call.write(b"\n")?;
    }
    Ok(0)
}

fn given(call: &mut Call, text: &BString) -> Result<Given, Stop> {
    let parsed = text.to_str().ok().and_then(|text| text.parse::<f64>().ok());
    let Some(value) = parsed.filter(|value| value.is_finite()) else {
        return usage(call, &SPEC);
    };
    let decimals = text.find_byte(b'.').map_or(0, |point| text.len() - point - 1);
    let whole = text.to_str().ok().and_then(|text| text.trim_start_matches('+').parse().ok());
    Ok(Given {
        value,
        whole,
        decimals,
        width: text.len() - if decimals > 0 { decimals + 1 } else { 0 },
    })
}
