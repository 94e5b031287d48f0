//! The figures of all servers, and what ours are to theirs.

use super::server::Server;
use crate::load::{Window, percentile};
use anyhow::Result;
use std::fmt::Write;
use std::time::Duration;

const LEGEND: &str = "\nRequests per second: the median of the rounds; waits of all rounds, in milliseconds.\n\
In brackets ours / theirs: of requests per second more than 1 is in our favour, of waits and memory less than 1.\n\n";

/// One server with so many clients at once.
pub struct Row {
    clients: usize,
    name: String,
    rates: Vec<f64>,
    waits: Vec<Duration>,
}

impl Row {
    pub fn new(clients: usize, name: &str) -> Self {
        Self {
            clients,
            name: name.into(),
            rates: Vec::new(),
            waits: Vec::new(),
        }
    }

    pub fn add(&mut self, window: Window) {
        self.rates.push(window.answers as f64 / window.seconds);
        self.waits.extend(window.waits);
    }

    fn figures(&mut self) -> [f64; 3] {
        self.rates.sort_by(f64::total_cmp);
        let median = self.rates[self.rates.len() / 2];
        [median, percentile(&mut self.waits, 50), percentile(&mut self.waits, 99)]
    }
}

/// Of each number of clients ours comes first.
pub fn rates(rows: &mut [Row]) -> String {
    let mut text = LEGEND.to_owned();
    let mut ours = [0.0; 3];
    let mut clients = 0;
    line(&mut text, "", ["requests/s", "p50", "p99"].map(str::to_owned));
    for row in rows {
        let figures = row.figures();
        let first = row.clients != clients;
        if first {
            (clients, ours) = (row.clients, figures);
        }
        let cell = |n: usize, digits: usize| match first {
            true => format!("{:.digits$}", figures[n]),
            false => format!("{:.digits$} ({:.2})", figures[n], ours[n] / figures[n]),
        };
        let name = format!("{} at once: {}", row.clients, row.name);
        line(&mut text, &name, [cell(0, 1), cell(1, 1), cell(2, 1)]);
    }
    text
}

pub fn memory(servers: &[Server]) -> Result<String> {
    let mut text = String::from("\n");
    line(&mut text, "", ["processes", "MiB", ""].map(str::to_owned));
    let mut ours = None;
    for server in servers {
        let (processes, size) = server.memory()?;
        let cell = match ours {
            None => format!("{size:.0}"),
            Some(ours) => format!("{size:.0} ({:.2})", ours / size),
        };
        ours = ours.or(Some(size));
        line(&mut text, &server.name, [processes.to_string(), cell, String::new()]);
    }
    Ok(text)
}

fn line(text: &mut String, name: &str, cells: [String; 3]) {
    let cells = cells.iter().fold(String::new(), |line, cell| format!("{line} {cell:>18}"));
    // Writing to a string does not fail.
    let _ = writeln!(text, "  {name:<40}{}", cells.trim_end());
}

#[cfg(test)]
mod cases {
    use super::*;

    #[test]
    fn theirs_are_followed_by_what_ours_are_to_them() {
        let window = |answers, wait| Window {
            answers,
            seconds: 1.0,
            waits: vec![Duration::from_millis(wait); answers],
        };
        let mut rows = [Row::new(8, "ours"), Row::new(8, "theirs")];
        for rate in [10, 40, 20] {
            rows[0].add(window(rate, 2));
            rows[1].add(window(rate / 2, 4));
        }
        let text = rates(&mut rows);
        let words: Vec<Vec<_>> = text.lines().map(|line| line.split_whitespace().skip(3).collect()).collect();
        assert_eq!(words[words.len() - 2], ["ours", "20.0", "2.0", "2.0"]);
        assert_eq!(
            words[words.len() - 1],
            ["theirs", "10.0", "(2.00)", "4.0", "(0.50)", "4.0", "(0.50)"]
        );
    }
}
