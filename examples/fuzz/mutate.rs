//! Mutated inputs, each made from the seeds and its number alone.
//!
//! Never fails: without seeds it starts from nothing.

/// Octets of an input; larger mails are the matter of `examples/hostile`.
const MAX_OCTETS: usize = 64 << 10;
/// Times that a piece is repeated.
const MAX_REPEATS: usize = 2_000;

/// What readers of mail stumble over.
const PIECES: &[&str] = &[
    "\n",
    "\r\n",
    "\r",
    "\n\n",
    "\0",
    "\t",
    " ",
    ">",
    "> ",
    ">> ",
    "--",
    "-- \n",
    "---",
    "____",
    "@",
    "<",
    ">",
    "\"",
    "'",
    "(",
    ")",
    ":",
    ";",
    ",",
    "=",
    "=?utf-8?Q?a=0D=0Ab?=",
    "=?utf-8?B?",
    "?=",
    "\\",
    "|",
    "*",
    "From: ",
    "To: ",
    "Cc: ",
    "Subject: ",
    "Date: ",
    "Sent: ",
    "Von: ",
    "De : ",
    "From: A <a@b.example>\n",
    "a@b.example",
    "<a@b.example>",
    "mailto:",
    "carol@target.example",
    "mx.example.org",
    "mx.example.org; dmarc=pass header.from=target.example",
    "On Mon, Nov 3, 2025 at 10:00 Bob <b@x.example> wrote:\n",
    "Am 3. Nov. 2025 schrieb Bob <b@x.example>:\n",
    "-----Original Message-----\n",
    "---------- Forwarded message ---------\n",
    "Begin forwarded message:\n",
    "Sent from my iPhone",
    "Regards,\nBob\n",
    "Yes",
    "yes please",
    "no",
    "not",
    "later",
    "in May",
    "stop",
    "if",
    "but",
    "?",
    "!",
    ".",
    "introduce me to ",
    "Carol Diaz",
    "1, 2",
    "2026-12-01",
    "Content-Type: ",
    "multipart/mixed; boundary=b",
    "multipart/alternative; boundary=\"=_b\"",
    "message/rfc822",
    "text/html",
    "text/plain; charset=utf-7",
    "charset=utf-16",
    "charset=iso-2022-jp",
    "format=flowed; delsp=yes",
    "Content-Transfer-Encoding: base64\n",
    "Content-Transfer-Encoding: quoted-printable\n",
    "Content-Disposition: attachment; filename=\"a.eml\"\n",
    "--b\n",
    "--b--\n",
    "--=_b\n",
    "Authentication-Results: ",
    "Received: by ",
    "dkim=pass header.d=",
    "dmarc=fail",
    "reason=\"",
    "References: <1@x.example>\n",
    "Final-Recipient: rfc822; a@b.example\n",
    "Status: 5.1.1\n",
    "Action: failed\n",
    "<div>",
    "</div>",
    "<p>",
    "<br>",
    "<blockquote>",
    "</blockquote>",
    "<table><tr><td>",
    "<!--",
    "-->",
    "<style>",
    "</style>",
    ".a{display:none}",
    "<div class=gmail_quote>",
    "<span style=\"display:none\">",
    "<img alt=\"👍\">",
    "<pre>",
    "&nbsp;",
    "&#x202e;",
    "&#",
    "&amp",
    "<![CDATA[",
    "\u{202e}",
    "\u{200f}",
    "\u{200b}",
    "\u{2028}",
    "\u{feff}",
    "\u{a0}",
    "\u{301}",
    "İ",
    "ß",
    "ﬁ",
    "👍",
    "写道:",
    "เขียน",
    "٣",
    "\u{f8f0}",
    "\u{f8f1}",
    "\u{fffd}",
    "\u{e0001}",
    "BEGIN:VCARD\n",
    "END:VCARD\n",
    "EMAIL:",
    "FN:",
    "ENCODING=QUOTED-PRINTABLE:",
    "12-aeaqcaibaeaqcaibaeaqcaibae",
    "[IMAGE: ",
    "https://a.example/",
];

/// SplitMix64: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to and without `end`; 0 where that is nothing.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}

pub struct Mutator {
    seeds: Vec<Vec<u8>>,
    seed: u64,
}

impl Mutator {
    pub fn new(seeds: Vec<Vec<u8>>, seed: u64) -> Mutator {
        Mutator { seeds, seed }
    }

    /// The input of this number.
    pub fn input(&self, number: u64) -> Vec<u8> {
        let mut dice = Dice(self.seed.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ number);
        let mut input = self.any(&mut dice);
        for _ in 0..1 + dice.below(8) {
            self.step(&mut input, &mut dice);
            input.truncate(MAX_OCTETS);
        }
        input
    }

    fn any(&self, dice: &mut Dice) -> Vec<u8> {
        let at = dice.below(self.seeds.len());
        self.seeds.get(at).cloned().unwrap_or_default()
    }

    fn step(&self, input: &mut Vec<u8>, dice: &mut Dice) {
        let at = dice.below(input.len() + 1);
        let reach = if dice.below(4) == 0 { input.len() } else { 40 };
        let end = (at + dice.below(reach)).min(input.len());
        let piece = PIECES
            .get(dice.below(PIECES.len()))
            .copied()
            .unwrap_or_default();
        match dice.below(12) {
            0 => drop(input.drain(at..end)),
            1 => {
                let copy: Vec<u8> = input.get(at..end).unwrap_or_default().to_vec();
                let to = dice.below(input.len() + 1);
                insert(input, to, &copy);
            }
            2 => {
                let copy: Vec<u8> = input.get(at..end).unwrap_or_default().to_vec();
                let times = dice.below(MAX_REPEATS).min(MAX_OCTETS / copy.len().max(1));
                insert(input, at, &copy.repeat(times));
            }
            3 => insert(
                input,
                at,
                &piece
                    .repeat(dice.below(MAX_REPEATS).min(MAX_OCTETS / piece.len().max(1)))
                    .into_bytes(),
            ),
            4 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte = u8::try_from(dice.below(256)).unwrap_or(0);
                }
            }
            5 => {
                if let Some(byte) = input.get_mut(at) {
                    *byte ^= 1 << dice.below(8);
                }
            }
            6 => {
                let other = self.any(dice);
                let from = dice.below(other.len() + 1);
                input.truncate(at);
                input.extend_from_slice(other.get(from..).unwrap_or_default());
            }
            7 => input.truncate(end),
            8 => {
                let mut lines: Vec<Vec<u8>> =
                    input.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
                let (a, b) = (dice.below(lines.len()), dice.below(lines.len()));
                lines.swap(a, b);
                *input = lines.join(&b'\n');
            }
            _ => insert(input, at, piece.as_bytes()),
        }
    }
}

fn insert(input: &mut Vec<u8>, at: usize, what: &[u8]) {
    let at = at.min(input.len());
    let tail = input.split_off(at);
    input.extend_from_slice(what);
    input.extend_from_slice(&tail);
}
