//! The authorization code (RFC 6749 section 4.1) with PKCE (RFC 7636), brought back by the browser to this machine
//! (RFC 8252 section 7.3), or by the person who pastes the address at which the browser ended.
//! It fails by [`Trouble`]; what carries another `state` is nobody's answer and changes nothing.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::Sender;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::{Client, Endpoints, Grant, Trouble, grant};
use crate::wire::Secret;
use crate::wire::error::clean;

/// A request line with the longest code any provider gives, and a browser's header fields.
const REQUEST_MAX_BYTES: usize = 16 * 1024;
/// A browser sends its request at once.
const BROWSER: Duration = Duration::from_secs(10);

/// One attempt to sign in: what only this process knows of it.
pub struct Attempt {
    verifier: Secret,
    state: String,
    redirect: String,
}

/// What came back, once it is known to be the answer to this attempt.
pub struct Code(Secret);

impl Attempt {
    /// `random` is 64 bytes: half of them the verifier (RFC 7636 section 4.1: 43 characters), half the state.
    pub fn new(random: &[u8; 64], redirect: String) -> Attempt {
        let (verifier, state) = random.split_at(32);
        Attempt {
            verifier: Secret::new(BASE64URL_NOPAD.encode(verifier)),
            state: BASE64URL_NOPAD.encode(state),
            redirect,
        }
    }

    /// Where the person signs in. `hint` is the account's name.
    pub fn address(&self, endpoints: &Endpoints, client: &Client, hint: &str) -> String {
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(self.verifier.expose()));
        let mut fields = vec![
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", &self.redirect),
            ("scope", &endpoints.scope),
            ("state", &self.state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("login_hint", hint),
        ];
        fields.extend(endpoints.extra.iter());
        let fields: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        format!("{}?{}", endpoints.authorize, fields.join("&"))
    }

    /// Reads the address at which the browser ended, or the path and query of a request.
    ///
    /// None: it is not the answer to this attempt (another `state`, or none).
    pub fn read(&self, address: &str) -> Option<Result<Code, Trouble>> {
        let (_, query) = address.trim().split_once('?')?;
        let query = query.split('#').next().unwrap_or(query);
        let fields = query.split('&').filter_map(|pair| pair.split_once('='));
        let field = |name: &str| {
            let mut named = fields.clone().filter(|(key, _)| *key == name);
            // Said twice is said by somebody else (RFC 6749 section 3.1).
            match (named.next(), named.next()) {
                (Some((_, value)), None) => decoded(value),
                _ => None,
            }
        };
        if field("state").as_deref() != Some(self.state.as_str()) {
            return None;
        }
        if let Some(code) = field("error") {
            return Some(Err(match code.as_str() {
                "access_denied" => Trouble::Denied,
                _ => Trouble::Refused {
                    at: "the provider".to_owned(),
                    code: clean(&code),
                    why: clean(&field("error_description").unwrap_or_default()),
                },
            }));
        }
        let code = field("code").filter(|code| !code.is_empty())?;
        Some(Ok(Code(Secret::new(code))))
    }

    /// Trades the code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
    ///
    /// # Errors
    /// [`Trouble`] as for every request.
    pub fn redeem(
        &self,
        endpoints: &Endpoints,
        client: &Client,
        code: &Code,
    ) -> Result<Grant, Trouble> {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.0.expose()),
            ("redirect_uri", self.redirect.as_str()),
            ("code_verifier", self.verifier.expose()),
        ];
        grant(endpoints, client, &fields)
    }
}

