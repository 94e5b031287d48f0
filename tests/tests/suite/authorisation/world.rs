//! What the table is about: a study of the own centre, and what belongs to it; by their names in operations and paths.

use reqwest::Method;
use serde_json::{Value, json};
use tests::dicom::study;
use tests::{Client, TestApp};

pub struct World {
    pub app: TestApp,
    pub callers: [Client; 7],
    names: Names,
}

/// What a name in an operation or path stands for; the first that fits is taken.
type Names = Vec<(&'static str, String)>;

pub async fn world() -> World {
    // Nobody works while it is asked: an analysis goes on in the background at once.
    let app = TestApp::with(|config| config.analysis_wait_seconds = 0).await;
    let callers = [
        app.admin().await,
        app.radiologist().await,
        app.technician_of(app.centre).await,
        app.manager_of(app.centre).await,
        app.technician_of(app.other_centre).await,
        app.manager_of(app.other_centre).await,
        app.anonymous(),
    ];
    let (study, centre, mut names) = study_of_the_centre(&app, &callers[2]).await;
    names.extend(people(&app, &callers[1]).await);
    names.extend(kept_by(&callers[0], &centre).await);
    names.extend(reported(&app, &callers, &study).await);
    names.extend(billed(&app, &callers[0], &study, &centre).await);
    app.app.audit.written().await;
    let audit = "query($study: ID!) { auditEvents(filter: { study: $study }) { nodes { id } } }";
    let audit = callers[0].data(audit, json!({ "study": study })).await;
    names.push(("$audit", text(&audit["auditEvents"]["nodes"][0]["id"])));
    World { app, callers, names }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

/// A signed address without its signature.
fn unsigned(url: &Value) -> String {
    url.as_str().unwrap().split('?').next().unwrap().to_owned()
}

/// An analysed study, its id and that of its centre.
async fn study_of_the_centre(app: &TestApp, technician: &Client) -> (String, String, Names) {
    let study = text(&technician.upload(study(2)).await["studies"][0]["id"]);
    let analyze = "mutation($id: ID!) { studyAnalyze(input: { id: $id }) { userErrors { code } } }";
    technician.data(analyze, json!({ "id": study })).await;
    app.run_pending_jobs().await;
    let query = "query($id: ID!) { study(id: $id) { uuid number studyId centre { id } jobs { nodes { id } } analyses { nodes { id overlayUrl } }
        series { nodes { id rendition(kind: PREVIEW) { url } instances { nodes { id frameUrl fileUrl } } } } } }";
    let found = technician.data(query, json!({ "id": study })).await["study"].clone();
    let (series, analysis) = (&found["series"]["nodes"][0], &found["analyses"]["nodes"][0]);
    let instance = &series["instances"]["nodes"][0];
    let centre = text(&found["centre"]["id"]);
    let names = vec![
        ("$study", study.clone()),
        ("$series", text(&series["id"])),
        ("$instance", text(&instance["id"])),
        ("$job", text(&found["jobs"]["nodes"][0]["id"])),
        ("$centre", centre.clone()),
        ("$analysis", text(&analysis["id"])),
        ("$own", app.centre.to_string()),
        (":centre_id", app.centre.to_string()),
        ("/study_id/:study_id", format!("/study_id/{}", text(&found["studyId"]))),
        (":study_id", found["number"].to_string()),
        (":instance_number", "0".into()),
        (":rendition", unsigned(&series["rendition"]["url"])),
        (":frame", unsigned(&instance["frameUrl"])),
        (":file", unsigned(&instance["fileUrl"])),
        (":overlay", unsigned(&analysis["overlayUrl"])),
    ];
    (study, centre, names)
}

async fn people(app: &TestApp, radiologist: &Client) -> Names {
    let me = async |client: &Client| client.data("{ me { id number } }", json!({})).await["me"].clone();
    let role = domain::context::Role::Technician;
    let subject = app.user("subject", domain::context::Role::DiagnosticCentre, Some(app.centre)).await;
    let victim = me(&app.user("victim", role, Some(app.centre)).await).await;
    let gone = app.user("gone", role, Some(app.centre)).await;
    let reader = me(radiologist).await;
    vec![
        ("$user", text(&me(&subject).await["id"])),
        ("$victim", text(&victim["id"])),
        ("$gone", text(&me(&gone).await["id"])),
        ("$reader", text(&reader["id"])),
        (":user_id", victim["number"].to_string()),
        (":reader_id", reader["number"].to_string()),
    ]
}

