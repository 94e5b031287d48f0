//! Keyset pages: every list is read from a key on, so that a page costs the same anywhere in the list. Only the documented REST
//! APIs, whose clients count places, read by offset (`Slice`).

mod within;

pub(crate) use within::Lists;

use crate::error::{Error, Result};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{EntityTrait, IntoSimpleExpr, Order, QueryFilter, QueryOrder, QuerySelect, Select, Value};
use uuid::Uuid;

pub const DEFAULT_LIMIT: u64 = 20;
pub const MAX_LIMIT: u64 = 100;

/// Which part of a list is wanted; `K` is the key that the list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageRequest<K> {
    pub limit: u64,
    pub from: Option<K>,
    /// Read towards the beginning of the list.
    pub backward: bool,
}

/// The key of one row in a list: a value for each expression that the list is ordered by.
pub(crate) trait Key {
    fn values(&self) -> Vec<Value>;
}

impl Key for i64 {
    fn values(&self) -> Vec<Value> {
        vec![(*self).into()]
    }
}

impl Key for Uuid {
    fn values(&self) -> Vec<Value> {
        vec![(*self).into()]
    }
}

impl<K> Default for PageRequest<K> {
    fn default() -> Self {
        Self {
            limit: DEFAULT_LIMIT,
            from: None,
            backward: false,
        }
    }
}

impl<K> PageRequest<K> {
    /// From the arguments of a Relay connection.
    pub fn relay(first: Option<i32>, after: Option<K>, last: Option<i32>, before: Option<K>) -> Result<Self> {
        let backward = last.is_some() || (first.is_none() && before.is_some());
        if first.is_some() && last.is_some() || after.is_some() && before.is_some() {
            return Err(Error::invalid(
                "first",
                "INVALID_PAGE",
                "Ask either for first and after, or for last and before",
            ));
        }
        let limit = match first.or(last) {
            None => DEFAULT_LIMIT,
            Some(n) => u64::try_from(n).ok().filter(|n| *n <= MAX_LIMIT).ok_or_else(|| {
                Error::invalid(
                    "first",
                    "INVALID_PAGE",
                    format!("first and last are from 0 to {MAX_LIMIT}"),
                )
            })?,
        };
        Ok(Self {
            limit,
            from: if backward { before } else { after },
            backward,
        })
    }
}

impl PageRequest<u32> {
    /// The page of the numbers from 0 to below `count`.
    pub fn of_numbers(&self, count: u32) -> Page<u32> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX).saturating_add(1);
        let numbers = match (self.backward, self.from) {
            (false, None) => (0..count).take(limit).collect(),
            (false, Some(after)) => (after.saturating_add(1)..count).take(limit).collect(),
            (true, before) => (0..count)
                .rev()
                .skip_while(|number| before.is_some_and(|before| *number >= before))
                .take(limit)
                .collect(),
        };
        Page::new(numbers, self)
    }
}

/// Part of a list by place, as the REST APIs ask for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slice {
    pub skip: u64,
    pub limit: u64,
}

impl Slice {
    /// These rows of a list; `key` orders it and is unique.
    pub(crate) fn of<E: EntityTrait>(self, query: Select<E>, key: E::Column, order: Order) -> Select<E> {
        query.order_by(key, order).offset(self.skip).limit(self.limit)
    }
}

#[derive(Debug, Clone)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub has_next: bool,
    pub has_previous: bool,
}

impl<T> Page<T> {
    /// From rows that were read in the request's direction with a limit of one more than asked for.
    pub fn new<K>(mut rows: Vec<T>, request: &PageRequest<K>) -> Self {
        let more = rows.len() as u64 > request.limit;
        rows.truncate(usize::try_from(request.limit).unwrap_or(usize::MAX));
        let entered = request.from.is_some();
        if request.backward {
            rows.reverse();
        }
        Self {
            items: rows,
            has_next: if request.backward { entered } else { more },
            has_previous: if request.backward { more } else { entered },
        }
    }

    /// A list without anything in it.
    pub fn empty() -> Self {
        Self {
            items: Vec::new(),
            has_next: false,
            has_previous: false,
        }
    }

    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            has_next: self.has_next,
            has_previous: self.has_previous,
        }
    }
}

/// Narrows a query to a page of a list that is ordered by expressions which together are unique and never null.
pub(crate) fn keyset<E: EntityTrait>(
    query: Select<E>,
    keys: impl IntoIterator<Item: IntoSimpleExpr>,
    order: Order,
    request: &PageRequest<impl Key>,
) -> Select<E> {
    let keys: Vec<Expr> = keys.into_iter().map(IntoSimpleExpr::into_simple_expr).collect();
    let (query, order) = from_key(query, &keys, order, request);
    let query = keys.into_iter().fold(query, |query, key| query.order_by(key, order.clone()));
    query.limit(request.limit + 1)
}

/// The rows behind the request's key, and the order in which they are read.
fn from_key<E: EntityTrait>(
    query: Select<E>,
    keys: &[Expr],
    order: Order,
    request: &PageRequest<impl Key>,
) -> (Select<E>, Order) {
    let rising = (order == Order::Asc) != request.backward;
    let query = match &request.from {
        None => query,
        Some(from) => {
            let place = Expr::tuple(from.values().into_iter().map(Expr::val));
            let key = Expr::tuple(keys.iter().cloned());
            query.filter(if rising { key.gt(place) } else { key.lt(place) })
        }
    };
    (query, if rising { Order::Asc } else { Order::Desc })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_paged_from_both_ends() {
        let page = |first, after, last, before| {
            let page = PageRequest::relay(first, after, last, before).unwrap().of_numbers(5);
            (page.items, page.has_previous, page.has_next)
        };
        assert_eq!(page(Some(2), None, None, None), (vec![0, 1], false, true));
        assert_eq!(page(Some(9), Some(1), None, None), (vec![2, 3, 4], true, false));
        assert_eq!(page(None, None, Some(2), None), (vec![3, 4], true, false));
        assert_eq!(page(None, None, Some(9), Some(2)), (vec![0, 1], false, true));
        assert_eq!(page(Some(1), Some(u32::MAX), None, None), (vec![], true, false));
    }
}
