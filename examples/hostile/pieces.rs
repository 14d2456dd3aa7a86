//! The pieces of `tests/hostile.tsv`, which make readers of mail slow when repeated, and the mails
//! made of them.
//!
//! Fails by panicking: these are fixtures.
#![allow(clippy::panic, clippy::unwrap_used)]

/// Name and piece of every row.
pub fn pieces() -> Vec<(&'static str, String)> {
    let rows = include_str!("../../tests/hostile.tsv").lines();
    rows.filter(|row| !row.starts_with('#'))
        .map(|row| {
            let (name, piece) = row.split_once('\t').unwrap();
            (name, unescaped(piece))
        })
        .collect()
}

fn unescaped(piece: &str) -> String {
    let mut out = String::new();
    let mut rest = piece;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = after.chars();
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('u') => {
                let (code, behind) = chars.as_str().split_once('}').unwrap();
                let code = u32::from_str_radix(code.trim_start_matches('{'), 16).unwrap();
                out.push(char::from_u32(code).unwrap());
                rest = behind;
                continue;
            }
            Some(c) => out.push(c),
            None => panic!("a backslash at the end of {piece:?}"),
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

const HEAD: &str = "From: Carol <carol@target.example>\r\nTo: intro@bot.example\r\nSubject: Re: x\r\n\
                    Message-ID: <1@target.example>\r\nMIME-Version: 1.0\r\n";

/// A way of putting so many octets of a piece into a mail.
pub type Shape = (&'static str, fn(&str, usize) -> Vec<u8>);

fn repeated(piece: &str, octets: usize) -> String {
    piece.repeat(octets.div_ceil(piece.len()).max(1))
}

/// Text and HTML, which every piece is put into.
pub const BODIES: [Shape; 2] = [
    ("plain", |piece, octets| {
        let body = repeated(piece, octets);
        format!("{HEAD}Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n").into_bytes()
    }),
    ("html", |piece, octets| {
        let body = repeated(piece, octets);
        format!("{HEAD}Content-Type: text/html; charset=utf-8\r\n\r\n{body}\r\n").into_bytes()
    }),
];

/// Mails whose structure is the attack; the piece is not used.
pub const STRUCTURES: [Shape; 13] = [
    ("nested multiparts", |_, octets| {
        let part =
            |n: usize| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n");
        let body: String = (0..octets / 55).map(part).collect();
        format!("{HEAD}{body}").into_bytes()
    }),
    ("many parts", |_, octets| {
        let body = repeated("--b\r\n\r\nx\r\n", octets);
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{body}").into_bytes()
    }),
    ("many empty parts", |_, octets| {
        let body = repeated("--b\n", octets);
        format!("{HEAD}Content-Type: multipart/mixed; boundary=b\r\n\r\n{body}").into_bytes()
    }),
    ("nested mails", |_, octets| {
        let body = repeated("Content-Type: message/rfc822\r\n\r\n", octets);
        format!("{HEAD}{body}").into_bytes()
    }),
    ("almost boundaries", |_, octets| {
        let body = repeated("--a\r\n--b\r\n", octets);
        format!("{HEAD}Content-Type: multipart/mixed; boundary=bb\r\n\r\n{body}").into_bytes()
    }),
    ("References", |_, octets| {
        let ids = repeated("<1.x@target.example>\r\n ", octets);
        format!("{HEAD}References: {ids}\r\n\r\nYes").into_bytes()
    }),
    ("header fields", |_, octets| {
        let fields = repeated("X-Field: x\r\n", octets);
        format!("{HEAD}{fields}\r\nYes").into_bytes()
    }),
    ("To addresses", |_, octets| {
        let list = repeated("A B <a@b.example>,\r\n ", octets);
        format!("{HEAD}Cc: {list}\r\n\r\nYes").into_bytes()
    }),
    ("results and hops", |_, octets| {
        let fields = repeated(
            "Received: by a.example; x\r\nAuthentication-Results: mx.example; dkim=pass header.d=b.example\r\n",
            octets,
        );
        format!("{fields}{HEAD}\r\nYes").into_bytes()
    }),
    ("base64 garbage", |_, octets| {
        let body = repeated("QUJD!=%$QUJD\u{1}==\r\n", octets);
        format!("{HEAD}Content-Transfer-Encoding: base64\r\n\r\n{body}").into_bytes()
    }),
    ("quoted-printable garbage", |_, octets| {
        let body = repeated("=E2=80=\r\n=ZZ==", octets);
        format!("{HEAD}Content-Transfer-Encoding: quoted-printable\r\n\r\n{body}").into_bytes()
    }),
    ("flowed", |_, octets| {
        let body = repeated(">>> x \r\n", octets);
        format!("{HEAD}Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n{body}")
            .into_bytes()
    }),
    ("delivery reports", |_, octets| {
        let body = repeated(
            "Final-Recipient: rfc822; a@b.example\r\nStatus: 5.1.1\r\n\r\n",
            octets,
        );
        format!("{HEAD}Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n{body}--b--\r\n").into_bytes()
    }),
];
