//! An HTTP server for tests that answers what it is told to, one connection after the other.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

/// A request: method and path, head in small letters, body.
pub struct Request {
    pub line: String,
    pub head: String,
    pub body: Vec<u8>,
}

/// Status line and further lines of the head, and the body.
pub type Response = (String, Vec<u8>);

pub fn json(text: impl Into<String>) -> Response {
    (
        "200 OK\r\nContent-Type: application/json".into(),
        text.into().into_bytes(),
    )
}

pub fn status(line: &str, text: &str) -> Response {
    (line.into(), text.as_bytes().to_vec())
}

/// Serves until the process ends; gives its address.
pub fn serve(answer: impl Fn(&Request) -> Response + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that leaves early is none of the server's business.
            let _ = one(&stream, &answer);
        }
    });
    format!("http://{address}")
}

fn one(stream: &TcpStream, answer: &impl Fn(&Request) -> Response) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head)? == 0 {
            return Ok(());
        }
    }
    let line = head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
    let head = head.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .map_or(0, |n| n.parse().expect("a length"));
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (status, body) = answer(&Request { line, head, body });
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}