/// What an administrator makes.
async fn kept_by(admin: &Client, centre: &str) -> Names {
    let made = admin
        .data(
            "mutation($centre: ID!) { spare: centreCreate(input: { name: \"Spare\" }) { centre { id } }
                token: workerTokenCreate(input: { name: \"token\", kinds: [RENDER_STUDY] }) { workerToken { id } }
                price: priceCreate(input: { centre: $centre, modality: MRI, amount: 1 }) { price { id number } }
                machine: imagingMachineCreate(input: { centre: $centre, name: \"CT 1\" }) { imagingMachine { id number } }
                template: reportTemplateCreate(input: { name: \"T\" }) { template { id } }
                otherTemplate: reportTemplateCreate(input: { name: \"S\" }) { template { id } }
                macro: reportMacroCreate(input: { name: \"m\", text: \"M\" }) { macro { id } }
                otherMacro: reportMacroCreate(input: { name: \"s\", text: \"S\" }) { macro { id } } }",
            json!({ "centre": centre }),
        )
        .await;
    let (price, machine) = (&made["price"]["price"], &made["machine"]["imagingMachine"]);
    vec![
        ("$spare", text(&made["spare"]["centre"]["id"])),
        ("$token", text(&made["token"]["workerToken"]["id"])),
        ("$price", text(&price["id"])),
        ("$machine", text(&machine["id"])),
        ("$template", text(&made["template"]["template"]["id"])),
        ("$macro", text(&made["macro"]["macro"]["id"])),
        ("$otherTemplate", text(&made["otherTemplate"]["template"]["id"])),
        ("$otherMacro", text(&made["otherMacro"]["macro"]["id"])),
        (":pricing_id", price["number"].to_string()),
        (":machine_id", machine["number"].to_string()),
    ]
}

/// A report of the study, a critical finding, and the PDF of another report, which is verified.
async fn reported(app: &TestApp, callers: &[Client; 7], study: &str) -> Names {
    let made = callers[1]
        .data(
            "mutation($study: ID!) {
                reportCreate(input: { study: $study, findings: \"F\", impression: \"I\" }) { report { id number } }
                criticalFindingFlag(input: { study: $study, text: \"T\", severity: URGENT }) { criticalFinding { id } } }",
            json!({ "study": study }),
        )
        .await;
    let verified = verified(callers).await;
    app.run_pending_jobs().await;
    let pdf = "query($id: ID!) { report(id: $id) { pdfUrl } }";
    let document = callers[1].data(pdf, json!({ "id": verified })).await;
    let report = &made["reportCreate"]["report"];
    vec![
        ("$report", text(&report["id"])),
        ("$finding", text(&made["criticalFindingFlag"]["criticalFinding"]["id"])),
        (":report_id", report["number"].to_string()),
        (":document", unsigned(&document["report"]["pdfUrl"])),
    ]
}

/// A verified report of another study of the own centre.
async fn verified(callers: &[Client; 7]) -> Value {
    let study = callers[2].upload(study(1)).await["studies"][0]["id"].clone();
    let report = callers[1]
        .data(
            "mutation($study: ID!) { reportCreate(input: { study: $study, findings: \"F\" }) { report { id } } }",
            json!({ "study": study }),
        )
        .await["reportCreate"]["report"]["id"]
        .clone();
    let verify = "mutation($id: ID!) { reportVerify(input: { id: $id, version: 1 }) { report { id } } }";
    callers[1].data(verify, json!({ "id": report })).await;
    report
}

/// An invoice with a credit note, and a statement, all printed.
async fn billed(app: &TestApp, admin: &Client, study: &str, centre: &str) -> Names {
    let create = "mutation($study: ID!) { invoiceCreate(input: { study: $study, amount: 1 }) { invoice { id } } }";
    let invoice = admin.data(create, json!({ "study": study })).await["invoiceCreate"]["invoice"]["id"].clone();
    let set = "mutation($id: ID!, $status: InvoiceStatus!) { invoiceStatusSet(input: { id: $id, status: $status }) { userErrors { code } } }";
    for status in ["PAID", "CANCELLED"] {
        admin.data(set, json!({ "id": invoice, "status": status })).await;
    }
    let ask = "mutation($centre: ID!) { statementCreate(input: { centre: $centre, month: \"2026-01\" }) { userErrors { code } } }";
    admin.data(ask, json!({ "centre": centre })).await;
    app.run_pending_jobs().await;
    let query = "query($id: ID!) { invoice(id: $id) { id pdfUrl creditNote { pdfUrl } } statements { nodes { id pdfUrl csvUrl } } }";
    let found = admin.data(query, json!({ "id": invoice })).await;
    let listed = admin.rest(Method::GET, "/billing").send().await.unwrap().json::<Value>().await.unwrap();
    let (invoice, statement) = (&found["invoice"], &found["statements"]["nodes"][0]);
    vec![
        ("$invoice", text(&invoice["id"])),
        ("$statement", text(&statement["id"])),
        (":billing_id", listed[0]["id"].to_string()),
        (":invoice_pdf", unsigned(&invoice["pdfUrl"])),
        (":note_pdf", unsigned(&invoice["creditNote"]["pdfUrl"])),
        (":statement_pdf", unsigned(&statement["pdfUrl"])),
        (":statement_csv", unsigned(&statement["csvUrl"])),
    ]
}

impl World {
    pub fn filled(&self, text: &str) -> String {
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let text = text.replace("$unique", &unique);
        self.names.iter().fold(text, |text, (name, value)| text.replace(name, value))
    }
}

/// The path of a route, with things of the own centre.
pub async fn path(world: &World, route: &str) -> String {
    match route {
        "/media/renditions/:id" => world.filled(":rendition"),
        "/media/instances/:uuid/frames/:frame" => world.filled(":frame"),
        "/media/instances/:uuid/file" => world.filled(":file"),
        "/media/analyses/:uuid/overlay" => world.filled(":overlay"),
        "/media/reports/:uuid/documents/:addenda" => world.filled(":document"),
        "/media/invoices/:uuid/pdf" => world.filled(":invoice_pdf"),
        "/media/credit-notes/:uuid/pdf" => world.filled(":note_pdf"),
        "/media/statements/:uuid/pdf" => world.filled(":statement_pdf"),
        "/media/statements/:uuid/csv" => world.filled(":statement_csv"),
        "/graphiql/assets/:file" => page_script(&world.app, "/graphiql").await,
        "/docs/assets/:file" => page_script(&world.app, "/docs").await,
        "/studies/:study_id/status" => world.filled(route) + "?status=report_generated",
        "/billing/:billing_id/status" => world.filled(route) + "?status=paid",
        route => world.filled(route).replace(":id", &uuid::Uuid::new_v4().to_string()),
    }
}

/// A request to a path with a body that is good for it.
pub fn body(world: &World, path: &str, method: &str, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    match path {
        "/auth/token" => request.form(&[
            ("username", world.filled("technician$own")),
            ("password", "a good password".into()),
        ]),
        "/studies/upload" | "/studies" => request.multipart(upload_form()),
        path if path.starts_with("/workers/") => request.json(&worker_body()),
        _ if method == "GET" || method == "DELETE" => request,
        "/billing/pricing" => {
            let mut price = pacs_body(world);
            price.as_object_mut().unwrap().remove("radiologist_id");
            request.json(&price)
        }
        _ => request.json(&pacs_body(world)),
    }
}

/// A file that a page names.
async fn page_script(app: &TestApp, page: &str) -> String {
    let page = app.anonymous().rest(Method::GET, page).send().await.unwrap().text().await.unwrap();
    let (_, rest) = page.split_once("src=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Good for every route of the PACS API that reads JSON.
fn pacs_body(world: &World) -> Value {
    let number = |name: &str| world.filled(name).parse::<i64>().unwrap();
    let unique = world.filled("$unique");
    json!({
        "username": unique, "email": format!("{unique}@example.org"), "password": "a good password", "full_name": "X",
        "role": "technician", "centre_id": number(":centre_id"), "name": unique, "radiologist_id": number(":reader_id"),
        "modality": "ct", "price": 1, "amount": 1, "study_id": number(":study_id"), "findings": "F", "impression": "I",
    })
}

/// Good for every worker route.
fn worker_body() -> Value {
    json!({ "worker": "x", "leaseToken": 1, "name": "x", "contentType": "x", "result": {}, "error": "x" })
}

fn upload_form() -> reqwest::multipart::Form {
    let (name, bytes) = study(1).remove(0);
    reqwest::multipart::Form::new()
        .text("patient_name", "X")
        .text("modality", "ct")
        .part("dicom_files", reqwest::multipart::Part::bytes(bytes).file_name(name))
}
