//! What somebody else says of a series that was analysed here, a trained model, in the shape of this crate's own results.

use super::grid::Volume;
use super::labels::{LabelClass, Labels};
use super::results::{Finding, Measurement, Method, ModelName, Results, Search};
use super::{Analysis, summary};

/// What a model says.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    pub model: ModelName,
    /// On the grid of the analysis that it is said of.
    pub labels: Volume<u8>,
    pub structures: Vec<LabelClass>,
    /// What findings are labelled with.
    pub marks: Vec<LabelClass>,
    pub findings: Vec<Finding>,
    pub measurements: Vec<Measurement>,
    pub searches: Vec<Search>,
    /// Added to those of the series.
    pub warnings: Vec<String>,
}

impl Said {
    /// By what every number was found.
    pub fn method(model: &ModelName) -> Method {
        Method::new(&format!("{} {}", model.name, model.version), &model.source)
    }
}

impl Analysis {
    /// The same series, volume and statistics with what `said` says; nothing of this crate's own methods is left but what it says of the
    /// images themselves. Labels that are on another grid are left out.
    pub fn with(&self, said: Said) -> Analysis {
        let volume = if said.labels.shape == self.volume.shape {
            said.labels
        } else {
            Volume::filled(self.volume.shape, 0)
        };
        let method = Said::method(&said.model);
        let structures: Vec<_> = said.structures.iter().map(|class| (class.clone(), method.clone())).collect();
        let mine = &self.results;
        let results = Results {
            structures: summary::structures(&self.labels.grid, &self.volume, &volume, &structures, mine.kind),
            summary: summary::middle_slice(&self.volume, &volume),
            model: Some(said.model),
            findings: said.findings,
            measurements: said.measurements,
            searches: said.searches,
            warnings: [self.of_images.clone(), said.warnings].concat(),
            ..mine.clone()
        };
        let mut classes = [said.structures, said.marks].concat();
        classes.sort_by_key(|class| class.label);
        Analysis {
            results,
            labels: Labels {
                classes,
                volume,
                ..self.labels.clone()
            },
            volume: self.volume.clone(),
            window: self.window,
            of_images: self.of_images.clone(),
        }
    }
}
