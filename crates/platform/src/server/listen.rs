//! Listening with room for a crowd that comes all at once.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, ToSocketAddrs, lookup_host};

/// Connections that wait to be accepted. Whoever comes when so many wait is not heard, and tries again a second later.
const WAITING: u32 = 1_024;

/// Listens at the first of the addresses of `name` that can be had.
///
/// # Errors
/// Where none can be had: why not the last one.
pub async fn listen(name: impl ToSocketAddrs) -> io::Result<TcpListener> {
    let mut failed = io::Error::new(io::ErrorKind::InvalidInput, "no address has this name");
    for address in lookup_host(name).await? {
        match bound(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn bound(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // Started again, it does not wait for the last connections of the one before.
    socket.set_reuseaddr(cfg!(unix))?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test]
    async fn many_may_come_before_the_first_is_accepted() {
        let listener = listen("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut open = Vec::new();
        for number in 0..500 {
            let connecting = tokio::time::timeout(Duration::from_millis(900), TcpStream::connect(address));
            open.push(connecting.await.unwrap_or_else(|_| panic!("connection {number} is not heard")).unwrap());
        }
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_not_had_twice() {
        let first = listen("127.0.0.1:0").await.unwrap();
        let again = listen(first.local_addr().unwrap()).await;
        assert_eq!(again.unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }
}
