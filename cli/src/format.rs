//! Numbers for people: hashrates, counts, ages, shares of a whole.

const UNITS: [&str; 7] = ["H/s", "kH/s", "MH/s", "GH/s", "TH/s", "PH/s", "EH/s"];

/// Hashes per second with four digits and its unit: `1.12 PH/s`.
pub(crate) fn rate(hashes_per_second: f64) -> String {
    if hashes_per_second.is_nan() || hashes_per_second <= 0.0 {
        return "0 H/s".into();
    }
    let mut value = hashes_per_second;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = if value >= 100.0 { 1 } else { 2 };
    let text = format!("{value:.digits$}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    format!("{text} {}", UNITS[unit])
}

/// A measured hashrate with the interval that holds the true one, in one unit: `604 (486..743) TH/s`.
pub(crate) fn measured(value: f64, low: f64, high: f64) -> String {
    if high.is_nan() || high <= 0.0 {
        return "-".into();
    }
    let of = rate(if value > 0.0 { value } else { high });
    let unit = of.rsplit(' ').next().unwrap_or_default();
    let step = UNITS.iter().position(|other| *other == unit).unwrap_or(0);
    let scaled = |rate: f64| rate / 1000f64.powi(i32::try_from(step).unwrap_or(0));
    let digits = match scaled(high) {
        high if high >= 100.0 => 0,
        high if high >= 10.0 => 1,
        _ => 2,
    };
    let text = |rate: f64| format!("{:.digits$}", scaled(rate));
    format!("{} ({}..{}) {unit}", text(value), text(low), text(high))
}

/// A count with separators: `9,874`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 rig`, `2 rigs`.
pub(crate) fn counted(number: u64, one: &str) -> String {
    let plural = match one.strip_suffix('y') {
        Some(stem) if number != 1 && !one.ends_with("ay") => format!("{stem}ies"),
        _ if number != 1 => format!("{one}s"),
        _ => one.to_owned(),
    };
    format!("{} {plural}", count(number))
}

/// Seconds as the largest unit that says enough: `4s`, `12m`, `3h`, `2d`.
pub(crate) fn age(seconds: f64) -> String {
    let seconds = seconds.max(0.0);
    if seconds < 120.0 {
        format!("{seconds:.0}s")
    } else if seconds < 7200.0 {
        format!("{:.0}m", seconds / 60.0)
    } else if seconds < 172_800.0 {
        format!("{:.0}h", seconds / 3600.0)
    } else {
        format!("{:.0}d", seconds / 86_400.0)
    }
}

/// A difficulty in a form that fits a column.
pub(crate) fn difficulty(value: f64) -> String {
    if value == 0.0 {
        "0".into()
    } else if value < 0.01 {
        format!("{value:.2e}")
    } else if value < 100.0 {
        format!("{value:.3}").trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        count(value.round() as u64)
    }
}

/// A text between tags, or in quotes, of an XML document.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\n' => out.push('\n'),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// The first of many names, and how many more there are.
pub(crate) fn first_of(names: &[String]) -> String {
    const SHOWN: usize = 5;
    match names.len().checked_sub(SHOWN) {
        None | Some(0 | 1) => names.join(", "),
        Some(more) => format!("{} and {} more", names[..SHOWN].join(", "), count(more as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates() {
        for (value, text) in [
            (0.0, "0 H/s"),
            (12.0, "12 H/s"),
            (140e12, "140 TH/s"),
            (1.12e15, "1.12 PH/s"),
            (999.96e12, "1 PH/s"),
            (2e15, "2 PH/s"),
            (123.456e6, "123.5 MH/s"),
            (5e21, "5000 EH/s"),
        ] {
            assert_eq!(rate(value), text);
        }
    }

    #[test]
    fn intervals_share_one_unit() {
        for (value, low, high, text) in [
            (604.4e12, 486e12, 742.9e12, "604 (486..743) TH/s"),
            (1e15, 846.4e12, 1.17e15, "1.00 (0.85..1.17) PH/s"),
            (0.0, 0.0, 37e12, "0.0 (0.0..37.0) TH/s"),
            (999e12, 0.9e15, 1.2e15, "999 (900..1200) TH/s"),
            (0.0, 0.0, 0.0, "-"),
        ] {
            assert_eq!(measured(value, low, high), text);
        }
    }

    #[test]
    fn counts_and_ages() {
        assert_eq!(count(9874), "9,874");
        assert_eq!(count(1_000_000), "1,000,000");
        assert_eq!(counted(1, "rig"), "1 rig");
        assert_eq!(counted(2, "policy"), "2 policies");
        assert_eq!((age(4.2), age(720.0), age(10_800.0)), ("4s".into(), "12m".into(), "3h".into()));
        assert_eq!(difficulty(9.78e-5), "9.78e-5");
        assert_eq!(difficulty(65_536.0), "65,536");
    }
}
