//! Dates of header fields (RFC 5322 section 3.3).
//!
//! Fails by `None`: then the library reads the field.

use mail_parser::DateTime;

pub(super) const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// `Tue, 24 Nov 2026 10:20:30 +0000` (RFC 5322 section 3.3).
pub fn date(value: &str) -> Option<DateTime> {
    let are_letters = |octets: &[u8]| octets.iter().all(u8::is_ascii_alphabetic);
    let octets = match value.as_bytes() {
        [a, b, c, b',', b' ', rest @ ..] if are_letters(&[*a, *b, *c]) => rest,
        octets => octets,
    };
    let (day, octets) = match octets {
        [a, b' ', rest @ ..] => (figures(&[*a])?, rest),
        [a, b, b' ', rest @ ..] => (figures(&[*a, *b])?, rest),
        _ => return None,
    };
    let (month, octets) = octets.split_first_chunk::<3>()?;
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let [b' ', y1, y2, y3, y4, octets @ ..] = octets else {
        return None;
    };
    let year = figures(&[*y1, *y2, *y3, *y4])?;
    let [b' ', h1, h2, b':', m1, m2, b':', s1, s2, b' ', zone @ ..] = octets else {
        return None;
    };
    let [sign @ (b'+' | b'-'), z1, z2, z3, z4, comment @ ..] = zone else {
        return None;
    };
    let (zone_hour, zone_minute) = (figures(&[*z1, *z2])?, figures(&[*z3, *z4])?);
    // `(UTC)` says again what the figures say.
    let is_end = match comment {
        [] => true,
        [b' ', b'(', zone @ .., b')'] => are_letters(zone),
        _ => false,
    };
    // Years of two figures are the library's.
    let plain = zone_hour < 24 && zone_minute < 60 && year >= 100 && is_end;
    let short = |number: u16| u8::try_from(number).ok();
    plain.then_some(DateTime {
        year,
        month: u8::try_from(month).ok()?,
        day: short(day)?,
        hour: short(figures(&[*h1, *h2])?)?,
        minute: short(figures(&[*m1, *m2])?)?,
        second: short(figures(&[*s1, *s2])?)?,
        tz_before_gmt: *sign == b'-',
        tz_hour: short(zone_hour)?,
        tz_minute: short(zone_minute)?,
    })
}

/// The number that at most four figures make.
fn figures(octets: &[u8]) -> Option<u16> {
    octets.iter().try_fold(0, |number, octet| {
        let figure = octet.is_ascii_digit().then(|| u16::from(*octet - b'0'))?;
        Some(number * 10 + figure)
    })
}
