//! From pages to a PDF that archives and screen readers take: PDF/A-2a (ISO 19005-2) and PDF/UA-1 (ISO 14289-1).
//!
//! The same document gives the same bytes: its date comes with its data, and nothing in it is random.

use crate::Error;
use crate::layout::page::{BOTTOM, FAINT, HEIGHT, MARGIN, TOP, WIDTH};
use crate::layout::structure::Structure;
use crate::layout::{Drawing, Item, Page, paginate};
use crate::sheet::{About, Sheet};
use crate::text::{Colour, Line, line};
use chrono::{DateTime, Datelike, Timelike, Utc};
use krilla::color::rgb;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder, ValidationError};
use krilla::destination::XyzDestination;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect, Size, Transform};
use krilla::metadata::{self, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag};
use krilla::{Document, SerializeSettings};

/// From the bottom of the page to the footer's baseline.
const FOOTER: f32 = 36.0;

pub fn paint(sheet: Sheet, about: &About<'_>) -> Result<Vec<u8>, Error> {
    let Sheet { mut structure, rows } = sheet;
    let pages = paginate(rows, HEIGHT - TOP - BOTTOM)?;
    let mut document = Document::new_with(settings()?);
    let mut outline = Outline::new();
    for (index, page) in pages.iter().enumerate() {
        for (text, y) in &page.headings {
            let place = XyzDestination::new(index, Point::from_xy(MARGIN, TOP + y));
            outline.push_child(OutlineNode::new(text.clone(), place));
        }
        let settings = PageSettings::from_wh(WIDTH, HEIGHT).ok_or_else(|| unwritten("no page of this size"))?;
        let mut sheet = document.start_page_with(settings);
        let mut surface = sheet.surface();
        body(&mut surface, page, &mut structure)?;
        footer(
            &mut surface,
            about.footer,
            &format!("Page {} of {}", index + 1, pages.len()),
        );
        surface.finish();
        sheet.finish();
    }
    document.set_outline(outline);
    document.set_metadata(described(about));
    document.set_tag_tree(structure.into_tags(about.language));
    document.finish().map_err(|error| refused(&error))
}

/// Pictures are decoded last, so only now is it known which are broken. What the writer tells beyond that could quote a text.
fn refused(error: &KrillaError) -> Error {
    let field = "a picture";
    let cmyk = |(error, _): &(ValidationError, _)| *error == ValidationError::MissingCMYKProfile;
    match error {
        KrillaError::Image(_, _, reason) => Error::Picture {
            field,
            reason: reason.clone(),
        },
        KrillaError::Validation(errors) if errors.iter().any(cmyk) => Error::Picture {
            field,
            reason: "its colours are CMYK".to_owned(),
        },
        other => unwritten(&other.to_string()),
    }
}

fn unwritten(reason: &str) -> Error {
    Error::Write(reason.to_owned())
}

fn settings() -> Result<SerializeSettings, Error> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| unwritten(&format!("{error:?}")))?;
    Ok(SerializeSettings {
        configuration,
        ..SerializeSettings::default()
    })
}

fn described(about: &About<'_>) -> Metadata {
    Metadata::new()
        .title(about.title.to_owned())
        .authors(vec![about.author.to_owned()])
        .language(about.language.to_owned())
        .creator("Gantry".to_owned())
        .creation_date(date(about.made_at))
}

fn date(at: DateTime<Utc>) -> metadata::DateTime {
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    metadata::DateTime::new(u16::try_from(at.year()).unwrap_or_default())
        .month(small(at.month()))
        .day(small(at.day()))
        .hour(small(at.hour()))
        .minute(small(at.minute()))
        .second(small(at.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn body(surface: &mut Surface<'_>, page: &Page, structure: &mut Structure) -> Result<(), Error> {
    for item in &page.items {
        let tag = match (&item.node, &item.drawing) {
            (None, _) => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
            (Some(_), Drawing::Text { .. }) => ContentTag::Span(SpanTag::empty()),
            (Some(_), _) => ContentTag::Other,
        };
        let mark = surface.start_tagged(tag);
        let drawn = drawing(surface, item);
        surface.end_tagged();
        if let Some(node) = item.node {
            structure.mark(node, mark);
        }
        drawn?;
    }
    Ok(())
}

fn drawing(surface: &mut Surface<'_>, item: &Item) -> Result<(), Error> {
    let y = TOP + item.y;
    match &item.drawing {
        Drawing::Text { line, size, colour } => text(surface, line, *size, *colour, item.x, y),
        Drawing::Fill { width, height, colour } => {
            let mut path = PathBuilder::new();
            path.push_rect(Rect::from_xywh(item.x, y, *width, *height).ok_or_else(|| unwritten("an empty area"))?);
            let path = path.finish().ok_or_else(|| unwritten("an empty area"))?;
            surface.set_fill(Some(fill(*colour)));
            surface.draw_path(&path);
        }
        Drawing::Picture { picture, width, height } => {
            let size = Size::from_wh(*width, *height).ok_or_else(|| unwritten("an empty picture"))?;
            surface.push_transform(&Transform::from_translate(item.x, y));
            surface.draw_image(picture.image.clone(), size);
            surface.pop();
        }
    }
    Ok(())
}

fn fill(Colour(red, green, blue): Colour) -> Fill {
    Fill {
        paint: rgb::Color::new(red, green, blue).into(),
        ..Fill::default()
    }
}

fn text(surface: &mut Surface<'_>, line: &Line, size: f32, colour: Colour, left: f32, baseline: f32) {
    surface.set_fill(Some(fill(colour)));
    let mut x = left;
    for run in &line.runs {
        let start = Point::from_xy(x, baseline);
        surface.draw_glyphs(start, &run.glyphs, run.typeface.font.clone(), &run.text, size, false);
        x += run.width * size;
    }
}

/// The footer is no part of what is read: who it is about stands in the text.
fn footer(surface: &mut Surface<'_>, about: &str, number: &str) {
    let baseline = HEIGHT - FOOTER;
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Footer)));
    let number = line(number, FAINT);
    let width = number.width(FAINT.size);
    let room = WIDTH - 2.0 * MARGIN - width - 12.0;
    let about = crate::text::lines(about, FAINT, room).into_iter().next().unwrap_or_default();
    text(surface, &about, FAINT.size, FAINT.colour, MARGIN, baseline);
    text(
        surface,
        &number,
        FAINT.size,
        FAINT.colour,
        WIDTH - MARGIN - width,
        baseline,
    );
    surface.end_tagged();
}
