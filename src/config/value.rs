//! Single values of the configuration: durations, and hosts on this machine.
//!
//! Fails by `None`; the check knows key and line and makes the sentence.

/// The longest span that makes sense here: ten years. Keeps sums of times far from overflow.
const MAX_DURATION_SECS: i64 = 10 * 366 * 86_400;

/// Seconds of `90s`, `5m`, `4h`, `5d`, `2w`.
pub(super) fn duration_secs(text: &str) -> Option<i64> {
    let unit_secs = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 7 * 86_400,
        _ => return None,
    };
    let number = text.get(..text.len() - 1)?;
    // `parse` alone would take a sign.
    if number.is_empty() || !number.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let secs = number.parse::<i64>().ok()?.checked_mul(unit_secs)?;
    (secs <= MAX_DURATION_SECS).then_some(secs)
}

/// Whether `host` can only mean this machine.
pub(super) fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .parse::<std::net::IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_one_unit() {
        let good = [("0s", 0), ("90s", 90), ("5m", 300), ("4h", 14_400)];
        for (text, secs) in good.into_iter().chain([("5d", 432_000), ("2w", 1_209_600)]) {
            assert_eq!(duration_secs(text), Some(secs), "{text}");
        }
        for bad in [
            "",
            "s",
            "5",
            "5 d",
            "-5d",
            "+5d",
            "5D",
            "1.5d",
            "5days",
            "9999999999w",
            "5\u{0664}",
            "99w9",
        ] {
            assert_eq!(duration_secs(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for host in [
            "localhost",
            "LOCALHOST",
            "127.0.0.1",
            "127.8.8.8",
            "::1",
            "[::1]",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "localhost.example",
            "10.0.0.1",
            "::",
            "mail.example",
            "0.0.0.0",
            "",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
