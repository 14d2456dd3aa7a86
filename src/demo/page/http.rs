//! As much of HTTP/1.1 as one page on loopback needs: one bounded request a connection, one answer, or a stream
//! of events. Whatever is not understood is answered with a status and the connection closes.
//!
//! Our own, because hyper would be two crates and a service layer for five routes that are all known here.

use crate::demo::peer::{Broken, Peer, trim_line_end};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// Octets of the request line or of one header field; a browser's longest here is a few hundred.
const MAX_LINE: usize = 8 * 1024;
/// Header fields; a browser sends about fifteen.
const MAX_FIELDS: usize = 64;
/// Octets of a body: more than any mail that a person types.
pub(super) const MAX_BODY: usize = 64 * 1024;
/// A browser sends its request at once.
const WAIT: Duration = Duration::from_secs(20);
/// What a browser may do with this page: only its own files, no inline script or style, no frame, no form target.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
    base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A request as far as this page looks at it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) host: String,
    pub(super) origin: Option<String>,
    pub(super) content_type: String,
    pub(super) body: Vec<u8>,
}

/// Why there is no request.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Gone,
    Status(u16),
}

impl From<Broken> for Refused {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Closed => Refused::Gone,
            Broken::TooLong => Refused::Status(431),
            Broken::Late => Refused::Status(408),
        }
    }
}

/// Reads one request.
pub(super) async fn read<S>(peer: &mut Peer<S>) -> Result<Request, Refused>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let line = text_line(peer).await?;
    let mut words = line.split(' ');
    let (Some(method), Some(path), Some("HTTP/1.1"), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Refused::Status(400));
    };
    let mut request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        host: String::new(),
        origin: None,
        content_type: String::new(),
        body: Vec::new(),
    };
    let mut length = 0;
    for count in 0.. {
        let field = text_line(peer).await?;
        if field.is_empty() {
            break;
        }
        if count >= MAX_FIELDS {
            return Err(Refused::Status(431));
        }
        let (name, value) = field.split_once(':').ok_or(Refused::Status(400))?;
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            // Two hosts are a trick on somebody who looks at the other one (RFC 9112 section 3.2).
            "host" if !request.host.is_empty() => return Err(Refused::Status(400)),
            "host" => request.host = value.to_owned(),
            "origin" => request.origin = Some(value.to_owned()),
            "content-type" => request.content_type = value.to_ascii_lowercase(),
            "content-length" => length = value.parse().map_err(|_| Refused::Status(400))?,
            "transfer-encoding" => return Err(Refused::Status(501)),
            _ => {}
        }
    }
    if length > MAX_BODY {
        return Err(Refused::Status(413));
    }
    request.body = peer.exact(length, WAIT).await?;
    Ok(request)
}

async fn text_line<S>(peer: &mut Peer<S>) -> Result<String, Refused>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let line = peer.line(MAX_LINE, WAIT).await?;
    let line = trim_line_end(&line).to_vec();
    String::from_utf8(line).map_err(|_| Refused::Status(400))
}

/// A whole answer.
pub(super) fn answer(status: u16, content_type: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = head(status, content_type);
    bytes.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// The beginning of a stream of events, which ends with the connection.
pub(super) fn stream_head() -> Vec<u8> {
    let mut bytes = head(200, "text/event-stream; charset=utf-8");
    bytes.extend_from_slice(b"\r\nretry: 1000\n\n");
    bytes
}

/// One event; `data` is one line.
pub(super) fn event(data: &str) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

fn head(status: u16, content_type: &str) -> Vec<u8> {
    let reason = match status {
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        _ => "Error",
    };
    format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nContent-Security-Policy: {POLICY}\r\nX-Content-Type-Options: nosniff\r\n\
         Referrer-Policy: same-origin\r\nCross-Origin-Resource-Policy: same-origin\r\n\
         Cross-Origin-Opener-Policy: same-origin\r\n"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    async fn read_bytes(bytes: &[u8]) -> Result<Request, Refused> {
        let (mut far, near) = tokio::io::duplex(256 * 1024);
        far.write_all(bytes).await.unwrap();
        drop(far);
        read(&mut Peer::new(near)).await
    }

    #[tokio::test]
    async fn a_request_is_read() {
        let request = read_bytes(
            b"POST /x/do HTTP/1.1\r\nHost: a:1\r\nOrigin: http://a:1\r\nContent-Length: 2\r\n\r\n{}",
        )
        .await
        .unwrap();
        assert_eq!(
            (request.method.as_str(), request.path.as_str()),
            ("POST", "/x/do")
        );
        assert_eq!(
            (request.host.as_str(), request.body.as_slice()),
            ("a:1", &b"{}"[..])
        );
        assert_eq!(request.origin.as_deref(), Some("http://a:1"));
    }

    #[tokio::test]
    async fn what_is_too_much_or_not_understood_is_refused() {
        let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(MAX_LINE));
        let many = format!(
            "GET / HTTP/1.1\r\n{}\r\n",
            "A: b\r\n".repeat(MAX_FIELDS + 1)
        );
        for (bytes, status) in [
            ("nonsense\r\n\r\n", 400),
            ("GET / HTTP/1.0\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nContent-Length: 65537\r\n\r\n", 413),
            ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501),
            (&long, 431),
            (&many, 431),
        ] {
            let refused = read_bytes(bytes.as_bytes()).await;
            assert_eq!(refused, Err(Refused::Status(status)), "{bytes:.60}");
        }
        assert_eq!(read_bytes(b"GET / HT").await, Err(Refused::Gone));
    }
}
