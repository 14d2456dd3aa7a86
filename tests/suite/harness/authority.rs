//! An authorization server on loopback that behaves as RFC 6749, 7636, 8628 and 7662 say, and misbehaves when told to.
//! It fails with the error of the RFC that applies; what it was asked is kept for the test to look at.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::dovecot::USER;

pub const CLIENT: &str = "client-1.of.the.test";
pub const CLIENT_SECRET: &str = "GOCSPX-of-the-test";

pub type Fields = HashMap<String, String>;

/// What the token endpoint does instead of its duty, once each.
#[derive(Clone)]
pub enum Fault {
    /// `error` of RFC 6749 section 5.2 with a description, status 400.
    Error(&'static str),
    Status(u16),
    /// Status 200 with this body.
    Body(&'static str),
    /// The connection ends without an answer.
    Cut,
}

#[derive(Default)]
pub struct State {
    pub asked: Vec<(String, Fields)>,
    pub faults: VecDeque<Fault>,
    /// What the person with the device does, poll by poll; at the end she has agreed.
    pub device_polls: VecDeque<&'static str>,
    pub device_life_secs: i64,
    pub expires_in_secs: i64,
    pub refresh_expires_in_secs: Option<i64>,
    pub gives_no_refresh_token: bool,
    codes: HashMap<String, Fields>,
    refresh: HashSet<String>,
    used: HashSet<String>,
    pub access: HashSet<String>,
    count: u64,
}

#[derive(Clone)]
pub struct Authority {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Authority {
    pub fn start() -> Authority {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let authority = Authority {
            port: listener.local_addr().unwrap().port(),
            state: Arc::new(Mutex::new(State {
                device_life_secs: 900,
                expires_in_secs: 3_600,
                ..State::default()
            })),
        };
        let serving = authority.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(stream));
            }
        });
        authority
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn set<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap())
    }

    /// How often a grant of this type was asked for.
    pub fn count(&self, grant_type: &str) -> usize {
        self.set(|state| {
            let of = |(_, fields): &&(String, Fields)| {
                fields.get("grant_type").is_some_and(|t| t == grant_type)
            };
            state.asked.iter().filter(of).count()
        })
    }

    /// The provider's side of the end of a sign-in: password changed, access withdrawn.
    pub fn end_sign_in(&self) {
        self.set(|state| state.refresh.clear());
    }

    /// Every access token so far stops working, as after a change of scopes.
    pub fn end_access(&self) {
        self.set(|state| state.access.clear());
    }

    /// What a browser does with the address: the person agrees, and the redirect is followed.
    pub fn browse(&self, address: &str) -> Result<String, String> {
        let (_, path) = address
            .split_once("://")
            .unwrap()
            .1
            .split_once('/')
            .unwrap();
        let answer = get(self.port, &format!("/{path}"));
        let line = answer
            .lines()
            .find_map(|line| line.strip_prefix("Location: "));
        line.map(str::to_owned).ok_or(answer)
    }

    fn serve(&self, mut stream: TcpStream) {
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        let Some((method, path, fields)) = request(&mut stream) else {
            return;
        };
        let answer = self.answer(&method, &path, fields);
        if let Some((status, extra, body)) = answer {
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n{extra}Content-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes());
            let _ = stream.write_all(body.as_bytes());
        }
    }

    fn answer(&self, method: &str, path: &str, fields: Fields) -> Option<(u16, String, String)> {
        let mut state = self.state.lock().unwrap();
        state.asked.push((path.to_owned(), fields.clone()));
        let plain = |status: u16, body: String| Some((status, String::new(), body));
        match (method, path) {
            ("GET", "/o/oauth2/v2/auth") => authorize(&mut state, fields),
            ("POST", "/introspect") => {
                let active = fields
                    .get("token")
                    .is_some_and(|token| state.access.contains(token));
                plain(
                    200,
                    format!(r#"{{"active":{active},"username":"{USER}","scope":"mail"}}"#),
                )
            }
            ("POST", path) if path.ends_with("/devicecode") => {
                if fields.get("client_id").map(String::as_str) != Some(CLIENT) {
                    return plain(400, error("invalid_client"));
                }
                let life = state.device_life_secs;
                plain(
                    200,
                    format!(
                        r#"{{"device_code":"device-{life}","user_code":"WDJB-MJHT","verification_uri":"{}/device","expires_in":{life},"interval":1}}"#,
                        self.url()
                    ),
                )
            }
            ("POST", path) if path.ends_with("/token") => {
                match state.faults.pop_front() {
                    Some(Fault::Cut) => return None,
                    Some(Fault::Status(status)) => {
                        return plain(status, "<html>busy</html>".to_owned());
                    }
                    Some(Fault::Body(body)) => return plain(200, body.to_owned()),
                    Some(Fault::Error(code)) => return plain(400, error(code)),
                    None => {}
                }
                match token(&mut state, &fields) {
                    Ok(body) => plain(200, body),
                    Err(code) => plain(400, error(code)),
                }
            }
            _ => plain(404, "{}".to_owned()),
        }
    }
}

