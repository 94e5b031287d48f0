//! Uploads that mean harm, or went wrong on the way: a clear error, nothing stored, the server goes on.

use domain::{Context, studies};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use tests::TestApp;
use tests::dicom::study;

/// Files below the object store that are left; only meaningful on a folder.
fn objects(app: &TestApp) -> usize {
    fn count(folder: &Path) -> usize {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return 0;
        };
        entries.flatten().map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
    }
    count(&app.dir.path().join("objects"))
}

async fn sweep_all(app: &TestApp) {
    domain::storage::sweep(&app.app.db, &app.app.storage, chrono::TimeDelta::seconds(-1)).await.unwrap();
}

fn element(tag: (u16, u16), vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    let mut bytes = [tag.0.to_le_bytes(), tag.1.to_le_bytes()].concat();
    bytes.extend_from_slice(vr);
    bytes.extend_from_slice(&u16::try_from(value.len()).unwrap().to_le_bytes());
    bytes.extend_from_slice(value);
    bytes
}

/// Preamble and file meta of a file in a transfer syntax.
fn meta(transfer_syntax: &str) -> Vec<u8> {
    let mut uid = transfer_syntax.as_bytes().to_vec();
    if uid.len() % 2 == 1 {
        uid.push(0);
    }
    let syntax = element((2, 0x10), b"UI", &uid);
    let mut file = vec![0; 128];
    file.extend_from_slice(b"DICM");
    file.extend(element(
        (2, 0),
        b"UL",
        &u32::try_from(syntax.len()).unwrap().to_le_bytes(),
    ));
    file.extend(syntax);
    file
}

fn nested(levels: usize) -> Vec<u8> {
    let mut file = meta("1.2.840.10008.1.2.1");
    for _ in 0..levels {
        file.extend_from_slice(&[0x08, 0x00, 0x15, 0x11, b'S', b'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]);
        file.extend_from_slice(&[0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF]);
    }
    file
}

fn endless_element() -> Vec<u8> {
    let mut file = meta("1.2.840.10008.1.2.1");
    file.extend_from_slice(&[0xE0, 0x7F, 0x10, 0x00, b'O', b'W', 0, 0]);
    file.extend_from_slice(&0xF000_0000_u32.to_le_bytes());
    file.resize(416, 0);
    file
}

fn deflate_bomb() -> Vec<u8> {
    let mut file = meta("1.2.840.10008.1.2.1.99");
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    let zeros = vec![0u8; 1 << 20];
    for _ in 0..1024 {
        encoder.write_all(&zeros).unwrap();
    }
    file.extend(encoder.finish().unwrap());
    file
}

#[tokio::test]
async fn known_killers_are_refused_and_the_server_goes_on() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    for (name, bytes) in [
        ("nested", nested(100_000)),
        ("endless", endless_element()),
        ("bomb", deflate_bomb()),
    ] {
        let answer = technician.upload_answer(vec![(format!("{name}.dcm"), bytes)], None).await;
        let error = &answer["data"]["studyUpload"]["userErrors"][0];
        assert_eq!(error["code"], "NO_DICOM", "{name}: {answer}");
        assert!(
            error["message"].as_str().unwrap().contains(&format!("{name}.dcm: ")),
            "{name}: {answer}"
        );
    }
    sweep_all(&app).await;
    assert_eq!(objects(&app), 0, "nothing stays");
    technician.upload(study(1)).await;
}

#[tokio::test]
async fn a_damaged_file_beside_good_ones_is_told_and_warned_of() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let mut files = study(3);
    let half = files[1].1.len() / 2;
    files[1].1.truncate(half);
    let uploaded = technician.upload(files).await;
    assert_eq!(uploaded["studies"][0]["numberOfInstances"], 2);
    assert_eq!(uploaded["skipped"][0]["name"], "slice-0001.dcm");
    assert!(uploaded["studies"][0]["patientWarning"].as_str().unwrap().contains("images may be missing"));
}

#[tokio::test]
async fn zip_bombs_are_refused() {
    let app = TestApp::with(|config| config.max_upload_files = 50).await;
    let technician = app.technician_of(app.centre).await;
    let archive = |entries: usize, size: usize| {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        for n in 0..entries {
            archive.start_file(format!("{n}.dcm"), options).unwrap();
            archive.write_all(&vec![0; size]).unwrap();
        }
        archive.finish().unwrap().into_inner()
    };
    let many = technician.upload_answer(vec![("many.zip".into(), archive(51, 1))], None).await;
    assert!(many.to_string().contains("at most 50"), "{many}");
    let mut large = study(1).remove(0).1;
    large.resize(90_000_000, 0);
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    bomb.start_file("bomb.dcm", zip::write::SimpleFileOptions::default()).unwrap();
    bomb.write_all(&large).unwrap();
    let bomb = bomb.finish().unwrap().into_inner();
    let refused = technician.upload_answer(vec![("bomb.zip".into(), bomb)], None).await;
    assert!(refused.to_string().contains("inflates beyond all measure"), "{refused}");
    let cut = technician.upload_answer(vec![("cut.zip".into(), archive(3, 9)[..60].to_vec())], None).await;
    assert!(cut.to_string().contains("not a readable ZIP archive"), "{cut}");
    sweep_all(&app).await;
    assert_eq!(objects(&app), 0);
}

