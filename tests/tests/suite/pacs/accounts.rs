//! Registering users, finding, changing and removing them.

use super::{call, detail, get, keys, number, patch, post};
use futures::future::join_all;
use reqwest::Method;
use sea_orm::{ConnectionTrait, EntityTrait};
use serde_json::{Value, json};
use tests::{Client, TestApp};

fn registration(name: &str, role: &str, centre: Option<i64>) -> Value {
    json!({ "username": name, "email": format!("{name}@example.com"), "password": "securepassword",
        "full_name": "New User", "role": role, "centre_id": centre })
}

#[tokio::test]
async fn s2_07_an_administrator_registers_a_user_who_signs_in_by_name_and_e_mail() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let (status, user) = post(
        &admin,
        "/auth/register",
        registration("newuser", "technician", Some(app.centre)),
    )
    .await;
    assert_eq!(status, 200, "{user}");
    let documented = [
        "centre_id",
        "created_at",
        "email",
        "full_name",
        "id",
        "is_active",
        "role",
        "username",
    ];
    assert_eq!(keys(&user), documented);
    assert_eq!(
        (&user["role"], &user["centre_id"]),
        (&json!("technician"), &json!(app.centre))
    );
    // either name opens every sign-in.
    for name in ["newuser", "newuser@example.com"] {
        let form = [("username", name), ("password", "securepassword")];
        let answer = app.anonymous().rest(Method::POST, "/auth/token").form(&form).send().await.unwrap();
        let token: Value = answer.json().await.unwrap();
        // a token of this endpoint is good for GraphQL too, with the same rights.
        let client = Client::new(&app.base, token["access_token"].as_str().map(String::from));
        let me = client.data("{ me { number role } }", json!({})).await;
        assert_eq!(
            me["me"],
            json!({ "number": user["id"], "role": "TECHNICIAN" }),
            "{name}"
        );
    }
}

/// S2-08, S2-11.
#[tokio::test]
async fn s2_08_only_administrators_register_and_managers_for_their_own_centre() {
    let app = TestApp::new().await;
    let refused = detail("Not authorized to perform this action");
    let manager = app.manager_of(app.centre).await;
    for client in [app.radiologist().await, app.technician_of(app.centre).await] {
        let answer = post(
            &client,
            "/auth/register",
            registration("x", "technician", Some(app.centre)),
        )
        .await;
        assert_eq!(answer, (403, refused.clone()));
    }
    for (role, centre) in [
        ("technician", app.other_centre),
        ("radiologist", app.centre),
        ("admin", app.centre),
    ] {
        let answer = post(&manager, "/auth/register", registration("x", role, Some(centre))).await;
        assert_eq!(answer, (403, refused.clone()), "{role}");
    }
    let (status, _) = post(
        &manager,
        "/auth/register",
        registration("own", "diagnostic_centre", Some(app.centre)),
    )
    .await;
    assert_eq!(status, 200);
    let nobody = post(
        &app.anonymous(),
        "/auth/register",
        registration("x", "technician", None),
    )
    .await;
    assert_eq!(nobody, (401, detail("Could not validate credentials")));
}

#[tokio::test]
async fn s2_09_to_10_what_is_wrong_with_a_registration_is_named() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    post(&admin, "/auth/register", registration("taken", "radiologist", None)).await;
    let with = |field: &str, value: Value| {
        let mut body = registration("fresh", "radiologist", None);
        body[field] = value;
        body
    };
    for (body, text) in [
        (with("email", json!("taken@example.com")), "Email already registered"),
        (with("email", json!("TAKEN@example.com")), "Email already registered"),
        (with("username", json!("Taken")), "Username already taken"),
        (with("role", json!("technician")), "This role needs an existing centre"),
        (
            registration("fresh", "diagnostic_centre", Some(999_999)),
            "This role needs an existing centre",
        ),
    ] {
        assert_eq!(post(&admin, "/auth/register", body).await, (400, detail(text)));
    }
    for (field, value, kind) in [
        ("email", json!("no address"), "value_error"),
        ("role", json!("doctor"), "type_error.enum"),
        ("centre_id", json!("one"), "type_error.integer"),
        ("full_name", json!({ "first": "X" }), "type_error.str"),
    ] {
        let (status, answer) = post(&admin, "/auth/register", with(field, value)).await;
        assert_eq!(
            (status, &answer["detail"][0]["loc"]),
            (422, &json!(["body", field])),
            "{answer}"
        );
        assert_eq!(answer["detail"][0]["type"], kind, "{answer}");
    }
}

