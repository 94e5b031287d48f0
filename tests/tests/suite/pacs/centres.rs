//! Centres, and the imaging machines of a centre.

use super::{call, detail, get, keys, patch, post};
use reqwest::Method;
use serde_json::json;
use tests::TestApp;
use tests::dicom::study;

#[tokio::test]
async fn s2_81_an_administrator_makes_a_centre() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let body = json!({ "name": "Main Diagnostic Centre", "address": "123 Medical Street, City",
        "contact_email": "contact@centre.com", "contact_phone": "+1234567890" });
    let (status, centre) = post(&admin, "/centres/", body.clone()).await;
    assert_eq!(status, 200, "{centre}");
    let documented = [
        "address",
        "contact_email",
        "contact_phone",
        "created_at",
        "id",
        "is_active",
        "name",
    ];
    assert_eq!(keys(&centre), documented);
    for key in ["name", "address", "contact_email", "contact_phone"] {
        assert_eq!(centre[key], body[key]);
    }
    assert_eq!(centre["is_active"], true);
    assert_eq!(
        post(&admin, "/centres/", body).await,
        (400, detail("Centre name already exists"))
    );
    assert_eq!(
        post(&admin, "/centres", json!({ "name": "Bare" })).await.0,
        200,
        "only a name is needed"
    );
    let (status, missing) = post(&admin, "/centres", json!({})).await;
    assert_eq!((status, &missing["detail"][0]["loc"]), (422, &json!(["body", "name"])));
    assert_eq!(
        post(&app.manager_of(app.centre).await, "/centres", json!({ "name": "X" })).await.0,
        403
    );
}

#[tokio::test]
async fn s2_82_to_83_who_sees_which_centres() {
    let app = TestApp::new().await;
    let (admin, technician) = (app.admin().await, app.technician_of(app.centre).await);
    call(
        &admin,
        Method::PATCH,
        &format!("/centres/{}/deactivate", app.other_centre),
        None,
    )
    .await;
    for client in [&admin, &app.radiologist().await] {
        assert_eq!(get(client, "/centres/").await.1.as_array().unwrap().len(), 2);
        assert_eq!(get(client, "/centres?is_active=true").await.1[0]["id"], app.centre);
        assert_eq!(
            get(client, "/centres?is_active=False&limit=1").await.1[0]["id"],
            app.other_centre
        );
    }
    let (_, own) = get(&technician, "/centres").await;
    assert_eq!((own.as_array().unwrap().len(), &own[0]["id"]), (1, &json!(app.centre)));
    assert_eq!(get(&technician, &format!("/centres/{}", app.other_centre)).await.0, 403);
    // Another centre and none look the same to whoever may not see it.
    let unknown = get(&technician, "/centres/999999").await;
    assert_eq!(
        unknown,
        get(&technician, &format!("/centres/{}", app.other_centre)).await
    );
    assert_eq!(get(&admin, "/centres/999999").await, (404, detail("Centre not found")));
    assert_eq!(get(&admin, "/centres?is_active=maybe").await.0, 422);
}

#[tokio::test]
async fn s2_84_to_85_a_renamed_centre_keeps_its_files_and_an_inactive_one_gets_none() {
    let app = TestApp::new().await;
    let (admin, technician) = (app.admin().await, app.technician_of(app.centre).await);
    technician.upload(study(1)).await;
    let path = format!("/centres/{}", app.centre);
    let (status, centre) = patch(&admin, &path, json!({ "name": "Renamed / ..\\Centre" })).await;
    assert_eq!((status, &centre["address"]), (200, &serde_json::Value::Null));
    let (_, studies) = get(&technician, "/studies").await;
    // what is built from a name is one segment of a path.
    let files = studies[0]["dicom_files_path"].as_str().unwrap();
    assert_eq!(
        files,
        format!(
            "/storage/Renamed _ __Centre/{}",
            studies[0]["study_id"].as_str().unwrap()
        )
    );
    let file = technician.rest(Method::GET, &format!("/studies/{}/instance/0", studies[0]["id"]));
    assert_eq!(file.send().await.unwrap().status(), 200);
    let (_, gone) = call(&admin, Method::PATCH, &format!("{path}/deactivate"), None).await;
    assert_eq!(gone["is_active"], false);
    let (name, bytes) = study(1).remove(0);
    let file = reqwest::multipart::Part::bytes(bytes).file_name(name);
    let form = reqwest::multipart::Form::new()
        .text("patient_name", "X")
        .text("modality", "ct")
        .part("dicom_files", file);
    let refused = technician.rest(Method::POST, "/studies/upload").multipart(form).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    let told = refused.json::<serde_json::Value>().await.unwrap();
    assert_eq!(told, detail("The centre is not active; ask an administrator"));
    let (_, back) = patch(&admin, &path, json!({ "is_active": true })).await;
    assert_eq!(back["is_active"], true);
}

