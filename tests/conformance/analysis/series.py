"""Real series as DICOM files: voxels from Debian's packages, headers by pydicom."""

import gzip
import io
import os
import pathlib
import plistlib
import shutil
import subprocess
import tarfile

import nibabel
import numpy
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage, generate_uid


def package(name, folder):
    """The files of a Debian package."""
    there = pathlib.Path(folder) / name
    if not there.exists():
        there.mkdir(parents=True)
        subprocess.run(["apt-get", "download", name], cwd=there, check=True, capture_output=True)
        subprocess.run(["dpkg-deb", "-x", next(there.glob("*.deb")).name, "files"], cwd=there, check=True)
    return there / "files"


def volume(array, spacing, modality, origin, intercept):
    """One file a slice: `array` is slices, rows, columns, from feet to head, front to back and right to left."""
    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    across, down, along = spacing
    for number, plane in enumerate(array):
        image = Dataset()
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.SOPClassUID = CTImageStorage if modality == "CT" else MRImageStorage
        image.SOPInstanceUID = generate_uid()
        image.StudyInstanceUID, image.SeriesInstanceUID, image.FrameOfReferenceUID = study, series, frame
        image.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        image.Modality, image.BodyPartExamined = modality, "HEAD"
        image.PatientName, image.PatientID, image.PatientBirthDate, image.PatientSex = "Real^Head", "R1", "", "O"
        image.StudyDate, image.StudyTime, image.StudyID, image.AccessionNumber = "20260101", "120000", "1", ""
        image.ReferringPhysicianName, image.Manufacturer, image.PositionReferenceIndicator = "", "", ""
        image.SeriesNumber, image.InstanceNumber, image.SeriesDescription = 1, number + 1, f"Head {modality}"
        image.ImagePositionPatient = [origin[0], origin[1], round(origin[2] + number * along, 4)]
        image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        image.PixelSpacing, image.SliceThickness = [down, across], along
        image.Rows, image.Columns = plane.shape
        image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
        image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 16, 15, 1
        if modality == "CT":
            image.RescaleSlope, image.RescaleIntercept, image.RescaleType, image.KVP = 1, intercept, "HU", None
        else:
            image.ScanningSequence, image.SequenceVariant, image.ScanOptions, image.MRAcquisitionType = "GR", "NONE", "", "3D"
            image.EchoTime, image.RepetitionTime, image.EchoTrainLength = 4, 20, 1
        image.PixelData = plane.astype("<i2").tobytes()
        out = io.BytesIO()
        image.save_as(out, enforce_file_format=True)
        yield out.getvalue()


def ct_head(folder):
    archive = package("invesalius-examples", folder) / "usr/share/doc/invesalius-examples/examples/Cranium.inv3"
    with tarfile.open(archive) as project:
        members = {pathlib.PurePath(member.name).name: member for member in project.getmembers()}
        about = plistlib.load(project.extractfile(members["main.plist"]))["matrix"]
        array = numpy.frombuffer(project.extractfile(members["matrix.dat"]).read(), about["dtype"]).reshape(about["shape"])
        across, down, along = plistlib.load(project.extractfile(members["main.plist"]))["spacing"]
    # The project shows the feet on top and the back in front.
    return volume(array[:, ::-1], (across, down, along), "CT", (-122.0, -122.0, 0.0), 0)


def mr_head(folder):
    file = next((package("mricron-data", folder)).rglob("ch2.nii.gz"))
    image = nibabel.as_closest_canonical(nibabel.Nifti1Image.from_bytes(gzip.decompress(file.read_bytes())))
    # NIfTI's axes run to the right, front and head.
    array = numpy.asarray(image.dataobj).transpose(2, 1, 0)[:, ::-1, ::-1]
    return volume(array, [round(float(mm), 4) for mm in image.header.get_zooms()[:3]], "MR", (-90.0, -126.0, -72.0), 0)


def mr_slice():
    return [(pathlib.Path(os.environ.get("GANTRY_SOURCE", "../../..")) / "tests/data/dicom/MR_small.dcm").read_bytes()]


def all_series(folder):
    """Name and files of each; the second value says how many cannot be had here."""
    found, missing = [("mr-slice", mr_slice())], 0
    for name, make in [("ct-head", ct_head), ("mr-head", mr_head)]:
        if shutil.which("apt-get") and shutil.which("dpkg-deb"):
            found.append((name, list(make(folder))))
        else:
            print(f"without apt there is no {name}")
            missing += 1
    return found, missing