#[tokio::test]
async fn s2_96_of_many_who_take_one_name_at_once_one_gets_it() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let tries = (0..50).map(|n| {
        let mut body = registration("wanted", "radiologist", None);
        body["email"] = json!(format!("{n}@example.com"));
        let admin = admin.clone();
        async move { post(&admin, "/auth/register", body).await }
    });
    let answers = join_all(tries).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1);
    let refused = (400, detail("Username already taken"));
    assert_eq!(
        answers.iter().filter(|answer| **answer == refused).count(),
        49,
        "{answers:?}"
    );
}

#[tokio::test]
async fn s2_12_to_15_users_are_listed_in_order_by_role_and_place() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let manager = app.manager_of(app.centre).await;
    app.technician_of(app.centre).await;
    app.technician_of(app.other_centre).await;
    app.radiologist().await;
    let ids = |users: &Value| -> Vec<i64> {
        users.as_array().unwrap().iter().map(|user| user["id"].as_i64().unwrap()).collect()
    };
    let (_, all) = get(&admin, "/users/").await;
    let all = ids(&all);
    assert_eq!(all.len(), 5);
    assert!(all.is_sorted());
    let (_, part) = get(&admin, "/users?skip=1&limit=2").await;
    assert_eq!(ids(&part), all[1..3]);
    let (_, technicians) = get(&admin, "/users?role=technician").await;
    assert_eq!(ids(&technicians).len(), 2);
    assert!(technicians[0].get("password").is_none() && !technicians.to_string().contains("argon2"));
    // A manager sees the own centre, and the radiologists to assign to; others see none.
    assert_eq!(ids(&get(&manager, "/users").await.1).len(), 2);
    assert_eq!(ids(&get(&manager, "/users?role=radiologist").await.1).len(), 1);
    let technician = app.technician_of(app.centre).await;
    assert_eq!(get(&technician, "/users").await.0, 403);
    let (status, wrong) = get(&admin, "/users?role=doctor").await;
    assert_eq!((status, &wrong["detail"][0]["loc"]), (422, &json!(["query", "role"])));
    assert_eq!(wrong["detail"][0]["type"], "type_error.enum");
}

#[tokio::test]
async fn s2_14_places_are_clamped_and_never_negative() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let big = "/users?limit=100000&skip=0";
    assert_eq!(get(&admin, big).await.1.as_array().unwrap().len(), 1);
    assert_eq!(get(&admin, "/users?skip=9223372036854775807").await, (200, json!([])));
    for query in [
        "skip=-1",
        "limit=-5",
        "limit=x",
        "skip=1.5",
        "skip=9223372036854775808",
        "limit=",
    ] {
        let (status, answer) = get(&admin, &format!("/users?{query}")).await;
        assert_eq!(status, 422, "{query}: {answer}");
        assert_eq!(answer["detail"][0]["loc"][0], "query");
    }
}

#[tokio::test]
async fn s2_16_a_user_is_read_by_himself_his_manager_and_administrators() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let technician = app.technician_of(app.centre).await;
    let path = format!("/users/{}", number(&technician).await);
    for client in [&admin, &technician, &app.manager_of(app.centre).await] {
        assert_eq!(get(client, &path).await.0, 200);
    }
    for client in [
        app.manager_of(app.other_centre).await,
        app.technician_of(app.other_centre).await,
    ] {
        assert_eq!(get(&client, &path).await.0, 403);
    }
    assert_eq!(get(&admin, "/users/999999").await, (404, detail("User not found")));
    // S2-19: who one is, at both addresses.
    assert_eq!(get(&technician, "/users/me").await, get(&technician, "/auth/me").await);
}

