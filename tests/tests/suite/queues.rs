//! Queues as administrators see and change them, by GraphQL and on the command line.

use reqwest::Method;
use serde_json::{Value, json};
use tests::TestApp;
use tests::dicom::study;
use tests::process::Installation;

const QUEUES: &str = "{ queues { name paused slots centreSlots waiting running oldestDueAt } }";

#[tokio::test]
async fn a_paused_queue_keeps_its_jobs_until_it_is_resumed() {
    let app = TestApp::new().await;
    let (admin, technician) = (app.admin().await, app.technician_of(app.centre).await);
    technician.upload(study(1)).await;
    let change =
        |field: &str| format!("mutation {{ {field}(input: {{ name: \"render\" }}) {{ queue {{ paused waiting }} }} }}");
    let paused = admin.data(&change("queuePause"), json!({})).await["queuePause"]["queue"].clone();
    assert_eq!(paused, json!({ "paused": true, "waiting": 1 }));
    assert_eq!(app.run_pending_jobs().await, 1, "the index only");
    let render = queue(&admin.data(QUEUES, json!({})).await, "render");
    assert_eq!((&render["waiting"], &render["running"]), (&json!(1), &json!(0)));
    assert!(render["oldestDueAt"].is_string(), "{render}");
    let resumed = admin.data(&change("queueResume"), json!({})).await["queueResume"]["queue"].clone();
    assert_eq!(resumed["paused"], false);
    assert_eq!(app.run_pending_jobs().await, 1);
    assert_eq!(queue(&admin.data(QUEUES, json!({})).await, "render")["waiting"], 0);
}

fn queue(answer: &Value, name: &str) -> Value {
    let queues = answer["queues"].as_array().unwrap();
    queues.iter().find(|queue| queue["name"] == name).unwrap().clone()
}

#[tokio::test]
async fn settings_of_a_queue_are_changed_singly_and_go_back_to_their_defaults() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    let update = "mutation($input: QueueUpdateInput!) { queueUpdate(input: $input) { queue { slots centreSlots } userErrors { code field } } }";
    let change = async |input: Value| admin.data(update, json!({ "input": input })).await["queueUpdate"].clone();
    for (input, expected) in [
        (
            json!({ "name": "render", "slots": 3 }),
            json!({ "slots": 3, "centreSlots": null }),
        ),
        (
            json!({ "name": "render", "centreSlots": 2 }),
            json!({ "slots": 3, "centreSlots": 2 }),
        ),
        (
            json!({ "name": "render", "slots": null }),
            json!({ "slots": null, "centreSlots": 2 }),
        ),
    ] {
        assert_eq!(change(input).await["queue"], expected);
    }
    for (input, field, code) in [
        (json!({ "name": "render", "slots": 0 }), json!("slots"), "OUT_OF_RANGE"),
        (
            json!({ "name": "render", "centreSlots": 1001 }),
            json!("centreSlots"),
            "OUT_OF_RANGE",
        ),
        (json!({ "name": "rendering", "slots": 1 }), Value::Null, "NOT_FOUND"),
    ] {
        let wrong = change(input).await["userErrors"][0].clone();
        assert_eq!((&wrong["field"], &wrong["code"]), (&field, &json!(code)));
    }
}

#[tokio::test]
async fn metrics_tell_how_full_the_queues_are() {
    let app = TestApp::new().await;
    let (admin, technician) = (app.admin().await, app.technician_of(app.centre).await);
    technician.upload(study(1)).await;
    let text = admin.rest(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    assert!(text.contains("gantry_jobs_waiting{kind=\"render_study\"} "), "{text}");
    assert!(
        text.contains("gantry_jobs_oldest_seconds{kind=\"render_study\"} "),
        "{text}"
    );
}

#[tokio::test]
async fn the_command_line_lists_shows_cancels_and_retries_jobs() {
    let place = Installation::new().await;
    let mut api = place.start(&["api"]);
    let technician = place.technician(&api.base().await).await;
    technician.upload(study(1)).await;
    let run = async |arguments: &[&str]| {
        let output = place.run(arguments).await;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let listed = run(&["jobs", "list", "--kind", "render_study"]).await;
    let line = listed.lines().nth(1).unwrap_or_else(|| panic!("{listed}"));
    assert!(line.contains("render_study") && line.contains("PENDING"), "{listed}");
    let id = line.split_whitespace().next().unwrap().to_owned();
    assert!(run(&["jobs", "show", &id]).await.contains("\"study_id\""));
    assert_eq!(run(&["jobs", "cancel", &id]).await.trim(), format!("{id} is CANCELLED"));
    let listed = run(&["jobs", "list", "--state", "cancelled"]).await;
    assert!(listed.contains(&id), "{listed}");
    assert_eq!(run(&["jobs", "retry", &id]).await.trim(), format!("{id} is PENDING"));

    assert!(run(&["jobs", "pause", "transcode"]).await.contains("paused"));
    assert!(run(&["jobs", "resume", "transcode"]).await.contains("works"));
    let slots = run(&["jobs", "slots", "render", "2", "--centre"]).await;
    assert!(
        slots.lines().any(|line| line.contains("render") && line.ends_with('2')),
        "{slots}"
    );
    assert!(run(&["jobs", "queues"]).await.lines().count() >= 5);

    for (wrong, told) in [
        (&["jobs", "pause", "rendering"][..], "there are index, render"),
        (&["jobs", "list", "--state", "lost"], "there are PENDING"),
        (&["jobs", "show", "12"], "gantry jobs list"),
    ] {
        let output = place.run(wrong).await;
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && text.contains(told), "{wrong:?}: {text}");
    }
}

#[tokio::test]
async fn a_worker_works_on_its_queues_only_and_tells_its_health() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("127.0.0.1:{port}");
    let settings = [
        ("GANTRY_WORKER_QUEUES", "index"),
        ("GANTRY_METRICS_LISTEN", address.as_str()),
        ("GANTRY_METRICS_TOKEN", "a token of the monitoring"),
    ];
    let place = Installation::on(tests::app::on_postgres(), &settings).await;
    let mut api = place.start(&["api"]);
    let technician = place.technician(&api.base().await).await;
    let _worker = place.start(&["worker"]);
    technician.upload(study(1)).await;
    let jobs = "{ jobs { nodes { kind state } } }";
    let states = async || technician.data(jobs, json!({})).await["jobs"]["nodes"].as_array().unwrap().clone();
    let began = std::time::Instant::now();
    while !states().await.contains(&json!({ "kind": "INDEX_SERIES", "state": "SUCCEEDED" })) {
        assert!(began.elapsed() < tests::process::DEADLINE);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(states().await.contains(&json!({ "kind": "RENDER_STUDY", "state": "PENDING" })));
    let monitoring = reqwest::Client::new();
    let health = monitoring.get(format!("http://{address}/health")).send().await.unwrap();
    assert!(health.status().is_success());
    let metrics = format!("http://{address}/metrics");
    assert_eq!(monitoring.get(&metrics).send().await.unwrap().status(), 401);
    let told = monitoring.get(&metrics).bearer_auth("a token of the monitoring").send().await.unwrap();
    let told = told.text().await.unwrap();
    assert!(
        told.contains("gantry_job_attempts_total{kind=\"index_series\",outcome=\"succeeded\"} 1"),
        "{told}"
    );
}
