//! The same page of many lists at once: for the lists within the rows of a list, by one statement however many rows there are.

use super::{Key, Page, PageRequest, from_key};
use crate::error::Result;
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query, WindowStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, Order, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait, Select,
};
use std::collections::HashMap;

/// Lists that lie in one table: the rows with the same value of `parent` are one of them.
pub(crate) struct Lists<E: EntityTrait> {
    /// The rows of all lists.
    pub rows: Select<E>,
    /// The primary key.
    pub id: E::Column,
    pub parent: E::Column,
    /// What a list is ordered by: unique within it together, and never null.
    pub keys: Vec<Expr>,
    pub order: Order,
}

impl<E: EntityTrait> Lists<E> {
    /// The page of each list, by its parent; empty ones are left out. `M` is made of `columns`.
    pub async fn pages<M: FromQueryResult>(
        self,
        c: &impl ConnectionTrait,
        columns: impl IntoIterator<Item = E::Column>,
        request: &PageRequest<impl Key>,
        parent_of: impl Fn(&M) -> i64,
    ) -> Result<HashMap<i64, Page<M>>> {
        let (rows, order) = from_key(self.rows, &self.keys, self.order, request);
        let mut window = WindowStatement::partition_by(self.parent.as_column_ref());
        for key in &self.keys {
            window.order_by_expr(key.clone(), order.clone());
        }
        let mut places = rows.select_only().column(self.id).into_query();
        places.expr_window_as(Func::cust("row_number"), window, "place");
        let most = i64::try_from(request.limit + 1).unwrap_or(i64::MAX);
        let mut wanted = Query::select();
        wanted.column(self.id).from_subquery(places, "places").and_where(Expr::col("place").lte(most));

        let query = E::find().select_only().columns(columns).filter(self.id.in_subquery(wanted));
        let query = self.keys.into_iter().fold(query.order_by_asc(self.parent), |query, key| {
            query.order_by(key, order.clone())
        });
        let mut lists: HashMap<i64, Vec<M>> = HashMap::new();
        for row in query.into_model::<M>().all(c).await? {
            lists.entry(parent_of(&row)).or_default().push(row);
        }
        Ok(lists.into_iter().map(|(parent, rows)| (parent, Page::new(rows, request))).collect())
    }
}
