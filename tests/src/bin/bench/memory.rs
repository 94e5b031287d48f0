//! Memory of a server while a large study arrives and is worked on.

use crate::{Backend, row};
use anyhow::{Context, Result, ensure};
use domain::db::sql::query;
use reqwest::Body;
use reqwest::multipart::Part;
use std::sync::Arc;
use std::time::Duration;
use tests::dicom::{Image, noisy};

/// 1024 x 1024 pixels of 16 bits: 2 MB.
const SIDE: u16 = 1024;
const UNFINISHED: &str = "SELECT 1 FROM job WHERE study_id IS NOT NULL AND state IN ('PENDING','RUNNING') LIMIT 1";

pub async fn measure(files: u32) -> Result<()> {
    let place = Backend::Sqlite.install().await;
    let mut server = place.start(&["serve"]);
    let technician = place.technician(&server.base().await).await;
    technician.upload(noisy(2, SIDE).collect()).await;
    let until_done = async || -> Result<()> {
        while !query(place.app.db.reader(), UNFINISHED, vec![]).await?.is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    until_done().await?;
    let Ok(before) = resident(server.id(), "VmRSS") else {
        row("not measured", "there is no /proc");
        return Ok(());
    };
    row("before", format!("{before:.0} MiB"));
    let answer = technician.upload_parts(parts(files), None).await?;
    let studies = &answer["data"]["studyUpload"]["studies"];
    ensure!(studies[0]["numberOfInstances"] == files, "{answer}");
    let what = format!("growth by the upload of {files} files of 2 MB");
    row(&what, format!("{:.0} MiB", resident(server.id(), "VmHWM")? - before));
    until_done().await?;
    row(
        "growth when its jobs are done too",
        format!("{:.0} MiB", resident(server.id(), "VmHWM")? - before),
    );
    Ok(())
}

/// Files of one series, each made when it is its turn.
fn parts(files: u32) -> Vec<Part> {
    let first = Image::grey(SIDE, SIDE, 16);
    let (study, series, noise) = (first.study.clone(), first.series.clone(), Arc::new(first.noise(3)));
    let part = |number| {
        let image = Image {
            study: study.clone(),
            series: series.clone(),
            number,
            ..Image::grey(SIDE, SIDE, 16)
        };
        let noise = noise.clone();
        let file = async move { Ok::<_, std::io::Error>(image.file(&noise)) };
        Part::stream(Body::wrap_stream(futures::stream::once(file))).file_name(format!("slice-{number:04}.dcm"))
    };
    (0..files).map(part).collect()
}

/// A field of `/proc/PID/status`, in MiB.
pub fn resident(process: u32, field: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).with_context(|| format!("no {field}"))?;
    let kilobytes: f64 = line.trim_start_matches(':').trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes / 1024.0)
}
