"""Cuts the fonts of the unpacked npm packages below a folder down to what documents need: `subset.py FOLDER` (fonttools 4)."""

import pathlib
import subprocess
import sys

from fontTools.ttLib import TTFont

HERE = pathlib.Path(__file__).parent
HIGH = range(0xA1, 0xFF)


def encoded(encoding, rows):
    """The characters of some rows of a double-byte character set."""
    found = set()
    for row in rows:
        for column in HIGH:
            try:
                found.update(bytes([row, column]).decode(encoding))
            except UnicodeDecodeError:
                pass
    return found


def between(*ranges):
    return {chr(code) for first, end in ranges for code in range(first, end)}


def cut(source, target, characters, *options):
    unicodes = ",".join(f"U+{ord(character):04X}" for character in sorted(characters))
    listed = HERE / "unicodes.txt"
    listed.write_text(unicodes)
    keep = ["--no-hinting", "--name-IDs=0,1,2,3,4,5,6,13,14"]
    subprocess.check_call(["pyftsubset", source, f"--unicodes-file={listed}", f"--output-file={HERE / target}", *keep, *options])
    listed.unlink()


def main(folder):
    def source(family, style):
        return str(next(pathlib.Path(folder).glob(f"**/{style}/NotoSans{family}_{style}.ttf")))

    def covered(path):
        return {chr(code) for code in TTFont(path).getBestCmap()}

    for script in ["", "Hebrew", "Bengali", "Tamil", "Thai"]:
        path = source(script, "400Regular")
        cut(path, f"NotoSans{script}-Regular.ttf", covered(path))
    european = between(
        (0x20, 0x250), (0x300, 0x530), (0x1E00, 0x2070), (0x20A0, 0x20D0), (0x2100, 0x2300)
    )
    bold = source("", "700Bold")
    cut(bold, "NotoSans-Bold.ttf", covered(bold) & european)
    han = encoded("gb2312", range(0xB0, 0xD8)) | encoded("euc_jp", range(0xB0, 0xD0))
    kana = between((0x3000, 0x3100), (0x31F0, 0x3200), (0xFF00, 0xFFF0))
    cut(source("SC", "400Regular"), "NotoSansHan.ttf", han | kana, "--layout-features=")
    hangul = encoded("euc_kr", range(0xB0, 0xC9)) | between((0x3131, 0x3190))
    cut(source("KR", "400Regular"), "NotoSansHangul.ttf", hangul, "--layout-features=")


main(sys.argv[1])
