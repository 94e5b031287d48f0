//! What a manifest may say: numbers that can be, and sizes that are bounded. Every complaint names its key.

use super::{Class, Engine, HeatMap, Input, LabelMap, Manifest, Normalisation, Output, Scores, Shape};

/// Labels from here on are those of heat maps.
pub const MAX_CLASSES: u8 = 199;
/// The engine of `imaging::analysis`, beside whose results those of models are kept.
const ENGINE: &str = "gantry";
const MAX_HEAT_MAPS: usize = 16;
const MAX_SCORES: usize = 1000;
/// Values of one tensor that goes into a network.
pub const MAX_TILE: usize = 32 << 20;
const MAX_CHANNELS: usize = 16;
const MAX_TEXT: usize = 500;
const MAX_WORDS: usize = 64;

type Checked = Result<(), String>;

pub fn check(manifest: &Manifest) -> Checked {
    folder_name("name", &manifest.name)?;
    require(manifest.name != ENGINE, || {
        format!("name must not be {ENGINE}: results of the engine that needs no model have that name")
    })?;
    folder_name("version", &manifest.version)?;
    text("licence", &manifest.licence)?;
    text("source", &manifest.source)?;
    engine(&manifest.engine)?;
    input(&manifest.input)?;
    output(&manifest.output, &manifest.input)
}

fn require(holds: bool, complaint: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(complaint()) }
}

fn folder_name(key: &str, value: &str) -> Checked {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c);
    let starts = value.starts_with(|c: char| c.is_ascii_alphanumeric());
    require(starts && value.len() <= MAX_WORDS && value.chars().all(good), || {
        format!(
            "{key} must be 1 to {MAX_WORDS} small letters, digits, '.', '_' and '-', and begin with a letter or digit"
        )
    })
}

fn text(key: &str, value: &str) -> Checked {
    let good = !value.trim().is_empty() && value.chars().count() <= MAX_TEXT && !value.chars().any(char::is_control);
    require(good, || format!("{key} must be one line of 1 to {MAX_TEXT} characters"))
}

fn engine(engine: &Engine) -> Checked {
    match engine {
        Engine::Onnx { file, sha256 } => {
            let plain = !file.is_empty() && !file.starts_with('.') && !file.contains(['/', '\\', '\0']);
            require(plain, || {
                "engine.file must be the name of a file beside model.toml".to_owned()
            })?;
            let hex = sha256.len() == 64 && sha256.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
            require(hex, || {
                "engine.sha256 must be 64 hexadecimal digits in small letters, as sha256sum prints them".to_owned()
            })
        }
        Engine::Kserve {
            url,
            model,
            version,
            timeout_seconds,
        } => {
            let parsed = reqwest::Url::parse(url).ok().filter(|url| url.has_host() && url.query().is_none());
            require(
                parsed.is_some_and(|url| ["http", "https"].contains(&url.scheme())),
                || "engine.url must be an http:// or https:// address without a query".to_owned(),
            )?;
            for (key, value) in [("engine.model", Some(model)), ("engine.version", version.as_ref())] {
                let good = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
                let plain = |v: &String| !v.is_empty() && v.len() <= 200 && !v.starts_with('.') && v.chars().all(good);
                require(value.is_none_or(plain), || {
                    format!("{key} must be letters, digits, '.', '_' and '-'")
                })?;
            }
            require((1..=3600).contains(timeout_seconds), || {
                "engine.timeout_seconds must be from 1 to 3600".to_owned()
            })
        }
    }
}

fn input(input: &Input) -> Checked {
    text("input.name", &input.name)?;
    let known = |modality: &String| ["CT", "MR", "CR", "DX", "RG"].contains(&modality.as_str());
    require(
        !input.modalities.is_empty() && input.modalities.iter().all(known),
        || "input.modalities must name some of CT, MR, CR, DX and RG".to_owned(),
    )?;
    let capitals = |part: &String| !part.is_empty() && part.len() <= 16 && *part == part.to_uppercase();
    require(
        input.body_parts.len() <= MAX_WORDS && input.body_parts.iter().all(capitals),
        || "input.body_parts must be in capitals, as Body Part Examined (0018,0015) is".to_owned(),
    )?;
    if let Some(spacing) = input.spacing {
        require(spacing.iter().all(|mm| (0.1..=50.0).contains(mm)), || {
            "input.spacing must be from 0.1 to 50 mm".to_owned()
        })?;
    }
    require((1..=MAX_CHANNELS).contains(&input.channels), || {
        format!("input.channels must be from 1 to {MAX_CHANNELS}")
    })?;
    require(input.channels == 1 || input.layout.has("C"), || {
        "input.layout must have a C for more than one of input.channels".to_owned()
    })?;
    shape(input)?;
    normalisation(&input.normalisation)?;
    require(input.padding.is_none_or(f32::is_finite), || {
        "input.padding must be a number".to_owned()
    })
}

fn shape(input: &Input) -> Checked {
    let (key, shape) = match input.shape {
        Shape::Fixed(shape) => ("input.shape.fixed", shape),
        Shape::MultipleOf(shape) => ("input.shape.multiple_of", shape),
    };
    let values = shape.iter().try_fold(input.channels, |product, length| product.checked_mul(*length));
    require(
        shape.iter().all(|length| *length > 0) && values.is_some_and(|values| values <= MAX_TILE),
        || format!("{key} must be columns, rows and slices of at least 1, and at most {MAX_TILE} values in all"),
    )?;
    require(shape[2] == 1 || input.layout.has("D"), || {
        format!("{key} must end with 1: input.layout has no D, so that the network sees one slice at a time")
    })?;
    let fixed = matches!(input.shape, Shape::Fixed(_));
    require(fixed || input.spacing.is_some(), || {
        "input.spacing is missing: only a series that is stretched to input.shape.fixed needs none".to_owned()
    })?;
    let Some(overlap) = input.overlap else {
        return Ok(());
    };
    require(fixed && (0..3).all(|axis| overlap[axis] < shape[axis]), || {
        "input.overlap must be less than input.shape.fixed".to_owned()
    })
}

