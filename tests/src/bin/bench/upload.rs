//! Uploads through the public API of `gantry api`.

use crate::{Backend, row};
use anyhow::{Result, ensure};
use std::time::Instant;
use tests::dicom::noisy;

const FILES: u32 = 200;
/// 512 x 512 pixels of 16 bits.
const SIDE: u16 = 512;

pub async fn measure(backend: Backend) -> Result<()> {
    let place = backend.install().await;
    let mut api = place.start(&["api"]);
    let technician = place.technician(&api.base().await).await;
    technician.upload(noisy(4, SIDE).collect()).await;
    let files: Vec<_> = noisy(FILES, SIDE).collect();
    let bytes: usize = files.iter().map(|(_, file)| file.len()).sum();
    let began = Instant::now();
    let uploaded = technician.upload(files).await;
    let seconds = began.elapsed().as_secs_f64();
    ensure!(uploaded["studies"][0]["numberOfInstances"] == FILES, "{uploaded}");
    let rates = format!(
        "{:.0} MB/s, {:.0} files/s",
        bytes as f64 / 1e6 / seconds,
        f64::from(FILES) / seconds
    );
    row(backend.name(), rates);
    Ok(())
}
