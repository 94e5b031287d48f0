//! As much of an HTTP client as it takes to see that a server is up and to sign in.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(10);

/// Whether `GET path` is answered with 200.
pub fn is_up(port: u16, path: &str) -> bool {
    let request = format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
    exchange(port, &request).is_ok_and(|answer| answer.split(' ').nth(1) == Some("200"))
}

/// Signs in through GraphQL; the access token.
pub fn sign_in(port: u16, username: &str, password: &str) -> Result<String> {
    let body = json!({
        "query": "mutation($u: String!, $p: String!) { sessionCreate(input: { username: $u, password: $p }) { session { accessToken } } }",
        "variables": { "u": username, "p": password },
    })
    .to_string();
    let request = format!(
        "POST /graphql HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = exchange(port, &request)?;
    let (_, body) = answer.split_once("\r\n\r\n").context("an answer without a body")?;
    let body: Value = serde_json::from_str(body).with_context(|| format!("not JSON: {body}"))?;
    let token = body["data"]["sessionCreate"]["session"]["accessToken"].as_str();
    token.map(str::to_owned).with_context(|| format!("no session: {body}"))
}

fn exchange(port: u16, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
