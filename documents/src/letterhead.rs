//! Who a document comes from, at the top of its first page.

use crate::layout::page::{COLUMN, FAINT, MARGIN, TITLE};
use crate::layout::structure::Role;
use crate::layout::table::rule;
use crate::layout::{Drawing, Item, Row};
use crate::picture::Picture;
use crate::sheet::{Sheet, text_rows};
use crate::{Error, limits};

const LOGO_WIDTH: f32 = 120.0;
const LOGO_HEIGHT: f32 = 48.0;
const ADDRESS_LINES: usize = 8;

/// A centre, or whoever else writes.
#[derive(Debug, Clone, Default)]
pub struct Letterhead {
    pub name: String,
    pub address: Vec<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    /// A JPEG or PNG file.
    pub logo: Option<Vec<u8>>,
}

impl Letterhead {
    pub(crate) fn set(&self, sheet: &mut Sheet) -> Result<(), Error> {
        self.check()?;
        let logo = self.logo.as_deref().map(|bytes| Picture::read("logo", bytes)).transpose()?;
        let width = if logo.is_some() {
            COLUMN - LOGO_WIDTH - 16.0
        } else {
            COLUMN
        };
        let contacts: Vec<_> = self.phone.iter().chain(&self.email).map(String::as_str).collect();
        let lines = self.address.iter().map(String::as_str).filter(|line| !line.trim().is_empty());
        let details: Vec<String> =
            lines.map(str::to_owned).chain([contacts.join("  ·  ")]).filter(|line| !line.is_empty()).collect();
        let mut row = Row {
            keep: true,
            ..Row::default()
        };
        for (text, style) in [(self.name.clone(), TITLE), (details.join("\n"), FAINT)] {
            let node = sheet.structure.add(Role::Paragraph, None);
            for mut line in text_rows(&text, style, MARGIN, width, node) {
                line.items.iter_mut().for_each(|item| item.y += row.height);
                row.items.extend(line.items);
                row.height += line.height;
            }
        }
        if let Some(picture) = logo {
            row.items.push(self.logo(sheet, picture));
            row.height = row.height.max(LOGO_HEIGHT);
        }
        row.height += 10.0;
        row.items.push(rule(MARGIN, row.height - 2.0, COLUMN));
        sheet.rows.push(row);
        Ok(())
    }

    fn logo(&self, sheet: &mut Sheet, picture: Picture) -> Item {
        let node = sheet.structure.add(Role::Figure(format!("Logo of {}", self.name)), None);
        let (width, height) = picture.fitted(LOGO_WIDTH, LOGO_HEIGHT);
        Item {
            x: MARGIN + COLUMN - width,
            y: 0.0,
            drawing: Drawing::Picture { picture, width, height },
            node: Some(node),
        }
    }

    fn check(&self) -> Result<(), Error> {
        limits::filled("the letterhead's name", &self.name)?;
        limits::count("lines of the letterhead's address", self.address.len(), ADDRESS_LINES)?;
        let lines = self.address.iter().chain(&self.email).chain(&self.phone).chain([&self.name]);
        lines.into_iter().try_for_each(|line| limits::text("a line of the letterhead", line, limits::SHORT))
    }
}
