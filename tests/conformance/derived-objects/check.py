"""Reads the derived objects of a folder with highdicom and dciodvfy; prints `N passed, N failed, N skipped`."""

import pathlib
import shutil
import subprocess
import sys
import traceback

import highdicom
import numpy
import pydicom

FOLDER = pathlib.Path(sys.argv[1])
IMAGES = [pydicom.dcmread(path) for path in sorted(FOLDER.glob("image*.dcm"))]
ROWS, COLUMNS = IMAGES[0].Rows, IMAGES[0].Columns
LABELS = numpy.frombuffer((FOLDER / "labels.raw").read_bytes(), "u1").reshape(len(IMAGES), ROWS, COLUMNS)
SEGMENTATION = highdicom.seg.segread(FOLDER / "segmentation.dcm")
REPORT = highdicom.sr.srread(FOLDER / "report.dcm")


def voxels_are_those_of_the_labels():
    """The pixels of each source image, segment by segment."""
    uids = [image.SOPInstanceUID for image in IMAGES]
    found = SEGMENTATION.get_pixels_by_source_instance(uids, segment_numbers=[1, 2], ignore_spatial_locations=True)
    expected = numpy.stack([LABELS == 1, LABELS == 2], axis=-1)
    assert numpy.array_equal(found.astype(bool), expected)


def the_volume_lies_where_the_images_lie():
    """The same voxels as a volume in the frame of reference, beside the volume of the images."""
    found = SEGMENTATION.get_volume(combine_segments=True)
    series = highdicom.get_volume_from_series(IMAGES)
    assert found.frame_of_reference_uid == series.frame_of_reference_uid
    numpy.testing.assert_allclose(found.spacing, series.spacing, rtol=1e-6)
    matched = found.match_geometry(series)
    height = lambda image: image.ImagePositionPatient[2]
    order = sorted(range(len(IMAGES)), key=lambda place: height(IMAGES[place]))
    planes = matched.array if series.get_plane_position(0)[0].ImagePositionPatient[2] == height(IMAGES[order[0]]) else matched.array[::-1]
    expected = numpy.where(LABELS == 7, 0, LABELS)[order]
    assert numpy.array_equal(planes, expected)


def segments_are_described():
    first = SEGMENTATION.get_segment_description(1)
    assert first.segment_label == "Lungs"
    assert first.segmented_property_type == highdicom.sr.CodedConcept("39607008", "SCT", "Lung")
    assert first.algorithm_type == highdicom.seg.SegmentAlgorithmTypeValues.AUTOMATIC
    assert SEGMENTATION.segmentation_type == highdicom.seg.SegmentationTypeValues.BINARY
    assert SEGMENTATION.number_of_segments == 2


def measurements_are_found_by_template():
    """TID 1500 by highdicom's own search."""
    groups = REPORT.content.get_volumetric_roi_measurement_groups()
    assert len(groups) == 2, groups
    uids = SEGMENTATION.get_tracking_ids()
    assert {(group.tracking_identifier, group.tracking_uid) for group in groups} == set(uids), uids
    volume = groups[0].get_measurements(name=highdicom.sr.CodedConcept("118565006", "SCT", "Volume"))
    assert [(found.value, found.unit.value) for found in volume] == [(1250.5, "ml")]
    assert groups[0].finding_type == highdicom.sr.CodedConcept("39607008", "SCT", "Lung")
    segment = groups[0].referenced_segment
    assert segment.referenced_sop_instance_uid == SEGMENTATION.SOPInstanceUID
    assert segment.referenced_segment_numbers == [1]


def evidence_is_complete():
    """Every instance that the report refers to is listed, the segmentation among them."""
    evidence = {found[2] for found in REPORT.get_evidence()}
    assert evidence == {image.SOPInstanceUID for image in IMAGES} | {SEGMENTATION.SOPInstanceUID}


def checked(name):
    """dciodvfy, whose warnings are printed and whose errors are failures."""

    def check():
        run = subprocess.run(["dciodvfy", FOLDER / name], capture_output=True, text=True, check=False)
        told = [line for line in run.stderr.splitlines() if line.startswith(("Error", "Warning"))]
        print("\n".join(told))
        assert not [line for line in told if line.startswith("Error")], told

    check.__name__ = f"dciodvfy_{name}"
    return check


CHECKS = [
    voxels_are_those_of_the_labels,
    the_volume_lies_where_the_images_lie,
    segments_are_described,
    measurements_are_found_by_template,
    evidence_is_complete,
]
SKIPPED = 0
if shutil.which("dciodvfy"):
    CHECKS += [checked("segmentation.dcm"), checked("report.dcm")]
else:
    print("dciodvfy is not installed: its two checks are skipped")
    SKIPPED = 2

FAILED = 0
for check in CHECKS:
    try:
        check()
        print(f"ok {check.__name__}")
    except Exception:  # whatever a reader raises is a failure
        traceback.print_exc()
        print(f"FAILED {check.__name__}")
        FAILED += 1
print(f"{len(CHECKS) - FAILED} passed, {FAILED} failed, {SKIPPED} skipped")
sys.exit(FAILED > 0)
