//! From rows to pages. A document is a list of rows that are never divided: a line of text, a row of a table, a row of pictures.
//!
//! Whatever must stay together is said by the rows themselves (`keep`), so that there is one rule for headings, widows, signatures and tables:
//! rows that keep with the next are moved to the next page with it, unless they are more than a page.

pub mod page;
pub mod structure;
pub mod table;

use crate::Error;
use crate::limits;
use crate::picture::Picture;
use crate::text::{Colour, Line};
use std::rc::Rc;
use structure::NodeId;

/// What is painted. Sizes and places are points; a text's place is the left end of its baseline, the others' the upper left corner.
#[derive(Clone)]
pub enum Drawing {
    Text { line: Line, size: f32, colour: Colour },
    Fill { width: f32, height: f32, colour: Colour },
    Picture { picture: Picture, width: f32, height: f32 },
}

#[derive(Clone)]
pub struct Item {
    pub x: f32,
    /// From the top of the row, later from the top of the page.
    pub y: f32,
    pub drawing: Drawing,
    /// Where it belongs in the order of reading; `None` is decoration.
    pub node: Option<NodeId>,
}

#[derive(Clone, Default)]
pub struct Row {
    /// The space above, which is left out at the top of a page.
    pub before: f32,
    pub height: f32,
    /// No page ends after this row.
    pub keep: bool,
    pub items: Vec<Item>,
    /// What is repeated when a page begins with this row: the head of its table.
    pub head: Option<Rc<Row>>,
    /// The heading that begins with this row.
    pub heading: Option<String>,
}

#[derive(Default)]
pub struct Page {
    pub items: Vec<Item>,
    /// Headings, and how far down the page they stand.
    pub headings: Vec<(String, f32)>,
    used: f32,
}

/// Fills pages of a height from the top.
pub fn paginate(rows: Vec<Row>, height: f32) -> Result<Vec<Page>, Error> {
    let mut pages = vec![Page::default()];
    let mut rows = rows.into_iter().peekable();
    while let Some(first) = rows.next() {
        let mut group = vec![first];
        while group.last().is_some_and(|row| row.keep)
            && let Some(next) = rows.next()
        {
            group.push(next);
        }
        let needed: f32 = group.iter().map(|row| row.before + row.height).sum();
        let fits = |page: &Page, needed: f32| page.used + needed <= height;
        let begins_page = needed <= height && pages.last().is_some_and(|page| !fits(page, needed));
        for (place, row) in group.into_iter().enumerate() {
            let full = pages.last().is_some_and(|page| page.used > 0.0 && !fits(page, row.before + row.height));
            if full || (place == 0 && begins_page) {
                if pages.len() == limits::PAGES {
                    return Err(Error::TooManyPages { limit: limits::PAGES });
                }
                pages.push(Page::default());
            }
            if let Some(page) = pages.last_mut() {
                page.take(row);
            }
        }
    }
    Ok(pages)
}

impl Page {
    fn take(&mut self, row: Row) {
        if self.used > 0.0 {
            self.used += row.before;
        } else if let Some(head) = row.head {
            self.place(&head.items);
            self.used += head.height;
        }
        if let Some(heading) = row.heading {
            self.headings.push((heading, self.used));
        }
        self.place(&row.items);
        self.used += row.height;
    }

    fn place(&mut self, items: &[Item]) {
        let top = self.used;
        self.items.extend(items.iter().map(|item| Item {
            y: item.y + top,
            ..item.clone()
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(height: f32, keep: bool) -> Row {
        Row {
            height,
            keep,
            heading: Some(height.to_string()),
            ..Row::default()
        }
    }

    fn heights(rows: Vec<Row>) -> Vec<Vec<String>> {
        let pages = paginate(rows, 100.0).unwrap();
        pages.into_iter().map(|page| page.headings.into_iter().map(|(text, _)| text).collect()).collect()
    }

    #[test]
    fn rows_that_keep_move_to_the_next_page_together() {
        let rows = vec![row(60.0, false), row(10.0, true), row(20.0, true), row(15.0, false)];
        assert_eq!(heights(rows), [vec!["60"], vec!["10", "20", "15"]]);
    }

    #[test]
    fn what_keeps_for_more_than_a_page_is_divided() {
        let rows = vec![row(10.0, false), row(50.0, true), row(40.0, true), row(30.0, false)];
        assert_eq!(heights(rows), [vec!["10", "50", "40"], vec!["30"]]);
    }

    #[test]
    fn the_head_of_a_table_is_repeated_on_each_page() {
        let head = Rc::new(row(20.0, false));
        let body = |_| Row {
            head: Some(head.clone()),
            ..row(30.0, false)
        };
        let pages = paginate((0..7).map(body).collect(), 100.0).unwrap();
        let lengths: Vec<_> = pages.iter().map(|page| page.headings.len()).collect();
        assert_eq!(lengths, [2, 2, 2, 1]);
        assert!(pages.iter().all(|page| page.headings[0].1 == 20.0));
    }

    #[test]
    fn pages_are_bounded() {
        let rows = vec![row(100.0, false); limits::PAGES + 1];
        assert_eq!(
            paginate(rows, 100.0).err(),
            Some(Error::TooManyPages { limit: limits::PAGES })
        );
    }
}