/// S2-86, S2-95.
#[tokio::test]
async fn s2_86_only_a_centre_that_nothing_belongs_to_is_deleted() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    app.technician_of(app.centre).await.upload(study(1)).await;
    let (status, refused) = call(&admin, Method::DELETE, &format!("/centres/{}", app.centre), None).await;
    assert_eq!(status, 400, "{refused}");
    assert_eq!(get(&admin, "/studies").await.1.as_array().unwrap().len(), 1);
    let done = json!({ "message": "Centre deleted successfully" });
    let path = format!("/centres/{}", app.other_centre);
    assert_eq!(call(&admin, Method::DELETE, &path, None).await, (200, done));
    assert_eq!(call(&admin, Method::DELETE, &path, None).await.0, 404);
}

#[tokio::test]
async fn s2_87_a_centre_s_manager_keeps_its_machines() {
    let app = TestApp::new().await;
    let manager = app.manager_of(app.centre).await;
    let body =
        json!({ "name": "CT 1", "ip_address": "10.1.2.3", "port": 104, "ae_title": "CT1", "description": "Room 3" });
    let (status, machine) = post(&manager, "/imaging-machines/", body).await;
    assert_eq!(status, 200, "{machine}");
    let documented = [
        "ae_title",
        "centre_id",
        "created_at",
        "description",
        "id",
        "ip_address",
        "is_active",
        "name",
        "port",
    ];
    assert_eq!(keys(&machine), documented);
    assert_eq!(machine["centre_id"], app.centre);
    let path = format!("/imaging-machines/{}", machine["id"]);
    let (_, changed) = patch(&manager, &path, json!({ "port": 11112, "is_active": false })).await;
    assert_eq!((&changed["port"], &changed["name"]), (&json!(11112), &json!("CT 1")));
    for (field, value) in [
        ("port", json!(0)),
        ("port", json!(70000)),
        ("ae_title", json!("A\\B")),
        ("ip_address", json!("here")),
    ] {
        let (status, wrong) = patch(&manager, &path, json!({ field: value })).await;
        assert_eq!(
            (status, &wrong["detail"][0]["loc"]),
            (422, &json!(["body", field])),
            "{wrong}"
        );
    }
    assert_eq!(
        post(&manager, "/imaging-machines", json!({ "name": "ct 1" })).await.0,
        400,
        "names are unique"
    );
    let other = app.manager_of(app.other_centre).await;
    assert_eq!(get(&other, "/imaging-machines").await, (200, json!([])));
    assert_eq!(get(&other, &path).await.0, 403);
    assert_eq!(call(&other, Method::DELETE, &path, None).await.0, 403);
    assert_eq!(
        post(
            &other,
            "/imaging-machines",
            json!({ "name": "X", "centre_id": app.centre })
        )
        .await
        .0,
        403
    );
    assert_eq!(call(&manager, Method::DELETE, &path, None).await.0, 200);
    assert_eq!(get(&manager, &path).await.0, 404);
    assert_eq!(
        post(&app.admin().await, "/imaging-machines", json!({ "name": "X" })).await.0,
        422,
        "which centre?"
    );
}