#[tokio::test]
async fn s2_17_to_18_changing_and_deactivating_users() {
    let app = TestApp::new().await;
    let (admin, manager) = (app.admin().await, app.manager_of(app.centre).await);
    let technician = app.technician_of(app.centre).await;
    let path = format!("/users/{}", number(&technician).await);
    let (_, before) = get(&admin, &path).await;
    let (status, after) = patch(&manager, &path, json!({ "full_name": "Updated Name" })).await;
    assert_eq!((status, &after["full_name"]), (200, &json!("Updated Name")));
    assert_eq!(after["email"], before["email"], "what is left out stays");
    assert_eq!(patch(&technician, &path, json!({ "full_name": "X" })).await.0, 403);
    let radiologist = format!("/users/{}", number(&app.radiologist().await).await);
    assert_eq!(patch(&manager, &radiologist, json!({ "full_name": "X" })).await.0, 403);
    for _ in 0..2 {
        let (status, gone) = call(&admin, Method::PATCH, &format!("{path}/deactivate"), None).await;
        assert_eq!((status, &gone["is_active"]), (200, &json!(false)), "twice is once");
    }
    let inactive = (400, detail("Inactive user"));
    assert_eq!(get(&technician, "/auth/me").await, inactive, "S2-05");
    let (_, back) = patch(&admin, &path, json!({ "is_active": true })).await;
    assert_eq!(back["is_active"], true);
    let own = format!("/users/{}/deactivate", number(&admin).await);
    assert_eq!(
        call(&admin, Method::PATCH, &own, None).await.0,
        400,
        "S2-20: the last administrator"
    );
}

/// S2-19, S2-95.
#[tokio::test]
async fn s2_19_only_users_whom_nothing_names_are_deleted() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let technician = app.technician_of(app.centre).await;
    technician.upload(tests::dicom::study(1)).await;
    let uploader = format!("/users/{}", number(&technician).await);
    let (status, refused) = call(&admin, Method::DELETE, &uploader, None).await;
    assert_eq!(status, 400, "{refused}");
    assert!(refused["detail"].as_str().unwrap().contains("deactivate"), "{refused}");
    assert_eq!(get(&technician, "/auth/me").await.0, 200, "nothing has changed");
    let idle = app.radiologist().await;
    let path = format!("/users/{}", number(&idle).await);
    let done = json!({ "message": "User deleted successfully" });
    assert_eq!(call(&admin, Method::DELETE, &path, None).await, (200, done));
    assert_eq!(
        get(&idle, "/auth/me").await,
        (401, detail("Could not validate credentials"))
    );
    assert_eq!(call(&admin, Method::DELETE, &path, None).await.0, 404);
    let own = format!("/users/{}", number(&admin).await);
    assert_eq!(call(&admin, Method::DELETE, &own, None).await.0, 400, "S2-20");
}

#[tokio::test]
async fn x_13_to_14_a_user_without_a_pacs_role_has_only_himself() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let dentist = app.radiologist().await;
    let id = number(&dentist).await;
    app.app
        .db
        .writer()
        .execute_unprepared(&format!("UPDATE \"user\" SET role = NULL WHERE id = {id}"))
        .await
        .unwrap();
    let (status, me) = get(&dentist, "/auth/me").await;
    assert_eq!((status, &me["role"]), (200, &Value::Null));
    for path in [
        "/users",
        "/centres",
        "/studies",
        "/studies/1",
        "/reports",
        "/imaging-machines",
    ] {
        assert_eq!(
            get(&dentist, path).await,
            (403, detail("Not authorized to perform this action")),
            "{path}"
        );
    }
    let (_, listed) = get(&admin, "/users").await;
    assert!(
        listed.as_array().unwrap().iter().all(|user| user["id"] != id),
        "{listed}"
    );
}

#[tokio::test]
async fn x_15_passwords_are_kept_as_slow_salted_hashes() {
    let app = TestApp::new().await;
    app.admin().await;
    app.radiologist().await;
    let users = entity::user::Entity::find().all(app.app.db.reader()).await.unwrap();
    let hashes: Vec<&str> = users.iter().map(|user| user.password_hash.as_str()).collect();
    assert!(hashes.iter().all(|hash| hash.starts_with("$argon2id$")));
    assert_ne!(hashes[0], hashes[1], "the same password with another salt");
}
