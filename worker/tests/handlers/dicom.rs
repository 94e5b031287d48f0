//! Small DICOM files, element by element.

pub const EXPLICIT: &str = "1.2.840.10008.1.2.1";
pub const JPEG_LOSSLESS: &str = "1.2.840.10008.1.2.4.70";

pub struct File {
    pub bytes: Vec<u8>,
    pub header_end: usize,
    pub frame: std::ops::Range<usize>,
}

fn element(out: &mut Vec<u8>, tag: (u16, u16), vr: &str, value: &[u8]) {
    let mut value = value.to_vec();
    if value.len() % 2 == 1 {
        value.push(if matches!(vr, "UI" | "OB" | "OW") { 0 } else { b' ' });
    }
    out.extend(tag.0.to_le_bytes());
    out.extend(tag.1.to_le_bytes());
    out.extend(vr.as_bytes());
    if matches!(vr, "OB" | "OW") {
        out.extend([0, 0]);
        out.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
    } else {
        out.extend(u16::try_from(value.len()).unwrap().to_le_bytes());
    }
    out.extend(value);
}

/// A CT slice of 600 x 300 pixels that grows brighter to the right.
pub fn slice(uid: &str, syntax: &str, number: u16) -> File {
    let (rows, columns) = (300u16, 600u16);
    let mut meta = Vec::new();
    element(&mut meta, (2, 2), "UI", b"1.2.840.10008.5.1.4.1.1.2");
    element(&mut meta, (2, 3), "UI", uid.as_bytes());
    element(&mut meta, (2, 0x10), "UI", syntax.as_bytes());
    let mut bytes = vec![0; 128];
    bytes.extend(b"DICM");
    element(
        &mut bytes,
        (2, 0),
        "UL",
        &u32::try_from(meta.len()).unwrap().to_le_bytes(),
    );
    bytes.extend(meta);
    element(&mut bytes, (8, 0x16), "UI", b"1.2.840.10008.5.1.4.1.1.2");
    element(&mut bytes, (8, 0x18), "UI", uid.as_bytes());
    element(&mut bytes, (0x20, 0x13), "IS", number.to_string().as_bytes());
    element(&mut bytes, (0x28, 2), "US", &1u16.to_le_bytes());
    element(&mut bytes, (0x28, 4), "CS", b"MONOCHROME2");
    element(&mut bytes, (0x28, 0x10), "US", &rows.to_le_bytes());
    element(&mut bytes, (0x28, 0x11), "US", &columns.to_le_bytes());
    element(&mut bytes, (0x28, 0x100), "US", &16u16.to_le_bytes());
    element(&mut bytes, (0x28, 0x101), "US", &12u16.to_le_bytes());
    element(&mut bytes, (0x28, 0x102), "US", &11u16.to_le_bytes());
    element(&mut bytes, (0x28, 0x103), "US", &0u16.to_le_bytes());
    let header_end = bytes.len();
    let pixels: Vec<u8> = (0..rows).flat_map(|_| (0..columns).flat_map(|x| (x * 6).to_le_bytes())).collect();
    let from = if syntax == EXPLICIT {
        element(&mut bytes, (0x7fe0, 0x10), "OW", &pixels);
        bytes.len() - pixels.len()
    } else {
        // Encapsulated, but the one fragment is no codestream.
        bytes.extend([0xe0, 0x7f, 0x10, 0, b'O', b'B', 0, 0, 0xff, 0xff, 0xff, 0xff]);
        bytes.extend([0xfe, 0xff, 0, 0xe0, 0, 0, 0, 0]);
        let from = bytes.len();
        bytes.extend([0xfe, 0xff, 0, 0xe0, 16, 0, 0, 0]);
        bytes.extend([7; 16]);
        bytes.extend([0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0]);
        from
    };
    let to = if syntax == EXPLICIT {
        bytes.len()
    } else {
        bytes.len() - 8
    };
    File {
        bytes,
        header_end,
        frame: from..to,
    }
}