fn error(code: &str) -> String {
    format!(r#"{{"error":"{code}","error_description":"the test says {code}"}}"#)
}

/// RFC 6749 section 4.1.1, RFC 7636 section 4.3.
fn authorize(state: &mut State, fields: Fields) -> Option<(u16, String, String)> {
    let is = |name: &str, value: &str| fields.get(name).is_some_and(|v| v == value);
    let has = |name: &str| fields.get(name).is_some_and(|v| !v.is_empty());
    let good = is("response_type", "code")
        && is("client_id", CLIENT)
        && is("code_challenge_method", "S256")
        && is("scope", "https://mail.google.com/")
        && is("access_type", "offline")
        && has("code_challenge")
        && has("state")
        && fields["redirect_uri"].starts_with("http://127.0.0.1:");
    if !good {
        return Some((400, String::new(), error("invalid_request")));
    }
    state.count += 1;
    // As Google's, with characters that have to be encoded.
    let code = format!("4/0A{}+x", state.count);
    let location = format!(
        "Location: {}?state={}&code={}&scope=x\r\n",
        fields["redirect_uri"],
        fields["state"],
        code.replace('/', "%2F").replace('+', "%2B")
    );
    state.codes.insert(code, fields);
    Some((302, location, String::new()))
}

fn token(state: &mut State, fields: &Fields) -> Result<String, &'static str> {
    let field = |name: &str| fields.get(name).map_or("", String::as_str);
    if field("client_id") != CLIENT {
        return Err("invalid_client");
    }
    match field("grant_type") {
        "authorization_code" => {
            if field("client_secret") != CLIENT_SECRET {
                return Err("invalid_client");
            }
            // Good once, whatever comes of it.
            let asked = state.codes.remove(field("code")).ok_or("invalid_grant")?;
            let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(field("code_verifier")));
            if asked["code_challenge"] != challenge
                || asked["redirect_uri"] != field("redirect_uri")
            {
                return Err("invalid_grant");
            }
        }
        "urn:ietf:params:oauth:grant-type:device_code" => {
            if let Some(said) = state.device_polls.pop_front() {
                return Err(said);
            }
        }
        "refresh_token" => {
            let token = field("refresh_token").to_owned();
            // A used refresh token that comes again is a thief's: the whole sign-in ends (RFC 9700 section 4.14.2).
            if state.used.contains(&token) {
                state.refresh.clear();
            }
            if !state.refresh.remove(&token) {
                return Err("invalid_grant");
            }
            state.used.insert(token);
        }
        _ => return Err("unsupported_grant_type"),
    }
    state.count += 1;
    let (access, refresh) = (
        format!("access-{}", state.count),
        format!("refresh-{}", state.count),
    );
    state.access.insert(access.clone());
    let mut body = serde_json::json!({
        "access_token": access, "token_type": "Bearer", "expires_in": state.expires_in_secs
    });
    if !state.gives_no_refresh_token {
        state.refresh.insert(refresh.clone());
        body["refresh_token"] = refresh.into();
    }
    if let Some(secs) = state.refresh_expires_in_secs {
        body["refresh_token_expires_in"] = secs.into();
    }
    Ok(body.to_string())
}

/// A GET request, and everything that comes back.
pub fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Method, path, and the fields of the query or the form.
fn request(stream: &mut TcpStream) -> Option<(String, String, Fields)> {
    let mut held = Vec::new();
    let mut chunk = [0; 4096];
    let (head, length) = loop {
        let text = String::from_utf8_lossy(&held).into_owned();
        if let Some(end) = text.find("\r\n\r\n") {
            let length = text[..end].lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse::<usize>().unwrap())
            });
            break (text[..end].to_owned(), end + 4 + length.unwrap_or(0));
        }
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        held.extend_from_slice(&chunk[..count]);
    };
    while held.len() < length {
        let count = stream.read(&mut chunk).ok().filter(|count| *count > 0)?;
        held.extend_from_slice(&chunk[..count]);
    }
    let mut words = head.lines().next()?.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let body = String::from_utf8_lossy(&held[head.len() + 4..]).into_owned();
    let form = if method == "POST" {
        body
    } else {
        query.to_owned()
    };
    Some((method, path.to_owned(), fields(&form)))
}

fn fields(form: &str) -> Fields {
    form.split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            other => other,
        });
    }
    String::from_utf8(bytes).unwrap()
}
