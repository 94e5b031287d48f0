//! `gantry user …`.

use crate::arguments::UserCommand;
use crate::{Outcome, serve};
use domain::context::Role;
use domain::setup::random_text;
use domain::users::{self, NewUser};
use domain::{App, Config, Context};
use tokio_util::sync::CancellationToken;

pub async fn user(config: Config, command: UserCommand) -> Outcome {
    let UserCommand::Add {
        username,
        email,
        full_name,
        role,
        centre,
    } = command;
    let role = Role::parse(&role)
        .ok_or_else(|| format!("{role} is no role; choose admin, radiologist, technician or diagnostic_centre"))?;
    serve::migrate(config.clone()).await?;
    let app = App::open(config, CancellationToken::new()).await.map_err(|error| error.to_string())?;
    let given = std::env::var("GANTRY_PASSWORD").ok();
    let password = given.clone().unwrap_or_else(|| random_text(20));
    let new = NewUser {
        full_name: full_name.unwrap_or_else(|| username.clone()),
        username,
        email,
        password: password.clone(),
        role,
        centre_id: centre,
    };
    let user = users::user_create(&app, &Context::command_line(), new).await.map_err(|error| error.to_string())?;
    println!("user {} made: {}", user.id, user.username);
    if given.is_none() {
        println!("password, shown only now: {password}");
    }
    Ok(())
}
