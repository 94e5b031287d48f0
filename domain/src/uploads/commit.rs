//! The one transaction of an upload: studies, series, instances, objects, jobs and events appear together.

use super::{Ingest, Received, UploadForm, Uploaded};
use crate::App;
use crate::analyses;
use crate::audit::{About, AuditKind};
use crate::centres;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::events::{self, EventKind, NewEvent};
use crate::jobs::{self, AnalyzeStudyV1, IndexSeriesV1, NewJob, RenderStudyV1, TranscodeStudyV1};
use crate::policy::{Action, Reach, require};
use crate::studies;
use chrono::Utc;
use entity::{centre, instance, series, study};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Rows of one statement; both databases bound the number of its parameters.
const ROWS: usize = 500;

/// Ends an upload: everything appears, or nothing and an error that says why.
pub async fn study_upload(app: &App, ctx: &Context, mut ingest: Ingest, form: UploadForm) -> Result<Uploaded> {
    let uploaded = commit(app, ctx, &mut ingest, form).await;
    // What was staged and is not named goes; after a crash the sweeper does this.
    if let Some(batch) = ingest.batch.take()
        && let Err(error) = batch.close().await
    {
        tracing::warn!(%error, "leftovers of an upload wait for the sweeper");
    }
    uploaded
}

async fn commit(app: &App, ctx: &Context, ingest: &mut Ingest, form: UploadForm) -> Result<Uploaded> {
    let centre = centre_of(app, ctx, form.centre_id).await?;
    form.check()?;
    if ingest.received.is_empty() {
        return Err(nothing_usable(ingest));
    }
    let mut groups: BTreeMap<String, Vec<Received>> = BTreeMap::new();
    for received in std::mem::take(&mut ingest.received) {
        groups.entry(received.attributes.study.study_instance_uid.clone()).or_default().push(received);
    }
    let damaged = ingest.skipped.iter().filter(|skipped| skipped.damaged).count();

    let tx = app.db.begin().await?;
    let (mut found, mut keep, mut duplicates) = (Vec::new(), Vec::new(), 0);
    // In the order of their UIDs, so that two uploads never wait for each other.
    for files in groups.into_values() {
        let total = files.len();
        let joined = join_study(app, &tx, ctx, &centre, &form, files, damaged).await?;
        duplicates += total - joined.kept.len();
        keep.extend(joined.kept);
        found.push((total, joined.study));
    }
    ingest.batch()?.commit(&tx, &keep).await?;
    tx.commit().await?;
    metrics::counter!("gantry_instances_stored_total").increment(keep.len() as u64);
    found.sort_by_key(|(files, _)| std::cmp::Reverse(*files));
    Ok(Uploaded {
        studies: found.into_iter().map(|(_, study)| study).collect(),
        skipped: std::mem::take(&mut ingest.skipped),
        duplicates,
    })
}

async fn centre_of(app: &App, ctx: &Context, wanted: Option<i64>) -> Result<centre::Model> {
    let missing = || Error::conflict("centre", "NO_CENTRE", "User not associated with a centre");
    let centre = match (require(ctx, Action::StudyUpload)?, wanted) {
        (Reach::All, Some(id)) => centres::find(app.db.reader(), id).await?,
        (Reach::All, None) => centres::default_centre(app).await?.ok_or_else(missing)?,
        (Reach::Centre(own) | Reach::Own(own), None) => match centres::find(app.db.reader(), own).await {
            Err(Error::NotFound(_)) => return Err(missing()),
            found => found?,
        },
        (Reach::Centre(own) | Reach::Own(own), Some(id)) if id == own => centres::find(app.db.reader(), own).await?,
        (Reach::Centre(_) | Reach::Own(_), Some(_)) => return Err(Error::OutOfScope("Centre")),
    };
    match centre.is_active {
        true => Ok(centre),
        false => Err(Error::conflict(
            "centre",
            "CENTRE_INACTIVE",
            "The centre is not active; ask an administrator",
        )),
    }
}

fn nothing_usable(ingest: &Ingest) -> Error {
    let reasons: Vec<String> = ingest
        .skipped
        .iter()
        .take(3)
        .map(|skipped| format!("{}: {}", skipped.name, skipped.reason))
        .collect();
    let message = match reasons.is_empty() {
        true => "No valid DICOM file was sent".into(),
        false => format!("No valid DICOM file was sent. {}", reasons.join("; ")),
    };
    Error::conflict("files", "NO_DICOM", message)
}

struct Joined {
    study: study::Model,
    kept: Vec<crate::storage::StoredFile>,
}

