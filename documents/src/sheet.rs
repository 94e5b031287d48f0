//! What documents are composed of: headings, paragraphs, tables, banners, rows of pictures. Each adds rows and their place in the order of reading.

use crate::Error;
use crate::layout::page::{BANNER, BANNER_SETTLED, COLUMN, FAINT, MARGIN, SETTLED, WARNING};
use crate::layout::structure::{NodeId, Role, Structure};
use crate::layout::table::{Column, Table, rule};
use crate::layout::{Drawing, Item, Row};
use crate::picture::Picture;
use crate::text::{Style, lines};

const GAP: f32 = 14.0;
const PICTURE_HEIGHT: f32 = 190.0;
const BANNER_PADDING: f32 = 7.0;

/// What a banner is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Warning,
    /// Nothing is left to do.
    Settled,
}

#[derive(Default)]
pub struct Sheet {
    pub structure: Structure,
    pub rows: Vec<Row>,
}

impl Sheet {
    /// A heading stays with what follows it.
    pub fn heading(&mut self, level: u16, text: &str, style: Style) {
        let node = self.structure.add(Role::Heading(level, text.to_owned()), None);
        let mut rows = text_rows(text, style, MARGIN, COLUMN, node);
        begun_at_its_side(&mut rows);
        rows.iter_mut().for_each(|row| row.keep = true);
        if let Some(first) = rows.first_mut() {
            first.before = if level == 1 { 10.0 } else { 12.0 };
            first.heading = Some(text.to_owned());
        }
        if let Some(last) = rows.last_mut() {
            last.height += 2.0;
        }
        self.rows.extend(rows);
    }

    /// A paragraph; no line of it stands alone at the end or the beginning of a page.
    pub fn paragraph(&mut self, text: &str, style: Style, before: f32) {
        let node = self.structure.add(Role::Paragraph, None);
        let mut rows = text_rows(text, style, MARGIN, COLUMN, node);
        begun_at_its_side(&mut rows);
        let count = rows.len();
        for place in [0, count.saturating_sub(2)] {
            rows[place].keep = count > 1;
        }
        rows[0].before = before;
        self.rows.extend(rows);
    }

    /// Short text, such as a line of an address: it begins at the left whatever its script.
    pub fn label(&mut self, text: &str, style: Style, before: f32) {
        let node = self.structure.add(Role::Paragraph, None);
        let mut rows = text_rows(text, style, MARGIN, COLUMN, node);
        rows[0].before = before;
        self.rows.extend(rows);
    }

    /// A text on a coloured ground, which nobody overlooks.
    pub fn banner(&mut self, text: &str, tone: Tone) {
        let (ground, style) = match tone {
            Tone::Warning => (WARNING, BANNER),
            Tone::Settled => (SETTLED, BANNER_SETTLED),
        };
        let node = self.structure.add(Role::Paragraph, None);
        let mut row = Row {
            before: 10.0,
            ..Row::default()
        };
        let inner = COLUMN - 2.0 * BANNER_PADDING - 4.0;
        let mut items = Vec::new();
        row.height = BANNER_PADDING;
        for mut of_line in text_rows(text, style, MARGIN + BANNER_PADDING + 4.0, inner, node) {
            of_line.items.iter_mut().for_each(|item| item.y += row.height);
            items.extend(of_line.items);
            row.height += of_line.height;
        }
        row.height += BANNER_PADDING;
        row.items = [(COLUMN, ground), (4.0, style.colour)]
            .map(|(width, colour)| Item {
                x: MARGIN,
                y: 0.0,
                drawing: Drawing::Fill {
                    width,
                    height: row.height,
                    colour,
                },
                node: None,
            })
            .into();
        row.items.extend(items);
        self.rows.push(row);
    }

    /// A table over the whole column, which `fill` fills.
    pub fn table(&mut self, columns: &[Column], before: f32, fill: impl FnOnce(&mut Table<'_>)) {
        let mut table = Table::new(&mut self.structure, columns, MARGIN);
        fill(&mut table);
        let mut rows = table.rows;
        if let Some(first) = rows.first_mut() {
            first.before = before;
        }
        if let Some(last) = rows.last_mut() {
            last.keep = false;
        }
        self.rows.extend(rows);
    }

    /// A thin line across the column, which stays with what follows.
    pub fn rule(&mut self, before: f32) {
        self.rows.push(Row {
            before,
            height: 6.0,
            keep: true,
            items: vec![rule(MARGIN, 0.0, COLUMN)],
            ..Row::default()
        });
    }

    /// Pictures with their captions, two beside each other.
    pub fn pictures(&mut self, pictures: &[(Picture, String)]) {
        let width = (COLUMN - GAP) / 2.0;
        for pair in pictures.chunks(2) {
            let mut row = Row {
                before: 8.0,
                ..Row::default()
            };
            for (place, (picture, caption)) in pair.iter().enumerate() {
                self.figure(&mut row, picture, caption, MARGIN + place as f32 * (width + GAP), width);
            }
            self.rows.push(row);
        }
    }

    fn figure(&mut self, row: &mut Row, picture: &Picture, caption: &str, left: f32, width: f32) {
        let words = if caption.trim().is_empty() {
            "Key image"
        } else {
            caption
        };
        let node = self.structure.add(Role::Figure(words.to_owned()), None);
        let (shown, height) = picture.fitted(width, PICTURE_HEIGHT);
        row.items.push(Item {
            x: left + (width - shown) / 2.0,
            y: PICTURE_HEIGHT - height,
            drawing: Drawing::Picture {
                picture: picture.clone(),
                width: shown,
                height,
            },
            node: Some(node),
        });
        let node = self.structure.add(Role::Caption, None);
        let mut y = PICTURE_HEIGHT + 4.0;
        for mut line in text_rows(caption, FAINT, left, width, node) {
            line.items.iter_mut().for_each(|item| item.y += y);
            row.items.extend(line.items);
            y += line.height;
        }
        row.height = row.height.max(y);
    }

    /// Makes what comes from here on stay together, and with the two rows before it.
    pub fn keep_from(&mut self, first: usize) {
        let last = self.rows.len().saturating_sub(1);
        self.rows[first.saturating_sub(2)..last].iter_mut().for_each(|row| row.keep = true);
    }
}

/// The lines of a text as rows of a column; there is at least one.
pub fn text_rows(text: &str, style: Style, left: f32, width: f32, node: NodeId) -> Vec<Row> {
    let row = |line| Row {
        height: style.leading(),
        items: vec![Item {
            x: left,
            y: style.ascent(),
            drawing: Drawing::Text {
                line,
                size: style.size,
                colour: style.colour,
            },
            node: Some(node),
        }],
        ..Row::default()
    };
    lines(text, style, width).into_iter().map(row).collect()
}

/// Running text that reads from right to left begins at the right edge. Names and cells stay where the eye looks for them.
fn begun_at_its_side(rows: &mut [Row]) {
    for item in rows.iter_mut().flat_map(|row| &mut row.items) {
        if let Drawing::Text { line, size, .. } = &item.drawing
            && line.rtl
        {
            item.x = MARGIN + COLUMN - line.width(*size);
        }
    }
}

/// What a document says of itself.
pub struct About<'a> {
    pub title: &'a str,
    pub author: &'a str,
    /// BCP 47, such as `en`.
    pub language: &'a str,
    /// What stands at the foot of each page, beside its number.
    pub footer: &'a str,
    pub made_at: chrono::DateTime<chrono::Utc>,
}

impl Sheet {
    /// The PDF.
    pub fn finish(self, about: &About<'_>) -> Result<Vec<u8>, Error> {
        crate::paint::paint(self, about)
    }
}
