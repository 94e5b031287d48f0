//! `AuditEvent`: who saw or changed what.

use super::{AuditFace, AuditKind, AuditOutcome, Study, User, load, loaders};
use crate::graphql::connection::{self, AuditedStudies, Of, Total};
use crate::graphql::ids::GlobalId;
use crate::graphql::loaders::{StudyUuid, UserId};
use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};
use domain::page::Page;
use domain::{audit, rows};
use futures::future::try_join_all;

pub struct AuditEvent(pub rows::AuditEvent);

/// Something that somebody saw or changed, or was refused. It never changes, and is kept for ever.
#[Object]
impl AuditEvent {
    /// Opaque, unique among all objects.
    pub async fn id(&self) -> ID {
        GlobalId::AuditEvent(self.0.id).into()
    }

    /// Its place in the chain by which removed and changed events are found; null for about a second.
    async fn sequence(&self) -> Option<i64> {
        self.0.seq
    }

    /// When it happened.
    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// What was done.
    async fn kind(&self) -> Option<AuditKind> {
        audit::AuditKind::parse(&self.0.kind).map(AuditKind::from)
    }

    /// EventActionCode of DICOM (PS3.15 A.5.1): C for created, R for read, U for updated, D for deleted, E for executed.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// Whether it was granted.
    async fn outcome(&self) -> AuditOutcome {
        audit::AuditOutcome::of_indicator(self.0.outcome).into()
    }

    /// By which door.
    async fn face(&self) -> Option<AuditFace> {
        audit::Face::parse(&self.0.face).map(AuditFace::from)
    }

    /// Who did it, if it was a user whom the caller may see.
    async fn user(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<User>> {
        match self.0.user_id {
            None => Ok(None),
            Some(id) => Ok(load(&loaders(ctx)?.users, UserId(id)).await?.map(User)),
        }
    }

    /// The name of who did it, as it was then, if the caller may see that user; of a worker outside the server, its token's name.
    async fn username(&self) -> Option<&str> {
        self.0.username.as_deref()
    }

    /// The role of who did it, as it was then; `worker` and `system` are no people.
    async fn role(&self) -> Option<&str> {
        self.0.role.as_deref()
    }

    /// From which address. Centres see those of their own people only.
    async fn remote_address(&self) -> Option<&str> {
        self.0.remote.as_deref()
    }

    /// The request, by the id that its answer had in `X-Request-Id`.
    async fn request_id(&self) -> &str {
        &self.0.request_id
    }

    /// What besides studies it is about: a kind and an opaque id, such as `report:…` or `user:7`.
    async fn object(&self) -> Option<&str> {
        self.0.object.as_deref()
    }

    /// The studies that it is about, as they are now, without those that are gone. All are of one centre.
    #[graphql(complexity = "connection::cost(first, last, child_complexity)")]
    async fn studies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the beginning, at most 100.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, at most 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<Of<u32, Study, Total, AuditedStudies, AuditedStudies>> {
        let request = connection::request(first, after, last, before)?;
        let uuids = audit::studies_of(&self.0);
        let places = request.of_numbers(u32::try_from(uuids.len()).unwrap_or(u32::MAX));
        let loaders = loaders(ctx)?;
        let read = places.items.iter().filter_map(|place| {
            let uuid = *uuids.get(usize::try_from(*place).ok()?)?;
            Some(async move { Ok((*place, load(&loaders.studies_by_uuid, StudyUuid(uuid)).await?)) })
        });
        let studies = try_join_all(read).await.map_err(|error: async_graphql::Error| error)?;
        let page = Page {
            items: studies.into_iter().filter_map(|(place, study)| Some((place, study?))).collect(),
            has_next: places.has_next,
            has_previous: places.has_previous,
        };
        let total = Total::Known(self.0.study_count.into());
        Ok(connection::connection(
            page,
            total,
            |(place, _)| *place,
            |(_, study)| Study(study),
        ))
    }

    /// The keyed hash of the event and of the one before it, lower-case hex; while it has no place, of the event alone.
    async fn hash(&self) -> String {
        self.0.hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
