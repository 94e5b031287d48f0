//! Analyses a series: `analyze <folder of DICOM files> <montage.png>`, or `analyze <edge> <slices> <montage.png>` for the synthetic
//! thorax. Prints the report, the time of each stage and the peak of memory, to judge the analysis by.

use std::cell::RefCell;
use std::error::Error;
use std::time::Instant;

use imaging::analysis::{ImageHeader, Options, analyze};
use imaging::file::DicomFile;
use imaging::guard::Limits;
use imaging::phantom::ct_series;
use imaging::pixels::{PixelDescription, PixelError, Samples, decode_frame};

/// A frame, read again from its file each time, as the server reads it from its store.
struct Frame {
    file: tempfile::TempPath,
    desc: PixelDescription,
    index: u32,
    range: std::ops::Range<u64>,
}

impl Frame {
    fn read(&self) -> Result<Samples, PixelError> {
        let bytes = std::fs::read(&self.file).map_err(|error| PixelError::Encode(error.to_string()))?;
        let file =
            DicomFile::read(&bytes, &Limits::default()).map_err(|error| PixelError::Encode(error.to_string()))?;
        let bytes = file.inflated(&bytes, &Limits::default()).map_err(|error| PixelError::Encode(error.to_string()))?;
        decode_frame(
            &self.desc,
            self.index,
            &bytes[self.range.start as usize..self.range.end as usize],
        )
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (files, montage): (Box<dyn Iterator<Item = std::io::Result<Vec<u8>>>>, &String) = match arguments.as_slice() {
        [folder, montage] => {
            let mut paths: Vec<_> =
                std::fs::read_dir(folder)?.filter_map(|entry| entry.ok().map(|e| e.path())).collect();
            paths.sort();
            (Box::new(paths.into_iter().map(std::fs::read)), montage)
        }
        [edge, slices, montage] => (Box::new(ct_series(slices.parse()?, edge.parse()?).map(Ok)), montage),
        _ => return Err("usage: analyze <folder> <montage.png> | analyze <edge> <slices> <montage.png>".into()),
    };
    let (mut headers, mut frames) = (Vec::new(), Vec::new());
    for bytes in files {
        if let Err(error) = collect(&bytes?, &mut headers, &mut frames) {
            eprintln!("left out: {error}");
        }
    }
    let start = Instant::now();
    let stage = RefCell::new(None);
    let progress = |now, _: f32| {
        if stage.replace(Some(now)) != Some(now) {
            eprintln!("{:6.2} s {now:?}", start.elapsed().as_secs_f64());
        }
        Ok(())
    };
    let analysis = analyze(
        &headers,
        &mut |image| frames[image].read(),
        &Options::default(),
        &progress,
    )?;
    eprintln!("{:6.2} s done", start.elapsed().as_secs_f64());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    eprintln!(
        "{}",
        status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("peak of memory unknown")
    );
    let report = analysis.results.report();
    println!("{}\n\nIMPRESSION\n{}", report.findings, report.impression);
    let picture = analysis.montage();
    println!("{:?}\n{:?}", picture.legend, analysis.results.summary);
    std::fs::write(montage, picture.png()?)?;
    Ok(())
}

fn collect(bytes: &[u8], headers: &mut Vec<ImageHeader>, frames: &mut Vec<Frame>) -> Result<(), Box<dyn Error>> {
    let file = DicomFile::read(bytes, &Limits::default())?;
    let desc = PixelDescription::from_dataset(&file.dataset, &file.transfer_syntax)?;
    for (index, range) in file.frame_ranges()?.into_iter().enumerate() {
        let mut copy = tempfile::NamedTempFile::new()?;
        std::io::Write::write_all(&mut copy, bytes)?;
        headers.push(ImageHeader::of_frame(&file.dataset, &desc, index as u32));
        frames.push(Frame {
            file: copy.into_temp_path(),
            desc: desc.clone(),
            index: index as u32,
            range,
        });
    }
    Ok(())
}