/// Passes on the path of every request to this machine's listener until nobody wants to hear more; each browser
/// is told whether its answer was the one that is waited for.
pub fn listen(listener: &TcpListener, attempt: &Attempt, heard: &Sender<String>) {
    for stream in listener.incoming().flatten() {
        let Some(path) = request(&stream) else {
            continue;
        };
        let (status, text) = match attempt.read(&path) {
            Some(Ok(_)) => (
                "200 OK",
                "Thank you. You can close this page; the rest happens where you started.",
            ),
            Some(Err(_)) => (
                "200 OK",
                "The sign-in was not completed. Look where you started it.",
            ),
            None => (
                "400 Bad Request",
                "This is not the answer to the sign-in that is waited for here.",
            ),
        };
        reply(&stream, status, text);
        if heard.send(path).is_err() {
            return;
        }
    }
}

/// The path of a GET request.
fn request(mut stream: &TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(BROWSER)).ok()?;
    let mut held = Vec::new();
    let mut chunk = [0; 2048];
    while !held.windows(4).any(|end| end == b"\r\n\r\n") {
        if held.len() > REQUEST_MAX_BYTES {
            return None;
        }
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        held.extend(chunk.iter().take(count));
    }
    let text = String::from_utf8(held).ok()?;
    let mut words = text.lines().next()?.split(' ');
    (words.next()? == "GET").then_some(())?;
    words.next().map(str::to_owned)
}

fn reply(mut stream: &TcpStream, status: &str, text: &str) {
    let body = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>askfirst</title><p>{text}</p></html>\n"
    );
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'\r\n\r\n",
        body.len()
    );
    // Whoever has gone already needs no answer.
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(body.as_bytes());
}

/// Percent-encoded but for unreserved characters (RFC 3986 section 2.3).
fn encoded(text: &str) -> String {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| match unreserved(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

/// The opposite, of a form's field (`+` is a space); None: it is none.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attempt() -> Attempt {
        Attempt::new(&[7; 64], "http://127.0.0.1:5/".to_owned())
    }

    #[test]
    fn the_challenge_is_that_of_rfc_7636() {
        // Appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let bytes = BASE64URL_NOPAD.decode(verifier.as_bytes()).unwrap();
        let mut random = [0; 64];
        random[..32].copy_from_slice(&bytes);
        let attempt = Attempt::new(&random, "http://127.0.0.1:5/".to_owned());
        let client = Client {
            id: "the id".to_owned(),
            secret: Some(Secret::new("hidden")),
        };
        let address = attempt.address(&Endpoints::google(None), &client, "bot@bot.example");
        assert!(
            address.contains("code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"),
            "{address}"
        );
        assert!(address.contains("client_id=the%20id&redirect_uri=http%3A%2F%2F127.0.0.1%3A5%2F&"));
        assert!(address.contains("&access_type=offline&prompt=consent"));
        assert!(!address.contains("hidden") && !address.contains(verifier));
    }

    #[test]
    fn only_the_answer_to_this_attempt_is_read() {
        let state = BASE64URL_NOPAD.encode(&[7; 32]);
        let read = |text: &str| attempt().read(&text.replace("STATE", &state));
        let code = |text: &str| match read(text) {
            Some(Ok(Code(code))) => Some(code.expose().to_owned()),
            _ => None,
        };
        let long = "http://127.0.0.1:5/?state=STATE&code=4%2F0a+b&scope=x#top";
        assert_eq!(code(long).as_deref(), Some("4/0a b"));
        assert_eq!(code("/?code=c&state=STATE").as_deref(), Some("c"));
        for other in [
            "/?code=c&state=other",
            "/?code=c",
            "/?code=c&state=STATE&state=STATE",
            "/?code=c&code=d&state=STATE",
            "/?state=STATE",
            "/?code=%zz&state=STATE",
            "/favicon.ico",
            "",
        ] {
            assert!(read(other).is_none(), "{other}");
        }
        let denied = read("/?error=access_denied&state=STATE").unwrap();
        assert_eq!(denied.err(), Some(Trouble::Denied));
        let refused = read("/?error=invalid_scope&error_description=no+mail&state=STATE").unwrap();
        assert!(
            refused
                .err()
                .unwrap()
                .to_string()
                .contains("invalid_scope (no mail)")
        );
    }
}
