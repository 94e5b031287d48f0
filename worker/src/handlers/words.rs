//! Words of the database as people read them on paper.

/// As clinicians abbreviate it.
pub fn modality(word: &str) -> &str {
    match word {
        "ct" => "CT",
        "xray" => "X-ray",
        "mri" => "MRI",
        "ultrasound" => "Ultrasound",
        "pet" => "PET",
        "mammography" => "Mammography",
        "other" => "Other",
        word => word,
    }
}
