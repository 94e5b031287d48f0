//! A worker outside the server, as its protocol has it.

use imaging::render::{Format, Picture, PictureData, encode};
use reqwest::Method;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use tests::{Client, TestApp};
use uuid::Uuid;

/// What an administrator says of a new token.
pub const CREATE: &str = "mutation($input: WorkerTokenCreateInput!) { workerTokenCreate(input: $input) {
    token workerToken { id name kinds centre { id } lastUsedAt } userErrors { code field } } }";

pub struct Worker(pub Client);

impl Worker {
    /// With a token for `render_study` of all centres.
    pub async fn new(app: &TestApp, name: &str) -> Self {
        Self::with(app, json!({ "name": name, "kinds": ["RENDER_STUDY"] })).await
    }

    pub async fn with(app: &TestApp, input: Value) -> Self {
        let made = app.admin().await.data(CREATE, json!({ "input": input })).await["workerTokenCreate"].clone();
        let token = made["token"].as_str().unwrap_or_else(|| panic!("{made}"));
        Self(Client::new(&app.base, Some(token.to_owned())))
    }

    /// Status and body of an answer.
    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let answer = self.0.rest(Method::POST, &format!("/workers/v1/{path}")).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn claim(&self, limit: usize) -> Vec<Value> {
        let (status, body) = self.post("claim", json!({ "worker": "box-1", "limit": limit })).await;
        assert_eq!(status, 200, "{body}");
        body["jobs"].as_array().unwrap().clone()
    }

    pub async fn claim_one(&self) -> Value {
        self.claim(1).await.pop().expect("a job")
    }

    /// What is said of a job with its lease.
    pub async fn say(&self, job: &Value, what: &str, more: Value) -> (u16, Value) {
        let mut body = json!({ "leaseToken": job["leaseToken"] });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.post(&format!("jobs/{}/{what}", job["id"].as_str().unwrap()), body).await
    }

    pub async fn announce(&self, job: &Value, name: &str) -> (u16, Value) {
        let kind = if name.ends_with("png") {
            "image/png"
        } else {
            "image/jpeg"
        };
        self.say(job, "outputs", json!({ "name": name, "contentType": kind })).await
    }

    /// Puts bytes to the address that was announced; it needs no token.
    pub async fn put(&self, announced: &Value, bytes: Vec<u8>) -> (u16, Value) {
        assert_eq!(announced["method"], "PUT", "{announced}");
        let url = format!("{}{}", self.0.base, announced["url"].as_str().unwrap());
        let kind = announced["headers"]["Content-Type"].as_str().unwrap();
        let answer = self.0.http.put(url).header("content-type", kind).body(bytes).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub async fn upload(&self, job: &Value, name: &str, bytes: Vec<u8>) -> Value {
        let (status, announced) = self.announce(job, name).await;
        assert_eq!(status, 200, "{announced}");
        let (status, received) = self.put(&announced, bytes).await;
        assert_eq!(status, 200, "{received}");
        received
    }

    /// Draws and uploads all that a task wants; answers the result to complete with.
    pub async fn render(&self, job: &Value) -> Value {
        let mut series = Vec::new();
        for one in job["task"]["series"].as_array().unwrap() {
            let mut outputs = Vec::new();
            for wanted in one["outputs"].as_array().unwrap() {
                let name = wanted["name"].as_str().unwrap();
                self.upload(job, name, picture(name, 40, 30)).await;
                outputs.push(json!({ "name": name, "width": 40, "height": 30 }));
            }
            series.push(json!({ "uuid": one["uuid"], "outputs": outputs }));
        }
        json!({ "result": { "series": series } })
    }
}

/// An image in the format that the name ends with.
pub fn picture(name: &str, width: u32, height: u32) -> Vec<u8> {
    let picture = Picture {
        width,
        height,
        data: PictureData::Grey(vec![100; (width * height) as usize]),
    };
    let format = if name.ends_with("png") {
        Format::Png
    } else {
        Format::Jpeg
    };
    encode(&picture, format, 85).unwrap()
}

/// The job's row.
pub async fn row(app: &TestApp, job: &Value) -> entity::job::Model {
    let id = Uuid::parse_str(job["id"].as_str().unwrap()).unwrap();
    entity::job::Entity::find_by_id(id).one(app.app.db.writer()).await.unwrap().unwrap()
}

/// As if the worker had been silent for longer than its lease, or at work for longer than it may.
pub async fn long_ago(app: &TestApp, job: &Value, column: entity::job::Column) {
    let id = Uuid::parse_str(job["id"].as_str().unwrap()).unwrap();
    let past = chrono::Utc::now() - chrono::TimeDelta::days(1);
    entity::job::Entity::update_many()
        .col_expr(column, Expr::value(past))
        .filter(entity::job::Column::Id.eq(id))
        .exec(app.app.db.writer())
        .await
        .unwrap();
}

/// The job's lease ends, and the job goes back to the queue.
pub async fn lose(app: &TestApp, job: &Value) {
    long_ago(app, job, entity::job::Column::LeaseUntil).await;
    assert_eq!(domain::jobs::store::reap(&app.app.db).await.unwrap(), 1);
}
