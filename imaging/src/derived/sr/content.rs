//! Content items of a structured report (PS3.3 C.17.3): a value, its concept, how it belongs to the item above.

use dicom_dictionary_std::{tags, uids};

use crate::dataset::VR;
use crate::derived::attributes::{Attributes, decimal};
use crate::derived::{Code, Reference};

/// How an item belongs to the one above (PS3.3 C.17.3.2.4).
#[derive(Debug, Clone, Copy)]
pub enum Relation {
    Contains,
    HasObsContext,
    HasAcqContext,
    HasConceptMod,
}

impl Relation {
    fn word(self) -> &'static str {
        match self {
            Self::Contains => "CONTAINS",
            Self::HasObsContext => "HAS OBS CONTEXT",
            Self::HasAcqContext => "HAS ACQ CONTEXT",
            Self::HasConceptMod => "HAS CONCEPT MOD",
        }
    }
}

/// One item with those below it.
pub struct Item {
    attributes: Attributes,
    children: Vec<Attributes>,
}

impl Item {
    fn of(kind: &str, concept: Option<&Code>) -> Self {
        let attributes = Attributes::default().text(tags::VALUE_TYPE, VR::CS, kind);
        let attributes = match concept {
            Some(concept) => attributes.item(tags::CONCEPT_NAME_CODE_SEQUENCE, concept.item()),
            None => attributes,
        };
        Self {
            attributes,
            children: Vec::new(),
        }
    }

    fn with(mut self, set: impl FnOnce(Attributes) -> Attributes) -> Self {
        self.attributes = set(self.attributes);
        self
    }

    pub fn container(concept: &Code) -> Self {
        Self::of("CONTAINER", Some(concept)).with(|item| item.text(tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE"))
    }

    pub fn code(concept: &Code, value: &Code) -> Self {
        Self::of("CODE", Some(concept)).with(|item| item.item(tags::CONCEPT_CODE_SEQUENCE, value.item()))
    }

    pub fn text(concept: &Code, text: &str) -> Self {
        Self::of("TEXT", Some(concept)).with(|item| item.text(tags::TEXT_VALUE, VR::UT, text))
    }

    pub fn uid(concept: &Code, uid: &str) -> Self {
        Self::of("UIDREF", Some(concept)).with(|item| item.uid(tags::UID, uid))
    }

    pub fn number(concept: &Code, value: f64, unit: &Code) -> Self {
        let measured = Attributes::default()
            .text(tags::NUMERIC_VALUE, VR::DS, &decimal(value))
            .item(tags::MEASUREMENT_UNITS_CODE_SEQUENCE, unit.item());
        Self::of("NUM", Some(concept)).with(|item| item.item(tags::MEASURED_VALUE_SEQUENCE, measured))
    }

    pub fn image(reference: &Reference) -> Self {
        Self::of("IMAGE", None).with(|item| item.item(tags::REFERENCED_SOP_SEQUENCE, reference.item()))
    }

    /// A segment of a segmentation object.
    pub fn segment(concept: &Code, sop_instance_uid: &str, number: u16) -> Self {
        let reference = Reference {
            sop_class_uid: uids::SEGMENTATION_STORAGE.to_owned(),
            sop_instance_uid: sop_instance_uid.to_owned(),
        };
        let reference = reference.item().shorts(tags::REFERENCED_SEGMENT_NUMBER, &[number]);
        Self::of("IMAGE", Some(concept)).with(|item| item.item(tags::REFERENCED_SOP_SEQUENCE, reference))
    }

    /// Says by which template of DCMR a container is built.
    pub fn template(self, number: &str) -> Self {
        let template = Attributes::default().text(tags::MAPPING_RESOURCE, VR::CS, "DCMR").text(
            tags::TEMPLATE_IDENTIFIER,
            VR::CS,
            number,
        );
        self.with(|item| item.item(tags::CONTENT_TEMPLATE_SEQUENCE, template))
    }

    pub fn holding(mut self, relation: Relation, child: Item) -> Self {
        let child = child.finished().text(tags::RELATIONSHIP_TYPE, VR::CS, relation.word());
        self.children.push(child);
        self
    }

    pub fn holding_all(self, relation: Relation, children: impl IntoIterator<Item = Item>) -> Self {
        children.into_iter().fold(self, |item, child| item.holding(relation, child))
    }

    fn finished(self) -> Attributes {
        match self.children.is_empty() {
            true => self.attributes,
            false => self.attributes.items(tags::CONTENT_SEQUENCE, self.children),
        }
    }

    /// This item as the root of a document.
    pub fn root(self, document: Attributes) -> Attributes {
        document.joined(self.finished())
    }
}
