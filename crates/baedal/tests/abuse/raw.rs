//! Requests as bytes, which no library would send.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// How long an answer may take to come, or the connection to be cut off.
const PATIENCE: Duration = Duration::from_secs(25);

/// Everything that comes back until the other side hangs up, or is silent for a moment after it has answered.
pub async fn said_to(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // It may hang up before it has heard everything.
    let _ = stream.write_all(bytes).await;
    let mut heard = Vec::new();
    loop {
        let patience = if heard.is_empty() { PATIENCE } else { Duration::from_millis(300) };
        let mut buffer = vec![0; 16 * 1024];
        match tokio::time::timeout(patience, stream.read(&mut buffer)).await {
            Ok(Ok(0) | Err(_)) => break,
            Ok(Ok(read)) => heard.extend_from_slice(&buffer[..read]),
            Err(late) => {
                assert!(!heard.is_empty(), "neither an answer nor an end within {PATIENCE:?} ({late}): {bytes:.80?}");
                break;
            }
        }
    }
    String::from_utf8_lossy(&heard).into_owned()
}

/// The statuses of all answers in `heard`.
pub fn statuses(heard: &str) -> Vec<u16> {
    let heads = heard.match_indices("HTTP/1.1 ").map(|(at, _)| &heard[at + 9..]);
    heads.filter_map(|rest| rest.get(..3)?.parse().ok()).collect()
}
