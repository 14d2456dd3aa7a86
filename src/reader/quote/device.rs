//! Names by which a footer tells of a phone or a mail program.
//!
//! Never fails.

use crate::reader::fold::fold;
use crate::reader::words::pieces::Pieces;
use std::sync::LazyLock;

/// Names of devices and mail programs: the same in every language.
const NAMES: &[&str] = &[
    "iphone",
    "ipad",
    "ipod",
    "ios",
    "mac",
    "android",
    "samsung",
    "galaxy",
    "blackberry",
    "huawei",
    "xiaomi",
    "redmi",
    "oppo",
    "nokia",
    "pixel",
    "oneplus",
    "htc",
    "sony",
    "xperia",
    "motorola",
    "outlook",
    "windows",
    "mail",
    "yahoo",
    "gmail",
    "aol",
    "proton",
    "tutanota",
    "tuta",
    "gmx",
    "web.de",
    "mailbird",
    "spark",
    "airmail",
    "thunderbird",
    "k-9",
    "typeapp",
    "bluemail",
    "nine",
    "smartphone",
    "telefon",
    "mobil",
    "handy",
    "phone",
    "tablet",
    "wireless",
    "verizon",
    "t-mobile",
    "vodafone",
    "fairmail",
    "fairemail",
    "superhuman",
    "hey",
    "zoho",
    "yandex",
    "mobile",
    "device",
    "телефон",
    "устройства",
    "手机",
    "手機",
    "휴대",
];

static DEVICE: LazyLock<Pieces> = LazyLock::new(|| Pieces::of(NAMES));

/// Whether a text, not folded, names one: no name has white space in it that folding changes.
pub fn has_device(text: &str) -> bool {
    match text.is_ascii() {
        true => DEVICE.is_in_ascii(text),
        false => is_device(&fold(text)),
    }
}

/// Whether a folded text names a device or a mail program.
pub fn is_device(text: &str) -> bool {
    DEVICE.is_in(text)
}
