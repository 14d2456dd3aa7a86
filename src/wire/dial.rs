//! From a host name to a connected socket that notices when the other side is gone.
//! It fails when the name has no address, nothing answers, or plain text would leave this machine.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use super::error::{WireError, clean};
use super::{Security, Server};

/// A resolver tries several servers for 5 s each; longer means that it is down.
const LOOKUP: Duration = Duration::from_secs(30);
/// Three repeated SYNs (1, 3 and 7 s) fit, and a second address still gets its turn soon.
const CONNECT: Duration = Duration::from_secs(20);
/// Hosts have a handful of addresses; a longer list would keep one attempt busy for minutes.
const ADDRESSES_MAX: usize = 6;
/// Below the 5 minutes after which home routers forget a silent connection.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);
const KEEPALIVE_RETRIES: u32 = 4;
/// Unacknowledged bytes for so long mean a dead peer; the kernel's own limit is a quarter of an hour.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// Connects to the first of the server's addresses that answers.
///
/// # Errors
/// [`WireError::NameNotFound`], [`WireError::Unreachable`], [`WireError::Timeout`], and
/// [`WireError::PlaintextRefused`] where no protection is wanted and an address is not this machine's.
pub(super) async fn dial(server: &Server) -> Result<(TcpStream, SocketAddr), WireError> {
    let addresses = look_up(server).await?;
    if server.security == Security::None
        && !addresses
            .iter()
            .all(|a| a.ip().to_canonical().is_loopback())
    {
        return Err(WireError::PlaintextRefused { at: server.at() });
    }
    let mut last = WireError::NameNotFound {
        at: server.at(),
        why: "no address".to_owned(),
    };
    for address in addresses.into_iter().take(ADDRESSES_MAX) {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                tune(&stream);
                return Ok((stream, address));
            }
            Ok(Err(error)) => {
                last = WireError::Unreachable {
                    at: server.at(),
                    why: clean(&error.to_string()),
                };
            }
            Err(_) => last = WireError::timeout(server, "connecting"),
        }
    }
    Err(last)
}

async fn look_up(server: &Server) -> Result<Vec<SocketAddr>, WireError> {
    let looking = lookup_host((server.host.as_str(), server.port));
    match timeout(LOOKUP, looking).await {
        Ok(Ok(found)) => Ok(found.collect()),
        Ok(Err(error)) => Err(WireError::NameNotFound {
            at: server.at(),
            why: clean(&error.to_string()),
        }),
        Err(_) => Err(WireError::timeout(server, "looking up the host name")),
    }
}

/// Options that only sharpen the watch: a system that refuses one still has a working connection,
/// and the deadlines above it hold.
fn tune(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new()
        .with_time(KEEPALIVE_IDLE)
        .with_interval(KEEPALIVE_INTERVAL)
        .with_retries(KEEPALIVE_RETRIES);
    let _ = socket.set_tcp_keepalive(&keepalive);
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_watches_over_itself() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server {
            host: "localhost".to_owned(),
            port: listener.local_addr().unwrap().port(),
            security: Security::None,
            login: None,
            ca_file: None,
        };
        let (stream, address) = dial(&server).await.unwrap();
        assert!(address.ip().is_loopback() && stream.nodelay().unwrap());
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        #[cfg(target_os = "linux")]
        assert_eq!(
            (
                socket.tcp_keepalive_time().unwrap(),
                socket.tcp_user_timeout().unwrap()
            ),
            (KEEPALIVE_IDLE, Some(UNACKNOWLEDGED))
        );
    }
}
