//! The first start: the secret, the first administrator, and the demo accounts where they are asked for.

use crate::App;
use crate::centres::{self, CentreInput};
use crate::config::Config;
use crate::context::{Context, Role};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::money::Currency;
use crate::prices::{self, NewPrice, PriceOwner};
use crate::radiologists::{self, ProfileChange};
use crate::signals::Signals;
use crate::studies::Modality;
use crate::users::{self, NewUser};
use rand::distr::{Alphanumeric, SampleString};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;

/// Connects to the configured database; makes the data folder when SQLite is used.
pub async fn connect(config: &Config, signals: &Arc<Signals>) -> Result<Db> {
    if !config.is_postgres() {
        writable(&config.data_dir)?;
    }
    Db::connect(&config.database_url(), config.database_connections, signals.clone()).await
}

fn writable(folder: &Path) -> Result<()> {
    let refused = |error: std::io::Error| {
        Error::Unavailable(format!(
            "cannot write to the data folder {}: {error}; set GANTRY_DATA_DIR to one that you may write to",
            folder.display()
        ))
    };
    make_private(folder).map_err(refused)?;
    tempfile::tempfile_in(folder).map_err(refused)?;
    Ok(())
}

/// Patient data is for the server's own user only.
fn make_private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// The configured secret, or the one that the first start made and kept readable by its owner only.
pub(crate) fn secret(config: &Config) -> Result<String> {
    if !config.secret.expose().is_empty() {
        return Ok(config.secret.expose().to_owned());
    }
    let path = config.data_dir.join("secret");
    match std::fs::read_to_string(&path) {
        Ok(secret) if secret.trim().len() >= 32 => return Ok(secret.trim().to_owned()),
        Ok(_) => {
            return Err(Error::Unavailable(format!(
                "{} is damaged: it must hold at least 32 characters",
                path.display()
            )));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
    }
    let secret = random_text(64);
    let mut file = tempfile::Builder::new().prefix(".secret").tempfile_in(&config.data_dir)?;
    file.write_all(secret.as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(&path) {
        Ok(_) => Ok(secret),
        // Another process was first.
        Err(_) => self::secret(config),
    }
}

pub fn random_text(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}

/// Makes the administrator `admin` when nobody exists; answers the password, which is told only this once.
pub async fn first_admin(app: &App) -> Result<Option<String>> {
    if !users::none_yet(app.db.reader()).await? {
        return Ok(None);
    }
    let password = random_text(20);
    let admin = NewUser {
        username: "admin".into(),
        email: "admin@localhost.localdomain".into(),
        full_name: "System Administrator".into(),
        password: password.clone(),
        role: Role::Admin,
        centre_id: None,
    };
    match users::user_create(app, &Context::system("setup"), admin).await {
        Ok(_) => Ok(Some(password)),
        // Another process was first.
        Err(Error::Conflict(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The demo accounts, what their radiologist reads, and the prices of contract S2-90, into an empty database only.
pub async fn demo_accounts(app: &App) -> Result<()> {
    let ctx = Context::system("setup");
    if !users::none_yet(app.db.reader()).await? {
        return Ok(());
    }
    let centre = CentreInput {
        name: Some("Demo Centre".into()),
        ..Default::default()
    };
    let centre = centres::centre_create(app, &ctx, centre).await?;
    let accounts = [
        (
            "admin",
            "admin@pacs.com",
            "System Administrator",
            "admin",
            Role::Admin,
            None,
        ),
        (
            "radiologist1",
            "radiologist1@pacs.com",
            "Demo Radiologist",
            "radio",
            Role::Radiologist,
            None,
        ),
        (
            "tech1",
            "tech1@pacs.com",
            "Demo Technician",
            "tech",
            Role::Technician,
            Some(centre.id),
        ),
    ];
    for (username, email, full_name, password, role, centre_id) in accounts {
        let account = NewUser {
            username: username.into(),
            email: email.into(),
            full_name: full_name.into(),
            password: password.into(),
            role,
            centre_id,
        };
        let user = users::user_create(app, &ctx, account).await?;
        if role == Role::Radiologist {
            let reads = ProfileChange {
                modalities: Some(vec![Modality::Ct, Modality::Xray, Modality::Mri]),
                ..Default::default()
            };
            radiologists::radiologist_profile_set(app, &ctx, user.id, reads).await?;
        }
    }
    for (modality, dollars) in [(Modality::Ct, 150), (Modality::Xray, 50), (Modality::Mri, 300)] {
        let price = NewPrice {
            owner: PriceOwner::Centre(centre.id),
            modality,
            amount: dollars.into(),
            currency: Currency::Usd,
        };
        prices::price_create(app, &ctx, price).await?;
    }
    Ok(())
}