async fn join_study(
    app: &App,
    tx: &DatabaseTransaction,
    ctx: &Context,
    centre: &centre::Model,
    form: &UploadForm,
    files: Vec<Received>,
    damaged: usize,
) -> Result<Joined> {
    let (study, is_new) = lock_study(tx, ctx, centre, form, &files[0]).await?;
    let fresh = without_duplicates(tx, &study, files).await?;
    if fresh.is_empty() {
        return Ok(Joined {
            study,
            kept: Vec::new(),
        });
    }
    let series = join_series(tx, &study, &fresh).await?;
    insert_instances(tx, &study, &series, &fresh).await?;
    let study = update_study(tx, study, form, &fresh, damaged).await?;
    if is_new {
        studies::words_write(tx, &study).await?;
        studies::assign_later(tx, &study).await?;
    }
    let (kind, recorded) = match is_new {
        true => (EventKind::StudyCreated, AuditKind::StudyCreated),
        false => (EventKind::StudyUpdated, AuditKind::StudyUpdated),
    };
    app.audit.record(tx, ctx, recorded, About::study(&study)).await?;
    events::append(
        tx,
        NewEvent {
            kind,
            centre_id: Some(study.centre_id),
            study_id: Some(study.id),
            job_id: None,
            user_id: ctx.user_id(),
            payload: serde_json::json!({ "instances": study.number_of_instances }),
        },
    )
    .await?;
    ask_workers(app, tx, ctx, centre, &study, &series, &fresh).await?;
    Ok(Joined {
        study,
        kept: fresh.into_iter().map(|received| received.file).collect(),
    })
}

/// The work that new files make.
async fn ask_workers(
    app: &App,
    tx: &DatabaseTransaction,
    ctx: &Context,
    centre: &centre::Model,
    study: &study::Model,
    series: &HashMap<String, i64>,
    fresh: &[Received],
) -> Result<()> {
    for series_id in series.values() {
        let job = IndexSeriesV1 { series_id: *series_id };
        jobs::enqueue(tx, NewJob::of_study(job, study).by(ctx.user_id())).await?;
    }
    let job = RenderStudyV1 { study_id: study.id };
    jobs::enqueue(tx, NewJob::of_study(job, study).by(ctx.user_id())).await?;
    if !app.config.transcode_to.is_empty() {
        let job = TranscodeStudyV1 {
            study_id: study.id,
            transfer_syntax: app.config.transcode_to.clone(),
            quality: None,
        };
        jobs::enqueue(tx, NewJob::of_study(job, study).by(ctx.user_id())).await?;
    }
    let modalities = fresh.iter().filter_map(|file| file.attributes.series.modality.as_deref());
    if centre.auto_analyze && analyses::analyzable(app, modalities) {
        let job = AnalyzeStudyV1 { study_id: study.id };
        jobs::enqueue(tx, NewJob::of_study(job, study).by(ctx.user_id())).await?;
    }
    Ok(())
}

/// Finds or makes the study and holds its row, so that uploads to one study follow each other.
async fn lock_study(
    tx: &DatabaseTransaction,
    ctx: &Context,
    centre: &centre::Model,
    form: &UploadForm,
    first: &Received,
) -> Result<(study::Model, bool)> {
    let row = studies::new_row(ctx, centre, form, &first.attributes);
    let inserted = study::Entity::insert(row)
        .on_conflict(
            OnConflict::columns([study::Column::CentreId, study::Column::StudyInstanceUid])
                .do_nothing()
                .to_owned(),
        )
        .exec_without_returning(tx)
        .await?;
    let study = study::Entity::find()
        .filter(study::Column::CentreId.eq(centre.id))
        .filter(study::Column::StudyInstanceUid.eq(&first.attributes.study.study_instance_uid))
        .lock_exclusive()
        .one(tx)
        .await?
        .ok_or_else(|| Error::internal(anyhow::anyhow!("the study vanished while it was joined")))?;
    Ok((study, inserted == 1))
}

/// The same instance with the same bytes is nothing new; with other bytes it is a conflict that names both.
async fn without_duplicates(
    tx: &DatabaseTransaction,
    study: &study::Model,
    files: Vec<Received>,
) -> Result<Vec<Received>> {
    let mut known: HashMap<String, String> = HashMap::new();
    let uids: Vec<&str> = files.iter().map(|file| file.attributes.instance.sop_instance_uid.as_str()).collect();
    for uids in uids.chunks(ROWS) {
        let rows: Vec<(String, String)> = instance::Entity::find()
            .select_only()
            .columns([instance::Column::SopInstanceUid, instance::Column::Sha256])
            .filter(instance::Column::StudyId.eq(study.id))
            .filter(instance::Column::SopInstanceUid.is_in(uids.iter().copied()))
            .into_tuple()
            .all(tx)
            .await?;
        known.extend(rows);
    }
    let mut fresh = Vec::new();
    for file in files {
        let uid = &file.attributes.instance.sop_instance_uid;
        match known.get(uid) {
            Some(hash) if *hash == file.file.sha256 => {}
            Some(hash) => {
                return Err(Error::conflict(
                    "files",
                    "INSTANCE_CONFLICT",
                    format!(
                        "SOP instance {uid} is already there with other bytes (stored SHA-256 {hash}, sent SHA-256 {})",
                        file.file.sha256
                    ),
                ));
            }
            None => {
                known.insert(uid.clone(), file.file.sha256.clone());
                fresh.push(file);
            }
        }
    }
    Ok(fresh)
}

