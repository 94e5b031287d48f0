//! `render_study`.

use crate::dicom::{EXPLICIT, JPEG_LOSSLESS, slice};
use crate::fixture::on_each;
use domain::jobs::RenderStudyV1;
use sea_orm::EntityTrait;

#[tokio::test]
async fn every_series_gets_thumbnail_and_preview() {
    on_each(async |f| {
        f.series(
            1,
            EXPLICIT,
            (0..3).map(|n| slice(&format!("1.2.3.1.{n}"), EXPLICIT, n)).collect(),
        )
        .await;
        assert_eq!(f.run(RenderStudyV1 { study_id: 1 }).await.state, "SUCCEEDED");
        let made = entity::rendition::Entity::find().all(f.app.db.writer()).await.unwrap();
        assert_eq!(made.len(), 4);
        for rendition in made {
            let size = match rendition.kind.as_str() {
                "thumbnail" => (Some(256), Some(128)),
                _ => (Some(600), Some(300)),
            };
            assert_eq!((rendition.width, rendition.height), size, "{}", rendition.kind);
            let bytes = f.app.storage.get(&rendition.object_key.unwrap()).await.unwrap();
            let magic: &[u8] = if rendition.format == "png" {
                b"\x89PNG"
            } else {
                b"\xff\xd8\xff"
            };
            assert!(bytes.starts_with(magic), "{}", rendition.format);
        }
    })
    .await;
}

#[tokio::test]
async fn rendering_again_replaces_what_was_there() {
    on_each(async |f| {
        f.series(1, EXPLICIT, vec![slice("1.2.3.1.0", EXPLICIT, 1)]).await;
        f.run(RenderStudyV1 { study_id: 1 }).await;
        let objects = f.count("stored_object").await;
        f.run(RenderStudyV1 { study_id: 1 }).await;
        assert_eq!(
            (f.count("rendition").await, f.count("stored_object").await),
            (4, objects)
        );
    })
    .await;
}

#[tokio::test]
async fn pixels_that_cannot_be_shown_are_told_and_the_others_drawn() {
    on_each(async |f| {
        f.series(1, JPEG_LOSSLESS, vec![slice("1.2.3.1.0", JPEG_LOSSLESS, 1)]).await;
        f.series(2, EXPLICIT, vec![slice("1.2.3.2.0", EXPLICIT, 1)]).await;
        f.series(3, EXPLICIT, vec![]).await;
        assert_eq!(f.run(RenderStudyV1 { study_id: 1 }).await.state, "SUCCEEDED");
        let made = entity::rendition::Entity::find().all(f.app.db.writer()).await.unwrap();
        let of = |series| made.iter().filter(move |rendition| rendition.series_id == series);
        assert_eq!(made.len(), 12);
        assert!(of(1).all(|one| one.object_key.is_none() && one.error.as_deref().is_some_and(|error| error.contains("JPEG"))));
        assert!(of(2).all(|one| one.object_key.is_some() && one.error.is_none()));
        assert!(of(3).all(|one| one.error.as_deref() == Some("the series has no image")));
    })
    .await;
}
