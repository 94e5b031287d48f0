//! Templates to begin with, for all: normal findings in the order in which they are usually read, to be edited by whoever reports.

struct Template {
    name: &'static str,
    modality: &'static str,
    body_part: &'static str,
    findings: &'static str,
    impression: &'static str,
}

const TEMPLATES: [Template; 5] = [
    Template {
        name: "CT chest, normal",
        modality: "ct",
        body_part: "CHEST",
        findings: "Technique: CT of the chest. Contrast: [none / intravenous].\nComparison: [none].\n\n\
            Lungs: No consolidation, ground-glass opacity or interstitial thickening. No suspicious nodule or mass.\n\
            Airways: Trachea and central bronchi are patent.\n\
            Pleura: No effusion, thickening or pneumothorax.\n\
            Mediastinum and hila: No enlarged lymph nodes.\n\
            Heart and great vessels: Normal heart size. No pericardial effusion. Thoracic aorta of normal calibre.\n\
            Chest wall and axillae: Unremarkable.\n\
            Upper abdomen, as far as imaged: Unremarkable.\n\
            Bones: No destructive lesion and no acute fracture.",
        impression: "No acute cardiopulmonary abnormality.",
    },
    Template {
        name: "CT head, without contrast, normal",
        modality: "ct",
        body_part: "HEAD",
        findings: "Technique: CT of the head without intravenous contrast.\nComparison: [none].\n\n\
            Haemorrhage: No intra-axial or extra-axial haemorrhage.\n\
            Parenchyma: Grey-white differentiation is preserved. No mass effect, midline shift or evidence of an acute territorial infarct.\n\
            Ventricles and extra-axial spaces: Normal in size and configuration for age. Basal cisterns are patent.\n\
            Vessels: No hyperdense vessel sign.\n\
            Posterior fossa: Unremarkable.\n\
            Orbits, paranasal sinuses and mastoid air cells: Unremarkable as far as imaged.\n\
            Bones: No fracture of the calvaria or skull base.",
        impression: "No acute intracranial abnormality.",
    },
    Template {
        name: "Chest radiograph, normal",
        modality: "xray",
        body_part: "CHEST",
        findings: "Views: [PA and lateral / AP].\nComparison: [none].\n\n\
            Lines and tubes: None.\n\
            Lungs and pleura: Lungs are clear. No pleural effusion or pneumothorax.\n\
            Heart and mediastinum: Cardiothoracic ratio within normal limits. Mediastinal and hilar contours are normal.\n\
            Diaphragm: Domes are smooth; no free subdiaphragmatic air.\n\
            Bones and soft tissues: No acute abnormality.",
        impression: "No acute cardiopulmonary abnormality.",
    },
    Template {
        name: "MR brain, normal",
        modality: "mri",
        body_part: "BRAIN",
        findings: "Technique: MR of the brain. Sequences: [T1, T2, FLAIR, DWI/ADC, SWI]. Contrast: [none / gadolinium-based].\nComparison: [none].\n\n\
            Diffusion: No restricted diffusion to suggest acute infarction.\n\
            Parenchyma: No mass, and no abnormal signal for age.\n\
            Haemorrhage: No acute haemorrhage; no abnormal susceptibility.\n\
            Ventricles and extra-axial spaces: Normal in size and configuration for age. No extra-axial collection.\n\
            Midline structures: Corpus callosum, sella and craniocervical junction are unremarkable.\n\
            Vessels: Major intracranial flow voids are present.\n\
            Orbits, paranasal sinuses and mastoids: Unremarkable.\n\
            Bone marrow: Normal signal.",
        impression: "No acute intracranial abnormality.",
    },
    Template {
        name: "Ultrasound abdomen, normal",
        modality: "ultrasound",
        body_part: "ABDOMEN",
        findings: "Technique: Transabdominal ultrasound. Limitations: [none / bowel gas].\nComparison: [none].\n\n\
            Liver: Normal size ([__] cm in the midclavicular line), contour and echogenicity. No focal lesion. Portal vein is patent with hepatopetal flow.\n\
            Gallbladder: No calculi, wall thickening or pericholecystic fluid. Sonographic Murphy sign is negative.\n\
            Bile ducts: Not dilated; common duct [__] mm.\n\
            Pancreas: Unremarkable as far as seen.\n\
            Spleen: Normal size ([__] cm) and echotexture.\n\
            Kidneys: Right [__] cm, left [__] cm. Normal cortical echogenicity. No hydronephrosis, calculus or mass.\n\
            Aorta: Normal calibre as far as seen.\n\
            Free fluid: None.",
        impression: "Normal ultrasound of the abdomen.",
    },
];

/// One statement for all of them, the same on both databases.
pub(super) fn insert() -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let row = |template: &Template| {
        let texts = [
            template.name,
            template.modality,
            template.body_part,
            template.findings,
            template.impression,
        ];
        let texts: Vec<String> = texts.into_iter().map(quoted).collect();
        let time = "'2026-01-01T00:00:00+00:00'";
        format!("({}, true, {time}, {time})", texts.join(", "))
    };
    let rows: Vec<String> = TEMPLATES.iter().map(row).collect();
    format!(
        "INSERT INTO report_template (name, modality, body_part, findings, impression, is_active, created_at, updated_at) VALUES {};",
        rows.join(", ")
    )
}
