//! Tables: cells whose text is broken within their column, heads that are repeated on each page.

use super::page::{FAINT, RULE, SMALL, SMALL_STRONG};
use super::structure::{NodeId, Role, Structure};
use super::{Drawing, Item, Row};
use crate::text::{Style, lines};
use std::rc::Rc;

const PADDING: f32 = 4.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A column: its width in points, and where its text stands.
#[derive(Debug, Clone, Copy)]
pub struct Column(pub f32, pub Align);

/// A table that is being set; rows are added from the top.
pub struct Table<'a> {
    structure: &'a mut Structure,
    columns: &'a [Column],
    left: f32,
    node: NodeId,
    head: Option<Rc<Row>>,
    pub rows: Vec<Row>,
}

impl<'a> Table<'a> {
    pub fn new(structure: &'a mut Structure, columns: &'a [Column], left: f32) -> Self {
        let node = structure.add(Role::Table, None);
        Self {
            structure,
            columns,
            left,
            node,
            head: None,
            rows: Vec::new(),
        }
    }

    /// The head, which is read once and repeated on each page as decoration.
    pub fn head(&mut self, names: &[&str]) {
        let cells: Vec<_> = names.iter().map(|name| (Role::ColumnHeader, FAINT, (*name).to_owned())).collect();
        let mut row = self.row(&cells);
        row.keep = true;
        let mut repeated = row.clone();
        repeated.items.iter_mut().for_each(|item| item.node = None);
        self.head = Some(Rc::new(repeated));
        self.rows.push(row);
    }

    pub fn body(&mut self, texts: Vec<String>) {
        let cells: Vec<_> = texts.into_iter().map(|text| (Role::Cell, SMALL, text)).collect();
        let row = self.row(&cells);
        self.push(row);
    }

    /// A row that sums up; it stays with the row above.
    pub fn sum(&mut self, texts: Vec<String>) {
        let cells: Vec<_> = texts.into_iter().map(|text| (Role::Cell, SMALL_STRONG, text)).collect();
        if let Some(above) = self.rows.last_mut() {
            above.keep = true;
        }
        let row = self.row(&cells);
        self.push(row);
    }

    /// A row of names and what they name, in turn.
    pub fn pairs(&mut self, texts: Vec<String>) {
        let cell = |(place, text)| match place % 2 {
            0 => (Role::RowHeader, FAINT, text),
            _ => (Role::Cell, SMALL, text),
        };
        let cells: Vec<_> = texts.into_iter().enumerate().map(cell).collect();
        let mut row = self.row(&cells);
        row.keep = true;
        self.push(row);
    }

    fn push(&mut self, row: Row) {
        self.rows.push(Row {
            head: self.head.clone(),
            ..row
        });
    }

    fn row(&mut self, cells: &[(Role, Style, String)]) -> Row {
        let of_row = self.structure.add(Role::TableRow, Some(self.node));
        let mut row = Row::default();
        let mut x = self.left;
        for ((role, style, text), Column(width, align)) in cells.iter().zip(self.columns) {
            let node = self.structure.add(role.clone(), Some(of_row));
            let inner = width - 2.0 * PADDING;
            let mut y = PADDING;
            for line in lines(text, *style, inner) {
                let shift = if *align == Align::Right {
                    inner - line.width(style.size)
                } else {
                    0.0
                };
                row.items.push(Item {
                    x: x + PADDING + shift,
                    y: y + style.ascent(),
                    drawing: Drawing::Text {
                        line,
                        size: style.size,
                        colour: style.colour,
                    },
                    node: Some(node),
                });
                y += style.leading();
            }
            row.height = row.height.max(y + PADDING);
            x += width;
        }
        row.items.push(rule(self.left, row.height, x - self.left));
        row
    }
}

/// A thin line across, which is decoration.
pub fn rule(x: f32, y: f32, width: f32) -> Item {
    Item {
        x,
        y,
        drawing: Drawing::Fill {
            width,
            height: 0.5,
            colour: RULE,
        },
        node: None,
    }
}
