//! Which family of codec a transfer syntax belongs to, and its name for error messages and reports (PS3.5 section 10, PS3.6 annex A).

/// The shape of the pixel data of a transfer syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Samples lie in the data set as they are.
    Native { big_endian: bool },
    /// PS3.5 annex G.
    Rle,
    /// ISO 10918-1, every process: baseline, extended, lossless.
    Jpeg,
    /// ISO 14495-1.
    JpegLs,
    /// ISO 15444-1 and, with high throughput block coding, ISO 15444-15.
    Jpeg2000,
    /// ISO/IEC 18181.
    JpegXl,
    /// PS3.5 A.4.15: each frame a raw deflate stream.
    DeflatedFrame,
    /// Known to the standard, not decoded here: video, JPIP and others.
    Unsupported,
}

/// A transfer syntax that this crate knows by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Syntax {
    pub uid: &'static str,
    pub name: &'static str,
    pub family: Family,
}

pub const IMPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2";
pub const EXPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";
pub const DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1.99";
pub const EXPLICIT_VR_BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
pub const JPEG_BASELINE: &str = "1.2.840.10008.1.2.4.50";
pub const JPEG_LOSSLESS_SV1: &str = "1.2.840.10008.1.2.4.70";
pub const JPEG_LS_LOSSLESS: &str = "1.2.840.10008.1.2.4.80";
pub const JPEG_2000_LOSSLESS: &str = "1.2.840.10008.1.2.4.90";
pub const HTJ2K_LOSSLESS: &str = "1.2.840.10008.1.2.4.201";
pub const RLE_LOSSLESS: &str = "1.2.840.10008.1.2.5";

const LITTLE: Family = Family::Native { big_endian: false };

