"""The images of bench/speed.py, the same each time, and what is in each of them.

A few real encodings of each set, then the same pixels under the EXIF of another camera, place and time for each image: whoever reads
metadata does not look at pixels, and who decodes them has four different images to decode.
"""
import datetime
import hashlib
import io
import json
import random
from dataclasses import asdict, dataclass

import piexif
from PIL import Image, ImageCms
from piexif import ExifIFD, GPSIFD, ImageIFD

# Set: images, bytes of one, pixels, and the share of images with a position.
SETS = {"web": (4000, 86_000, (1200, 800), 0.5), "photo": (800, 1_060_000, (4000, 3000), 1.0)}
QUICK = {"web": 200, "photo": 40}
# From one row of a list to the next, so that neighbours are different images.
STRIDE = 7919


@dataclass(frozen=True)
class Camera:
    make: str
    model: str
    lens: str | None
    software: str
    # How the maker's note begins, and its length.
    note: bytes
    note_bytes: int
    # What OffsetTimeOriginal holds, where the camera writes it.
    offset: str | None


CAMERAS = [
    Camera("NIKON CORPORATION", "NIKON D5000", None, "Ver.1.01", b"Nikon\0\x02\x10\0\0MM\0*\0\0\0\x08", 9_000, None),
    Camera("Canon", "Canon EOS 80D", "EF-S18-135mm f/3.5-5.6 IS USM", "Firmware Version 1.0.2", b"", 7_000, "+00:00"),
    Camera("Apple", "iPhone 12", "iPhone 12 back dual wide camera 4.2mm f/1.6", "14.4", b"Apple iOS\0\0\x01MM", 1_500, "+02:00"),
    Camera("SONY", "ILCE-7M3", "FE 24-105mm F4 G OSS", "ILCE-7M3 v3.10", b"SONY DSC \0\0\0", 12_000, None),
    Camera("FUJIFILM", "X-T30", "XF35mmF2 R WR", "Digital Camera X-T30 Ver1.10", b"FUJIFILM\x0c\0\0\0", 3_000, None),
    Camera("samsung", "SM-G991B", None, "G991BXXU3AUF7", b"", 100, "-03:30"),
]


@dataclass(frozen=True)
class Truth:
    """What is in an image."""
    Format: str
    Mode: str
    Width: int
    Height: int
    Make: str
    Model: str
    Latitude: float | None
    Longitude: float | None
    TakenAt: str
    Profile: str | None
    Bytes: int
    Sha256: str


def noise(rng, size, scale):
    """Noise that is as coarse as `scale` is small."""
    small = tuple(max(8, int(side * scale)) for side in size)
    return Image.frombytes("RGB", small, rng.randbytes(3 * small[0] * small[1])).resize(size)


def encoded(seed, size, target, **options):
    """A JPEG of about `target` bytes: noise at the scale that gives them, found by halving."""
    low, high = 0.0, 1.0
    for _ in range(12):
        scale, out = (low + high) / 2, io.BytesIO()
        noise(random.Random(seed), size, scale).save(out, "JPEG", quality=75, **options)
        if abs(len(out.getvalue()) / target - 1) < 0.02:
            break
        low, high = (low, scale) if len(out.getvalue()) > target else (scale, high)
    return out.getvalue()


def profile():
    """The sRGB profile of lcms, without the time at which it was made."""
    made = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    made[24:36] = bytes(12)
    return bytes(made)


def bases(name):
    """The encodings of a set: landscape and portrait, with and without a profile, on the web also progressive."""
    _, target, size, _ = SETS[name]
    icc = profile()
    kinds = [(size, {}), (size, {"icc_profile": icc}), (size[::-1], {"subsampling": 0}), (size, {"icc_profile": icc, "progressive": name == "web"})]
    # A photo's EXIF is some 15 KB, with its thumbnail; on the web there is the maker's note alone.
    target -= 14_000 if name == "photo" else 6_000
    return [(encoded(seed, pixels, target, **options), pixels, "icc_profile" in options) for seed, (pixels, options) in enumerate(kinds)]


def rational(value, unit):
    return round(value * unit), unit


