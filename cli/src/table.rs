//! Tables for people: columns without lines, no wrapping, nothing behind the last word of a line.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

/// An empty table; with an empty header it has none.
pub fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_preset(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if !header.is_empty() {
        table.set_header(header.to_vec());
    }
    table
}
