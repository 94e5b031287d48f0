//! Who papers come from and go to.

use documents::{Letterhead, Party};

/// Of the lines that the setting `invoice_issuer` had when the invoice was issued: the name, then the address.
pub fn issuer(text: &str) -> Letterhead {
    let mut lines = text.split('|').map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
    Letterhead {
        name: lines.next().unwrap_or_default(),
        address: lines.collect(),
        ..Default::default()
    }
}

/// Whoever is billed.
pub fn party(name: &str, details: [Option<&str>; 3]) -> Party {
    let lines = details.into_iter().flatten().filter(|line| !line.is_empty());
    Party {
        name: name.to_owned(),
        address: lines.map(str::to_owned).collect(),
    }
}
