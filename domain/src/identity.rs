//! Who somebody is: passwords, tokens, sessions and the lockout.

mod history;
mod lockout;
mod password;
mod session;
mod token;
mod web_session;

pub use history::trim;
pub use session::{Session, authenticate, session_create, session_end, session_refresh, token_create};
pub use token::TokenKeys;
pub use web_session::{WebSession, web_session_create, web_session_end, web_session_find};

pub(crate) use password::{check_length as password_check, hash as password_hash};
pub(crate) use session::revoke as sessions_revoke;