fn normalisation(normalisation: &Normalisation) -> Checked {
    match normalisation {
        Normalisation::None | Normalisation::ZScore => Ok(()),
        Normalisation::Window { low, high, to } => {
            let finite = [low, high, &to[0], &to[1]].into_iter().all(|value| value.is_finite());
            require(finite && low < high, || {
                "input.normalisation.low must be less than input.normalisation.high".to_owned()
            })
        }
        Normalisation::Fixed { mean, std } => require(mean.is_finite() && std.is_finite() && *std > 0.0, || {
            "input.normalisation.std must be more than 0".to_owned()
        }),
    }
}

fn output(output: &Output, input: &Input) -> Checked {
    let nothing = output.labels.is_none() && output.heat_maps.is_empty() && output.scores.is_none();
    require(!nothing, || {
        "output must have at least one of labels, heat_maps and scores".to_owned()
    })?;
    require(output.heat_maps.len() <= MAX_HEAT_MAPS, || {
        format!("output.heat_maps has more than {MAX_HEAT_MAPS} entries")
    })?;
    if let Some(map) = &output.labels {
        labels(map, input)?;
    }
    output.heat_maps.iter().try_for_each(|map| heat_map(map, input))?;
    output.scores.as_ref().map_or(Ok(()), scores)
}

fn spatial(key: &str, layout: &super::Layout, input: &Input) -> Checked {
    require(layout.has("D") == input.layout.has("D"), || {
        format!("{key} must have a D where input.layout has one, and none otherwise")
    })
}

fn labels(map: &LabelMap, input: &Input) -> Checked {
    text("output.labels.name", &map.name)?;
    spatial("output.labels.layout", &map.layout, input)?;
    require(!map.classes.is_empty(), || "output.labels.classes is empty".to_owned())?;
    for (
        at,
        Class {
            value,
            name,
            code,
            meaning,
            colour: shown,
        },
    ) in map.classes.iter().enumerate()
    {
        let key = |what: &str| format!("output.labels.classes[{at}].{what}");
        require((1..=MAX_CLASSES).contains(value), || {
            format!("{} must be from 1 to {MAX_CLASSES}; 0 is the background", key("value"))
        })?;
        require(map.classes[..at].iter().all(|other| other.value != *value), || {
            format!("{} {value} is there twice", key("value"))
        })?;
        short(&key("name"), name)?;
        let digits = |code: &String| (6..=18).contains(&code.len()) && code.chars().all(|c| c.is_ascii_digit());
        require(code.as_ref().is_none_or(digits), || {
            format!("{} must be a SNOMED CT code of 6 to 18 digits", key("code"))
        })?;
        require(code.is_some() == meaning.is_some(), || {
            format!("{} and meaning belong together", key("code"))
        })?;
        meaning.as_ref().map_or(Ok(()), |meaning| short(&key("meaning"), meaning))?;
        colour(&key("colour"), shown.as_deref())?;
    }
    Ok(())
}

/// As long as DICOM lets code meanings and segment labels be (VR LO).
fn short(key: &str, value: &str) -> Checked {
    text(key, value)?;
    require(value.chars().count() <= MAX_WORDS && !value.contains('\\'), || {
        format!("{key} must be at most {MAX_WORDS} characters without a backslash")
    })
}

fn colour(key: &str, value: Option<&str>) -> Checked {
    require(
        value.is_none_or(|value| super::super::apply::colour(value).is_some()),
        || format!("{key} must be six hexadecimal digits such as #c86e5a"),
    )
}

fn heat_map(map: &HeatMap, input: &Input) -> Checked {
    text("output.heat_maps.name", &map.name)?;
    spatial("output.heat_maps.layout", &map.layout, input)?;
    short("output.heat_maps.finding", &map.finding)?;
    require((0.0..=1.0).contains(&map.threshold) && map.threshold > 0.0, || {
        "output.heat_maps.threshold must be more than 0 and at most 1".to_owned()
    })?;
    require(map.channel < 1000 && (map.channel == 0 || map.layout.has("C")), || {
        "output.heat_maps.channel needs a C in output.heat_maps.layout".to_owned()
    })?;
    require((0.0..=1000.0).contains(&map.smallest_mm), || {
        "output.heat_maps.smallest_mm must be from 0 to 1000".to_owned()
    })?;
    colour("output.heat_maps.colour", map.colour.as_deref())
}

fn scores(scores: &Scores) -> Checked {
    text("output.scores.name", &scores.name)?;
    require((1..=MAX_SCORES).contains(&scores.classes.len()), || {
        format!("output.scores.classes must have 1 to {MAX_SCORES} entries")
    })?;
    for (at, class) in scores.classes.iter().enumerate() {
        let key = |what: &str| format!("output.scores.classes[{at}].{what}");
        short(&key("name"), &class.name)?;
        require(class.threshold.is_none_or(|value| (0.0..=1.0).contains(&value)), || {
            format!("{} must be from 0 to 1", key("threshold"))
        })?;
        let Some(sentence) = &class.sentence else { continue };
        text(&key("sentence"), sentence)?;
        let filled = ["{name}", "{score}", "{threshold}"]
            .iter()
            .fold(sentence.clone(), |text, place| text.replace(place, ""));
        require(!filled.contains(['{', '}']), || {
            format!(
                "{} may hold {{name}}, {{score}} and {{threshold}}, no other braces",
                key("sentence")
            )
        })?;
    }
    Ok(())
}
