//! Reading a PDF with lopdf. Files are kept in the target folder, where people look at them.

use lopdf::{Document, Object};

pub struct Paper {
    document: Document,
    /// The text of each page, words separated by single spaces.
    pub pages: Vec<String>,
}

impl Paper {
    pub fn read(name: &str, bytes: &[u8]) -> Self {
        let path = format!("{}/{name}.pdf", env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(path, bytes).unwrap();
        let document = Document::load_mem(bytes).unwrap();
        let text = |page: &u32| {
            let text = document.extract_text(&[*page]).unwrap();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let pages = document.get_pages().keys().map(text).collect();
        Self { document, pages }
    }

    pub fn text(&self) -> String {
        self.pages.join("\n")
    }

    /// Whether a text stands in the document. White space does not count: the reader guesses it from distances.
    pub fn says(&self, text: &str) -> bool {
        self.pages.iter().any(|page| says(page, text))
    }

    /// The page, from 0, on which a text stands for the first time.
    pub fn page_of(&self, text: &str) -> usize {
        self.pages
            .iter()
            .position(|page| says(page, text))
            .unwrap_or_else(|| panic!("{text} in {:#?}", self.pages))
    }

    /// What the pages say where their glyphs do not: `ActualText` (ISO 32000-1, 14.9.4).
    pub fn actual_texts(&self) -> Vec<String> {
        let pages = self.document.get_pages();
        let operations =
            pages.values().flat_map(|page| self.document.get_and_decode_page_content(*page).unwrap().operations);
        let said = |operation: lopdf::content::Operation| {
            let properties = operation.operands.get(1)?.as_dict().ok()?;
            Some(lopdf::decode_text_string(properties.get(b"ActualText").ok()?).unwrap())
        };
        operations.filter(|operation| operation.operator == "BDC").filter_map(said).collect()
    }

    /// Whether an object of the document's root has a key.
    pub fn root_has(&self, key: &str) -> bool {
        self.document.catalog().unwrap().has(key.as_bytes())
    }

    pub fn xmp(&self) -> String {
        let catalog = self.document.catalog().unwrap();
        let Ok(Object::Stream(stream)) =
            catalog.get(b"Metadata").and_then(Object::as_reference).and_then(|id| self.document.get_object(id))
        else {
            panic!("no metadata")
        };
        String::from_utf8_lossy(&stream.decompressed_content().unwrap_or_else(|_| stream.content.clone())).into_owned()
    }
}

pub fn says(page: &str, text: &str) -> bool {
    let dense = |text: &str| text.split_whitespace().collect::<String>();
    dense(page).contains(&dense(text))
}
