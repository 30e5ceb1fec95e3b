//! The practical limit that `make bench` compares with: a bare axum and SQLite server that takes an
//! order's body and only writes the same number of event rows per order, in one group commit.
//!
//! `limit <database> <port> [bytes per row]`

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use rusqlite::{Connection, params};
use tokio::sync::{mpsc, oneshot};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Events that an order has when it is placed and paid: two of its creation, two of its payment, one of its placing.
const ROWS_PER_ORDER: usize = 5;
const MOST_PER_COMMIT: usize = 256;

struct Job {
    body: Bytes,
    reply: oneshot::Sender<i64>,
}

fn write(path: &str, bytes: usize, mut jobs: mpsc::Receiver<Job>) -> rusqlite::Result<()> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (stream, version))",
    )?;
    let mut position: i64 =
        connection.query_row("SELECT coalesce(max(position), 0) FROM events", [], |row| row.get(0))?;
    let filler = "x".repeat(bytes);
    while let Some(first) = jobs.blocking_recv() {
        let mut batch = vec![first];
        while batch.len() < MOST_PER_COMMIT
            && let Ok(job) = jobs.try_recv()
        {
            batch.push(job);
        }
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let mut answers = Vec::with_capacity(batch.len());
        for job in batch {
            let body = std::str::from_utf8(&job.body).unwrap_or_default();
            let first = position + 1;
            for version in 1..=ROWS_PER_ORDER {
                position += 1;
                let text = if bytes > 0 { &filler } else { body };
                connection.prepare_cached("INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
                    position,
                    format!("order/{first}"),
                    version as i64,
                    "OrderPlaced",
                    text
                ])?;
            }
            answers.push((job.reply, first));
        }
        connection.execute_batch("COMMIT")?;
        for (reply, order) in answers {
            let _ = reply.send(order);
        }
    }
    Ok(())
}

async fn order(State(jobs): State<mpsc::Sender<Job>>, body: Bytes) -> (StatusCode, String) {
    let (reply, answer) = oneshot::channel();
    if jobs.send(Job { body, reply }).await.is_err() {
        return (StatusCode::SERVICE_UNAVAILABLE, String::new());
    }
    match answer.await {
        Ok(order) => (StatusCode::CREATED, format!("{{\"orderId\":{order},\"status\":\"PLACED\"}}")),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, String::new()),
    }
}

#[derive(serde::Serialize)]
struct Bare {
    order_id: &'static str,
    status: &'static str,
    total_amount: i64,
}

async fn status() -> axum::Json<Bare> {
    axum::Json(Bare { order_id: "0197f1a2-0000-7000-8000-000000000000", status: "PLACED", total_amount: 31_500 })
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, port, rest @ ..] = arguments.as_slice() else { anyhow::bail!("limit <database> <port> [bytes]") };
    let bytes = rest.first().map_or(Ok(200), |text| text.parse())?;
    let (jobs, waiting) = mpsc::channel(4096);
    let path = Arc::from(path.as_str());
    let writer = std::thread::Builder::new().name("writer".to_owned()).spawn({
        let path: Arc<str> = Arc::clone(&path);
        move || write(&path, bytes, waiting)
    })?;
    let router = axum::Router::new().route("/orders", post(order)).route("/status", get(status)).with_state(jobs);
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, router).await?;
    drop(writer);
    Ok(())
}
