//! `cargo xtask conformance`: foreign clients and suites against a server with the demo accounts.
//!
//! A suite is a folder of `tests/conformance` with a `suite.json`. It finds the server in `GANTRY_URL`, a demo administrator's
//! access token in `GANTRY_TOKEN`, the server's log in `GANTRY_LOG` and the sources of Gantry in `GANTRY_SOURCE`, and prints
//! `N passed, N failed`; a command that prints no counts counts as one test. `server_env` has settings that the server needs for the suite.

use crate::counts::Counts;
use crate::run::{step, timed, watched};
use crate::service::{Service, Start, free_port, new_folder};
use crate::suites::{Suite, shell};
use crate::workspace::Workspace;
use crate::{http, in_ci};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::time::Duration;

/// The administrator that `gantry serve --demo` makes.
const DEMO_ADMIN: (&str, &str) = ("admin", "admin");

pub fn conformance(workspace: &Workspace, name: Option<&str>) -> Result<bool> {
    let suites = Suite::find(&workspace.root.join("tests/conformance"), name)?;
    if !step("build", &mut workspace.cargo(&["build", "--workspace", "--bins"]))? {
        bail!("the build failed");
    }
    let mut counts = Counts::default();
    for suite in &suites {
        timed(&format!("conformance {}", suite.name), || {
            let found = one(workspace, suite)?;
            counts += found;
            Ok(found.failed == 0)
        })?;
    }
    println!("{counts}");
    Ok(counts.failed == 0)
}

fn one(workspace: &Workspace, suite: &Suite) -> Result<Counts> {
    let folder = match suite.install(&workspace.target.join("conformance")) {
        Ok(folder) => folder,
        Err(error) => {
            println!(
                "==> !!! {} did NOT run, it cannot be installed: {error:#} !!!",
                suite.name
            );
            return Ok(if in_ci() {
                Counts::of(false)
            } else {
                Counts {
                    skipped: 1,
                    ..Counts::default()
                }
            });
        }
    };
    let server = Server::start(&workspace.binary("gantry"), suite)?;
    let mut counts = Counts::default();
    for line in &suite.run {
        counts += run(workspace, line, &folder, suite, &server)?;
    }
    if counts.failed > 0 {
        println!("the server's log ends with\n{}", server.service.log_end());
    }
    Ok(counts)
}

/// The counts of the last line that has any: the lines before tell of parts.
fn run(workspace: &Workspace, line: &str, folder: &Path, suite: &Suite, server: &Server) -> Result<Counts> {
    println!("--> {line}");
    let mut command = shell(line);
    command
        .current_dir(folder)
        .env("GANTRY_URL", server.url())
        .env("GANTRY_TOKEN", &server.token)
        .env("GANTRY_LOG", server.service.log())
        .env("GANTRY_SOURCE", &workspace.root)
        .envs(suite.env.iter().cloned());
    let mut last = None;
    let succeeded = watched(&mut command, |line| last = Counts::of_words(line).or(last))?;
    let mut counts = last.unwrap_or_else(|| Counts::of(succeeded));
    if !succeeded && counts.failed == 0 {
        counts += Counts::of(false);
    }
    Ok(counts)
}

/// `gantry serve --demo` with data of its own.
struct Server {
    service: Service,
    port: u16,
    token: String,
}

impl Server {
    fn start(binary: &Path, suite: &Suite) -> Result<Self> {
        let port = free_port()?;
        let folder = new_folder("conformance", false)?;
        let mut environment = vec![
            ("GANTRY_LISTEN", format!("127.0.0.1:{port}")),
            ("GANTRY_DATA_DIR", folder.join("data").to_string_lossy().into_owned()),
            ("GANTRY_RATE_LIMITS", "off".into()),
        ];
        environment.extend(suite.server_env.iter().map(|(name, value)| (name.as_str(), value.clone())));
        let start = Start {
            command: binary,
            arguments: &["serve".into(), "--demo".into()],
            environment: &environment,
            signal: "TERM",
            user: None,
        };
        let service = Service::start(folder, &start)?;
        service
            .wait_until(Duration::from_secs(30), |_| http::is_up(port, "/health"))
            .context("gantry serve")?;
        let (username, password) = DEMO_ADMIN;
        let token = http::sign_in(port, username, password).context("the demo administrator cannot sign in")?;
        Ok(Self { service, port, token })
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