const SYNTAXES: &[Syntax] = &[
    syntax(IMPLICIT_VR_LITTLE_ENDIAN, "Implicit VR Little Endian", LITTLE),
    syntax(EXPLICIT_VR_LITTLE_ENDIAN, "Explicit VR Little Endian", LITTLE),
    syntax(
        "1.2.840.10008.1.2.1.98",
        "Encapsulated Uncompressed Explicit VR Little Endian",
        LITTLE,
    ),
    syntax(
        DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
        "Deflated Explicit VR Little Endian",
        LITTLE,
    ),
    syntax(
        EXPLICIT_VR_BIG_ENDIAN,
        "Explicit VR Big Endian",
        Family::Native { big_endian: true },
    ),
    syntax(
        "1.2.840.10008.1.2.8.1",
        "Deflated Image Frame Compression",
        Family::DeflatedFrame,
    ),
    syntax(JPEG_BASELINE, "JPEG Baseline (Process 1)", Family::Jpeg),
    syntax(
        "1.2.840.10008.1.2.4.51",
        "JPEG Extended (Process 2 and 4)",
        Family::Jpeg,
    ),
    syntax(
        "1.2.840.10008.1.2.4.53",
        "JPEG Spectral Selection, Non-Hierarchical (Process 6 and 8)",
        Family::Jpeg,
    ),
    syntax(
        "1.2.840.10008.1.2.4.55",
        "JPEG Full Progression, Non-Hierarchical (Process 10 and 12)",
        Family::Jpeg,
    ),
    syntax(
        "1.2.840.10008.1.2.4.57",
        "JPEG Lossless, Non-Hierarchical (Process 14)",
        Family::Jpeg,
    ),
    syntax(
        JPEG_LOSSLESS_SV1,
        "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])",
        Family::Jpeg,
    ),
    syntax(JPEG_LS_LOSSLESS, "JPEG-LS Lossless Image Compression", Family::JpegLs),
    syntax(
        "1.2.840.10008.1.2.4.81",
        "JPEG-LS Lossy (Near-Lossless) Image Compression",
        Family::JpegLs,
    ),
    syntax(
        JPEG_2000_LOSSLESS,
        "JPEG 2000 Image Compression (Lossless Only)",
        Family::Jpeg2000,
    ),
    syntax(
        "1.2.840.10008.1.2.4.91",
        "JPEG 2000 Image Compression",
        Family::Jpeg2000,
    ),
    syntax(
        "1.2.840.10008.1.2.4.92",
        "JPEG 2000 Part 2 Multi-component Image Compression (Lossless Only)",
        Family::Unsupported,
    ),
    syntax(
        "1.2.840.10008.1.2.4.93",
        "JPEG 2000 Part 2 Multi-component Image Compression",
        Family::Unsupported,
    ),
    syntax("1.2.840.10008.1.2.4.94", "JPIP Referenced", Family::Unsupported),
    syntax("1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate", Family::Unsupported),
    syntax(
        "1.2.840.10008.1.2.4.100",
        "MPEG2 Main Profile / Main Level",
        Family::Unsupported,
    ),
    syntax(
        "1.2.840.10008.1.2.4.100.1",
        "Fragmentable MPEG2 Main Profile / Main Level",
        Family::Unsupported,
    ),
    syntax(
        "1.2.840.10008.1.2.4.101",
        "MPEG2 Main Profile / High Level",
        Family::Unsupported,
    ),
    syntax(
        "1.2.840.10008.1.2.4.101.1",
        "Fragmentable MPEG2 Main Profile / High Level",
        Family::Unsupported,
    ),
    syntax(
        "1.2.840.10008.1.2.4.102",
        "MPEG-4 AVC/H.264 High Profile / Level 4.1",
        Family::Unsupported,
    ),
    syntax(
        "1.2.840.10008.1.2.4.102.1",
        "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1",
        Family::Unsupported,
    ),
    syntax(
        "1.2.840.10008.1.2.4.103",
        "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1",
        Family::Unsupported,
    ),
    syntax(
        "1.2.840.10008.1.2.4.104",
        "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video",
        Family::Unsupported,
    ),
    syntax(
        "1.2.840.10008.1.2.4.105",
        "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video",
        Family::Unsupported,
    ),
    syntax(
        "1.2.840.10008.1.2.4.106",
        "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2",
        Family::Unsupported,
    ),
    syntax(
        "1.2.840.10008.1.2.4.107",
        "HEVC/H.265 Main Profile / Level 5.1",
        Family::Unsupported,
    ),
    syntax(
        "1.2.840.10008.1.2.4.108",
        "HEVC/H.265 Main 10 Profile / Level 5.1",
        Family::Unsupported,
    ),
    syntax("1.2.840.10008.1.2.4.110", "JPEG XL Lossless", Family::JpegXl),
    syntax("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", Family::JpegXl),
    syntax("1.2.840.10008.1.2.4.112", "JPEG XL", Family::JpegXl),
    syntax(
        HTJ2K_LOSSLESS,
        "High-Throughput JPEG 2000 Image Compression (Lossless Only)",
        Family::Jpeg2000,
    ),
    syntax(
        "1.2.840.10008.1.2.4.202",
        "High-Throughput JPEG 2000 with RPCL Options Image Compression (Lossless Only)",
        Family::Jpeg2000,
    ),
    syntax(
        "1.2.840.10008.1.2.4.203",
        "High-Throughput JPEG 2000 Image Compression",
        Family::Jpeg2000,
    ),
    syntax("1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced", Family::Unsupported),
    syntax(
        "1.2.840.10008.1.2.4.205",
        "JPIP HTJ2K Referenced Deflate",
        Family::Unsupported,
    ),
    syntax(RLE_LOSSLESS, "RLE Lossless", Family::Rle),
];

const fn syntax(uid: &'static str, name: &'static str, family: Family) -> Syntax {
    Syntax { uid, name, family }
}

/// The entry of `uid`, or `None` for a private or unknown transfer syntax.
pub fn find(uid: &str) -> Option<&'static Syntax> {
    SYNTAXES.iter().find(|syntax| syntax.uid == uid)
}

/// The family of `uid`; unknown transfer syntaxes are `Unsupported`.
pub fn family(uid: &str) -> Family {
    find(uid).map_or(Family::Unsupported, |syntax| syntax.family)
}

/// The name of `uid`, for messages.
pub fn name(uid: &str) -> &'static str {
    find(uid).map_or("unknown transfer syntax", |syntax| syntax.name)
}
