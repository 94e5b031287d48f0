//! Users.

use crate::graphql::errors::{UserError, outcome};
use crate::graphql::ids;
use crate::graphql::types::{Role, User, acting, app};
use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};
use domain::rows;
use domain::users::{self, NewUser, UserUpdate};

#[derive(Default)]
pub struct UserMutation;

/// A new user.
#[derive(InputObject)]
pub struct UserCreateInput {
    /// The name to sign in with, unique.
    username: String,
    /// Unique, also good to sign in with.
    email: String,
    /// The name to show.
    full_name: String,
    /// The first password.
    #[graphql(secret)]
    password: String,
    /// What the user may do.
    role: Role,
    /// Needed for technicians and diagnostic centres.
    centre: Option<ID>,
}

/// Changes of a user; what is left out stays.
#[derive(InputObject)]
pub struct UserUpdateInput {
    /// Which user.
    id: ID,
    /// Unique.
    email: Option<String>,
    /// The name to show.
    full_name: Option<String>,
    /// A new password; ends the user's sessions.
    #[graphql(secret)]
    password: Option<String>,
    /// Whether the user may sign in; false ends the user's sessions at once.
    is_active: Option<bool>,
}

/// Which user.
#[derive(InputObject)]
pub struct UserDeactivateInput {
    /// Which user.
    id: ID,
}

/// Which user; one that nothing in the archive names.
#[derive(InputObject)]
pub struct UserDeleteInput {
    /// Which user.
    id: ID,
}

/// The user, or what to mend.
#[derive(SimpleObject)]
pub struct UserPayload {
    /// The user as it is now, or was when it was removed.
    user: Option<User>,
    /// What to mend.
    user_errors: Vec<UserError>,
}

#[Object]
impl UserMutation {
    /// Makes a user.
    async fn user_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A new user.")] input: UserCreateInput,
    ) -> Result<UserPayload> {
        let user = async {
            let new = NewUser {
                username: input.username,
                email: input.email,
                full_name: input.full_name,
                password: input.password,
                role: input.role.into(),
                centre_id: input.centre.as_ref().map(ids::centre).transpose()?,
            };
            users::user_create(app(ctx)?, acting(ctx)?, new).await
        };
        payload(user.await)
    }

    /// Changes a user.
    async fn user_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Changes of a user; what is left out stays.")] input: UserUpdateInput,
    ) -> Result<UserPayload> {
        let user = async {
            let update = UserUpdate {
                email: input.email,
                full_name: input.full_name,
                password: input.password,
                is_active: input.is_active,
            };
            users::user_update(app(ctx)?, acting(ctx)?, ids::user(&input.id)?, update).await
        };
        payload(user.await)
    }

    /// Ends a user's access at once: tokens, sessions and open subscriptions.
    async fn user_deactivate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user.")] input: UserDeactivateInput,
    ) -> Result<UserPayload> {
        let user = async { users::user_deactivate(app(ctx)?, acting(ctx)?, ids::user(&input.id)?).await };
        payload(user.await)
    }

    /// Removes a user who stands in no study, report or other record; the others are deactivated.
    async fn user_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which user; one that nothing in the archive names.")] input: UserDeleteInput,
    ) -> Result<UserPayload> {
        let user = async { users::user_delete(app(ctx)?, acting(ctx)?, ids::user(&input.id)?).await };
        payload(user.await)
    }
}

pub(super) fn payload(user: domain::Result<rows::User>) -> Result<UserPayload> {
    let (user, user_errors) = outcome(user)?;
    Ok(UserPayload {
        user: user.map(User),
        user_errors,
    })
}