#[tokio::test]
async fn x_30_limits_are_kept_while_streaming() {
    let app = TestApp::with(|config| {
        config.max_file_bytes = 100_000;
        config.max_upload_bytes = 150_000;
    })
    .await;
    let technician = app.technician_of(app.centre).await;
    let mut large = study(1);
    large[0].1.resize(100_001, 0);
    let answer = technician.upload_answer(large, None).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "PAYLOAD_TOO_LARGE",
        "{answer}"
    );
    let part = Part::bytes(vec![0; 100_001]).file_name("large.dcm");
    let form = Form::new().part("dicom_files", part);
    let rest = technician.rest(Method::POST, "/studies/upload").multipart(form).send().await.unwrap();
    assert_eq!(rest.status(), 413);
    assert_eq!(
        rest.json::<Value>().await.unwrap(),
        json!({ "detail": "large.dcm is larger than 100000 bytes" })
    );
    let answer = technician.upload_answer(tests::dicom::sized(2, 200), None).await;
    assert_eq!(
        answer["errors"][0]["extensions"]["code"], "PAYLOAD_TOO_LARGE",
        "{answer}"
    );
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let (_, slice) = study(1).remove(0);
    let body = futures::stream::iter([Ok(slice), Err(std::io::Error::other("the line went dead"))]);
    let part = Part::stream(reqwest::Body::wrap_stream(body)).file_name("a.dcm");
    let form = Form::new().text("patient_name", "X").text("modality", "ct").part("dicom_files", part);
    assert!(technician.rest(Method::POST, "/studies/upload").multipart(form).send().await.is_err());
    sweep_all(&app).await;
    assert_eq!(objects(&app), 0);
    assert_eq!(
        studies::study_count(&app.app, &Context::system("test"), &Default::default()).await.unwrap(),
        0
    );
}

#[tokio::test]
async fn a_file_cannot_be_smuggled_in_as_a_value() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    for files in [json!(["0"]), json!([0]), json!([null]), json!(["#__graphql_file__:0"])] {
        let answer = technician.gql(tests::client::UPLOAD, json!({ "files": files })).await;
        assert!(answer["errors"].is_array(), "{answer}");
    }
}

/// A file of some five hundred bytes that claims a million frames of no pixels.
fn million_frames(n: u32) -> Vec<u8> {
    let mut file = meta("1.2.840.10008.1.2.1");
    let uid = |text: String| {
        let mut uid = text.into_bytes();
        uid.resize(uid.len().next_multiple_of(2), 0);
        uid
    };
    file.extend(element((0x0008, 0x0018), b"UI", &uid(format!("1.2.3.{n}"))));
    file.extend(element((0x0020, 0x000D), b"UI", &uid("1.2.3".into())));
    file.extend(element((0x0020, 0x000E), b"UI", &uid("1.2.4".into())));
    file.extend(element((0x0028, 0x0008), b"IS", b"1048576 "));
    file.extend_from_slice(&[0xE0, 0x7F, 0x10, 0x00, b'O', b'W', 0, 0, 2, 0, 0, 0, 0, 0]);
    file
}

#[tokio::test]
async fn frames_without_pixels_cost_nothing() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let files = (0..50).map(|n| (format!("{n}.dcm"), million_frames(n))).collect();
    let uploaded = technician.upload(files).await;
    assert_eq!(uploaded["studies"][0]["numberOfInstances"], 50);
    let id = uploaded["studies"][0]["id"].clone();
    let query =
        "query($id: ID!) { study(id: $id) { series { nodes { instances(first: 1) { nodes { numberOfFrames } } } } } }";
    let found = technician.data(query, json!({ "id": id })).await;
    assert_eq!(
        found["study"]["series"]["nodes"][0]["instances"]["nodes"][0]["numberOfFrames"],
        0
    );
}

#[tokio::test]
async fn an_archive_whose_end_record_lies_is_not_opened() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("a.dcm", zip::write::SimpleFileOptions::default()).unwrap();
    archive.write_all(b"x").unwrap();
    let sound = archive.finish().unwrap().into_inner();
    let end = sound.len() - 22;
    for (at, bytes) in [(12, [0xFF; 4]), (16, [0xFF; 4]), (8, [0xFF; 4])] {
        let mut lying = sound.clone();
        lying[end + at..end + at + 4].copy_from_slice(&bytes);
        let answer = technician.upload_answer(vec![("a.zip".into(), lying)], None).await;
        assert!(
            answer.to_string().contains("not a readable ZIP archive"),
            "{at}: {answer}"
        );
    }
    let mut longer = sound;
    longer.extend_from_slice(b"and more");
    let answer = technician.upload_answer(vec![("a.zip".into(), longer)], None).await;
    assert!(answer.to_string().contains("not a readable ZIP archive"), "{answer}");
}

#[tokio::test]
async fn forms_have_bounds_of_their_own() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let many = (0..40).fold(Form::new(), |form, n| form.text(format!("field{n}"), "x"));
    let refused = app.anonymous().rest(Method::POST, "/auth/token").multipart(many).send().await.unwrap();
    assert_eq!(refused.status(), 413);
    let long = Form::new().text("patient_name", "x".repeat(70_000));
    let refused = technician.rest(Method::POST, "/studies/upload").multipart(long).send().await.unwrap();
    assert_eq!(refused.status(), 413);
    let plain = technician.rest(Method::POST, "/studies/upload").body("no form").send().await.unwrap();
    assert_eq!(plain.status(), 422);
}

#[tokio::test]
async fn nul_characters_are_no_server_errors() {
    let app = TestApp::new().await;
    let technician = app.technician_of(app.centre).await;
    let found = technician
        .data(
            "query($id: ID!) { study(id: $id) { id } }",
            json!({ "id": "\u{0}AAAAAAA" }),
        )
        .await;
    assert!(found["study"].is_null());
    let create =
        "mutation($u: String!) { sessionCreate(input: { username: $u, password: \"x\" }) { userErrors { code } } }";
    let answer = app.anonymous().data(create, json!({ "u": "a\u{0}" })).await;
    assert_eq!(answer["sessionCreate"]["userErrors"][0]["code"], "BAD_CREDENTIALS");
}
