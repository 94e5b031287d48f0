//! `transcode_study`.

use crate::dicom::{EXPLICIT, JPEG_LOSSLESS, slice};
use crate::fixture::on_each;
use domain::jobs::TranscodeStudyV1;
use imaging::transcode::TargetSyntax;

fn job(target: TargetSyntax) -> TranscodeStudyV1 {
    TranscodeStudyV1 {
        study_id: 1,
        transfer_syntax: target.uid().into(),
        quality: None,
    }
}

#[tokio::test]
async fn every_image_gets_one_copy_and_the_original_stays() {
    on_each(async |f| {
        f.series(
            1,
            EXPLICIT,
            (0..3).map(|n| slice(&format!("1.2.3.1.{n}"), EXPLICIT, n)).collect(),
        )
        .await;
        for _ in 0..2 {
            let done = f.run(job(TargetSyntax::RleLossless)).await;
            assert_eq!((done.state.as_str(), done.last_error), ("SUCCEEDED", None));
            assert_eq!((f.count("transcoding").await, f.count("stored_object").await), (3, 6));
        }
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_transcoded_is_named() {
    on_each(async |f| {
        f.series(1, JPEG_LOSSLESS, vec![slice("1.2.3.1.0", JPEG_LOSSLESS, 1)]).await;
        let dead = f.run(job(TargetSyntax::RleLossless)).await;
        assert_eq!(dead.state, "DEAD");
        f.series(2, EXPLICIT, vec![slice("1.2.3.2.0", EXPLICIT, 1)]).await;
        let done = f.run(job(TargetSyntax::RleLossless)).await;
        assert_eq!(done.state, "SUCCEEDED");
        let remark = done.last_error.unwrap();
        assert!(
            remark.starts_with("1 of 2 images could not be transcoded: instance "),
            "{remark}"
        );
        assert_eq!(f.count("transcoding").await, 1);
    })
    .await;
}

#[tokio::test]
async fn an_unknown_transfer_syntax_is_the_end() {
    on_each(async |f| {
        let unknown = TranscodeStudyV1 {
            study_id: 1,
            transfer_syntax: "1.2.3".into(),
            quality: None,
        };
        assert_eq!(f.run(unknown).await.state, "DEAD");
    })
    .await;
}
