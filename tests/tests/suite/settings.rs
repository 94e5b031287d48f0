//! Settings (contract X-34): every one can be given by the environment, and `gantry config` shows what is in force.

use domain::Config;
use serde_json::Value;
use std::process::Output;
use tests::process::Installation;

/// Values of settings that take no other text, or have none by default.
const VALUES: &[(&str, &str)] = &[
    ("listen", "127.0.0.9:8123"),
    ("data_dir", "elsewhere/data"),
    ("database_url", "sqlite://elsewhere/of-tests.db"),
    ("storage_url", "s3://bucket-of-tests/prefix"),
    ("models_dir", "elsewhere/models"),
    ("secret", "0123456789abcdef0123456789abcdef"),
    ("metrics_token", "a token of monitoring"),
    ("default_centre_id", "4711"),
    ("invoice_issuer", "a clinic of tests"),
    ("transcode_to", "1.2.840.10008.1.2.5"),
    ("worker_queues", "render, index"),
    ("metrics_listen", "127.0.0.9:8124"),
    ("graphql_operations", "operations-of-tests.json"),
    ("trusted_proxies", "10.1.0.0/16, 192.0.2.7/32"),
    ("allowed_hosts", "pacs.example.org, *.clinic.example"),
    ("cors_origins", "https://viewer.example.org"),
];
const SECRETS: [&str; 3] = ["secret", "metrics_token", "database_url"];

/// Another value than the default.
fn another(name: &str, default: &Value) -> String {
    let listed = VALUES.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    listed.unwrap_or_else(|| match default {
        Value::Number(number) if number.is_u64() => (number.as_u64().unwrap() + 1).to_string(),
        Value::Number(number) => (number.as_f64().unwrap() + 0.5).to_string(),
        Value::String(switch) if switch == "on" => "off".into(),
        Value::String(switch) if switch == "off" => "on".into(),
        Value::Bool(value) => (!value).to_string(),
        _ => panic!("give {name} a value in VALUES"),
    })
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What `gantry config` says of a setting, whatever its type looks like.
fn shown<'a>(output: &'a str, name: &str) -> &'a str {
    let begin = output.find(&format!("\n    {name}: ")).unwrap_or_else(|| panic!("{name} is not shown: {output}")) + 1;
    let rest = &output[begin..];
    let end = rest.match_indices("\n    ").map(|(at, _)| at).find(|at| !rest[at + 5..].starts_with([' ', ')']));
    &rest[..end.unwrap_or(rest.len())]
}

#[tokio::test]
async fn x_34_every_setting_comes_from_the_environment_and_config_shows_it() {
    let place = Installation::on(false, &[]).await;
    let Value::Object(defaults) = serde_json::to_value(Config::default()).unwrap() else {
        panic!("settings have names");
    };
    let values: Vec<_> = defaults.iter().map(|(name, default)| (name.clone(), another(name, default))).collect();
    let mut command = place.gantry(&["config"]);
    command.envs(values.iter().map(|(name, value)| (format!("GANTRY_{}", name.to_uppercase()), value)));
    let output = text(&tests::process::run(command).await);
    for (name, value) in &values {
        let shown = shown(&output, name);
        match SECRETS.contains(&name.as_str()) {
            true => assert!(shown.contains("(set)") && !output.contains(value), "{name}: {shown}"),
            false => assert!(
                shown.to_lowercase().contains(value.as_str()),
                "{name} is not {value}: {shown}"
            ),
        }
    }
}

#[tokio::test]
async fn x_34_a_wrong_setting_is_named() {
    let place = Installation::on(false, &[]).await;
    for (name, value) in [
        ("GANTRY_TRUSTED_PROXIES", "10.0.0.0/40"),
        ("GANTRY_CORS_ORIGINS", "*"),
        ("GANTRY_ALLOWED_HOSTS", "https://pacs.example.org"),
        ("GANTRY_RATE_LIMIT_IP_PER_MINUTE", "0"),
    ] {
        let mut command = place.gantry(&["config"]);
        command.env(name, value);
        let output = tests::process::run(command).await;
        let said = String::from_utf8_lossy(&output.stderr);
        let setting = name.trim_start_matches("GANTRY_");
        assert!(
            !output.status.success() && said.to_uppercase().contains(setting),
            "{name}: {said}"
        );
    }
}
