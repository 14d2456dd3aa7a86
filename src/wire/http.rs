//! As much of HTTP/1.1 as a page of figures needs: the path of one bounded GET request, and one answer.
//! It fails by `None`: a request that is none, too long or too slow gets no answer.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// A collector's request is a few hundred bytes.
const REQUEST_MAX_BYTES: usize = 8 * 1024;
const FIELDS_MAX: usize = 64;
/// For the request and again for the answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    pub method: String,
    /// Without the query.
    pub path: String,
}

/// Reads one request's head; a body is left unread.
pub async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    timeout(PATIENCE, read_head(stream)).await.ok()?
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> Option<Request> {
    let mut held = Vec::new();
    let mut chunk = [0; 1024];
    loop {
        let count = stream
            .read(&mut chunk)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        held.extend(chunk.iter().take(count));
        let mut fields = [httparse::EMPTY_HEADER; FIELDS_MAX];
        let mut request = httparse::Request::new(&mut fields);
        match request.parse(&held).ok()? {
            httparse::Status::Partial if held.len() > REQUEST_MAX_BYTES => return None,
            httparse::Status::Partial => {}
            httparse::Status::Complete(_) => {
                let path = request.path?;
                return Some(Request {
                    method: request.method?.to_owned(),
                    path: path.split('?').next().unwrap_or(path).to_owned(),
                });
            }
        }
    }
}

/// Writes one answer and ends the connection's use.
pub async fn answer(
    stream: &mut (impl AsyncWrite + Unpin),
    status: u16,
    content_type: &str,
    body: &str,
) {
    let reason = match status {
        200 => "OK",
        404 => "Not Found",
        405 => "Method Not Allowed",
        503 => "Service Unavailable",
        _ => "Error",
    };
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\
         Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n\r\n",
        body.len()
    );
    let writing = async {
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body.as_bytes()).await?;
        stream.shutdown().await
    };
    // Whoever has gone already needs no answer.
    let _ = timeout(PATIENCE, writing).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read_bytes(bytes: &[u8]) -> Option<Request> {
        let (mut far, mut near) = tokio::io::duplex(64 * 1024);
        far.write_all(bytes).await.unwrap();
        drop(far);
        read(&mut near).await
    }

    #[tokio::test]
    async fn a_request_is_read_and_nonsense_is_not() {
        let request = read_bytes(b"GET /metrics?x=1 HTTP/1.1\r\nHost: a:1\r\n\r\n").await;
        let (method, path) = ("GET".to_owned(), "/metrics".to_owned());
        assert_eq!(request, Some(Request { method, path }));
        let long = format!(
            "GET /{} HTTP/1.1\r\n\r\n",
            "a".repeat(2 * REQUEST_MAX_BYTES)
        );
        let many = format!(
            "GET / HTTP/1.1\r\n{}\r\n",
            "A: b\r\n".repeat(FIELDS_MAX + 1)
        );
        for nonsense in ["hello\r\n\r\n", "GET / HTTP/1.1\r\nHo", "", &long, &many] {
            assert_eq!(
                read_bytes(nonsense.as_bytes()).await,
                None,
                "{nonsense:.40}"
            );
        }
    }
}