/// Series Instance UID to row id, with the counts raised.
async fn join_series(
    tx: &DatabaseTransaction,
    study: &study::Model,
    fresh: &[Received],
) -> Result<HashMap<String, i64>> {
    let mut counts: BTreeMap<&str, (i32, &Received)> = BTreeMap::new();
    for file in fresh {
        counts.entry(&file.attributes.series.series_instance_uid).or_insert((0, file)).0 += 1;
    }
    let rows: Vec<_> = counts.values().map(|(_, file)| studies::new_series(study.id, &file.attributes)).collect();
    for rows in rows.chunks(ROWS) {
        series::Entity::insert_many(rows.to_vec())
            .on_conflict(
                OnConflict::columns([series::Column::StudyId, series::Column::SeriesInstanceUid])
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(tx)
            .await?;
    }
    let mut ids = HashMap::new();
    for (uid, (count, _)) in counts {
        let id: i64 = series::Entity::find()
            .select_only()
            .column(series::Column::Id)
            .filter(series::Column::StudyId.eq(study.id))
            .filter(series::Column::SeriesInstanceUid.eq(uid))
            .into_tuple()
            .one(tx)
            .await?
            .ok_or_else(|| Error::internal(anyhow::anyhow!("the series vanished while it was joined")))?;
        series::Entity::update_many()
            .col_expr(
                series::Column::NumberOfInstances,
                Expr::col(series::Column::NumberOfInstances).add(count),
            )
            .filter(series::Column::Id.eq(id))
            .exec(tx)
            .await?;
        ids.insert(uid.to_owned(), id);
    }
    Ok(ids)
}

async fn insert_instances(
    tx: &DatabaseTransaction,
    study: &study::Model,
    series: &HashMap<String, i64>,
    fresh: &[Received],
) -> Result<()> {
    let mut rows = Vec::with_capacity(fresh.len());
    for (ordinal, file) in (study.number_of_instances..).zip(fresh) {
        let a = &file.attributes.instance;
        rows.push(instance::ActiveModel {
            uuid: Set(Uuid::new_v4()),
            study_id: Set(study.id),
            series_id: Set(series[&file.attributes.series.series_instance_uid]),
            sop_instance_uid: Set(a.sop_instance_uid.clone()),
            sop_class_uid: Set(a.sop_class_uid.clone()),
            transfer_syntax_uid: Set(a.transfer_syntax_uid.clone()),
            instance_number: Set(a.instance_number),
            ordinal: Set(ordinal),
            rows: Set(a.rows.map(i32::from)),
            columns: Set(a.columns.map(i32::from)),
            bits_allocated: Set(a.bits_allocated.map(i32::from)),
            bits_stored: Set(a.bits_stored.map(i32::from)),
            samples_per_pixel: Set(a.samples_per_pixel.map(i32::from)),
            photometric_interpretation: Set(a.photometric_interpretation.clone()),
            number_of_frames: Set(i32::try_from(file.number_of_frames).unwrap_or(i32::MAX)),
            content_date: Set(a.content_date.clone()),
            content_time: Set(a.content_time.clone()),
            slice_position: Set(studies::slice_position(a)),
            object_key: Set(file.file.key.clone()),
            size_bytes: Set(i64::try_from(file.file.size_bytes).unwrap_or(i64::MAX)),
            sha256: Set(file.file.sha256.clone()),
            header_end: Set(i64::try_from(file.header_end).unwrap_or(i64::MAX)),
            deflated: Set(file.deflated),
            frame_ranges: Set(file.frame_ranges.clone()),
            created_at: Set(Utc::now()),
            ..Default::default()
        });
    }
    for rows in rows.chunks(ROWS) {
        instance::Entity::insert_many(rows.to_vec()).exec_without_returning(tx).await?;
    }
    Ok(())
}

async fn update_study(
    tx: &DatabaseTransaction,
    study: study::Model,
    form: &UploadForm,
    fresh: &[Received],
    damaged: usize,
) -> Result<study::Model> {
    use sea_orm::{ActiveModelTrait, IntoActiveModel, PaginatorTrait};
    let series = series::Entity::find().filter(series::Column::StudyId.eq(study.id)).count(tx).await?;
    let count = study.number_of_instances + i32::try_from(fresh.len()).unwrap_or(i32::MAX);
    let warning = studies::warning(&study, form, fresh.iter().map(|file| &file.attributes.study), damaged);
    let mut row = study.into_active_model();
    row.number_of_series = Set(i32::try_from(series).unwrap_or(i32::MAX));
    row.number_of_instances = Set(count);
    row.patient_warning = Set(warning);
    row.updated_at = Set(Utc::now());
    Ok(row.update(tx).await?)
}