def degrees(value):
    """Degrees, minutes and seconds, to a ten-thousandth of a second."""
    units = round(abs(value) * 36_000_000)
    return (units // 36_000_000, 1), (units // 600_000 % 60, 1), (units % 600_000, 10_000)


def position(place, taken):
    latitude, longitude = place
    return {
        GPSIFD.GPSVersionID: (2, 3, 0, 0),
        GPSIFD.GPSLatitudeRef: "N" if latitude >= 0 else "S", GPSIFD.GPSLatitude: degrees(latitude),
        GPSIFD.GPSLongitudeRef: "E" if longitude >= 0 else "W", GPSIFD.GPSLongitude: degrees(longitude),
        GPSIFD.GPSAltitudeRef: 0, GPSIFD.GPSAltitude: (3541, 100),
        GPSIFD.GPSDateStamp: taken.strftime("%Y:%m:%d"), GPSIFD.GPSTimeStamp: ((taken.hour, 1), (taken.minute, 1), (taken.second, 1)),
    }


def exif(rng, camera, pixels, place, taken, thumbnail):
    at = taken.strftime("%Y:%m:%d %H:%M:%S")
    first = {ImageIFD.Make: camera.make, ImageIFD.Model: camera.model, ImageIFD.Orientation: rng.choice([1, 1, 1, 3, 6, 8]),
             ImageIFD.XResolution: (72, 1), ImageIFD.YResolution: (72, 1), ImageIFD.ResolutionUnit: 2, ImageIFD.Software: camera.software,
             ImageIFD.DateTime: at, ImageIFD.YCbCrPositioning: 1}
    settings = {
        ExifIFD.ExposureTime: (1, rng.choice([60, 125, 250, 500, 1000])), ExifIFD.FNumber: rational(rng.choice([1.6, 2.8, 4, 5.6, 8]), 10),
        ExifIFD.ExposureProgram: 2, ExifIFD.ISOSpeedRatings: rng.choice([64, 100, 200, 400, 1600]), ExifIFD.ExifVersion: b"0231",
        ExifIFD.DateTimeOriginal: at, ExifIFD.DateTimeDigitized: at, ExifIFD.ComponentsConfiguration: b"\1\2\3\0",
        ExifIFD.ExposureBiasValue: (rng.randint(-6, 6), 3), ExifIFD.MeteringMode: 5, ExifIFD.Flash: 16,
        ExifIFD.FocalLength: rational(rng.uniform(4, 135), 10), ExifIFD.FocalLengthIn35mmFilm: rng.randint(24, 200),
        ExifIFD.MakerNote: camera.note + rng.randbytes(camera.note_bytes), ExifIFD.SubSecTimeOriginal: f"{taken.microsecond // 10_000:02}",
        ExifIFD.FlashpixVersion: b"0100", ExifIFD.ColorSpace: 1, ExifIFD.PixelXDimension: pixels[0], ExifIFD.PixelYDimension: pixels[1],
        ExifIFD.SceneType: b"\1", ExifIFD.WhiteBalance: 0, ExifIFD.SceneCaptureType: 0}
    if camera.offset:
        settings |= {ExifIFD.OffsetTime: camera.offset, ExifIFD.OffsetTimeOriginal: camera.offset}
    if camera.lens:
        settings |= {ExifIFD.LensMake: camera.make, ExifIFD.LensModel: camera.lens}
    known = {"0th": first, "Exif": settings, "GPS": position(place, taken) if place else {}, "Interop": {1: "R98"}}
    if thumbnail:
        known |= {"1st": {ImageIFD.Compression: 6, ImageIFD.XResolution: (72, 1), ImageIFD.YResolution: (72, 1)}, "thumbnail": thumbnail}
    return piexif.dump(known)


def image(name, number, encodings, thumbnails):
    """One image of a set, and what is in it."""
    rng = random.Random(f"{name} {number}")
    camera, (base, pixels, with_profile) = rng.choice(CAMERAS), encodings[number % len(encodings)]
    place = (rng.uniform(-80, 80), rng.uniform(-180, 180)) if rng.random() < SETS[name][3] else None
    taken = datetime.datetime(2010, 1, 1) + datetime.timedelta(seconds=rng.randrange(15 * 365 * 86_400), milliseconds=10 * rng.randint(10, 99))
    thumbnail = rng.choice(thumbnails) if name == "photo" else None
    out = io.BytesIO()
    piexif.insert(exif(rng, camera, pixels, place, taken, thumbnail), base, out)
    body = out.getvalue()
    at = taken.strftime("%Y-%m-%dT%H:%M:%S.") + f"{taken.microsecond // 10_000:02}" + (camera.offset or "")
    latitude, longitude = place or (None, None)
    return body, Truth("JPEG", "RGB", *pixels, camera.make, camera.model, latitude, longitude, at,
                       "sRGB built-in" if with_profile else None, len(body), hashlib.sha256(body).hexdigest())


def make(folder, name, count):
    """Writes a set, with a manifest beside it, and tells what is in each image of it."""
    (folder / name).mkdir(parents=True)
    encodings, truths = bases(name), []
    thumbnails = [encoded(seed, (160, 120), 5_500 + 1_200 * seed) for seed in range(4)]
    for number in range(count):
        body, truth = image(name, number, encodings, thumbnails)
        (folder / name / f"{number}.jpg").write_bytes(body)
        truths.append(truth)
    (folder / f"{name}.json").write_text(json.dumps([asdict(truth) for truth in truths]))
    return truths


def digest(truths):
    """One number for all images of a set: it says whether two machines had the same."""
    return hashlib.sha256("".join(truth.Sha256 for truth in truths).encode()).hexdigest()[:16]
