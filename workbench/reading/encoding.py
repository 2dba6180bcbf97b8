"""Which letters the bytes of a text file mean.

The order of the trials decides, because cp949 and utf-16 decode almost anything: first a byte
order mark, then the pattern of zero bytes, then UTF-8 (which other encodings pass by accident
only in tiny files), then Korean against Western European by how plausible the text would be.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from itertools import islice

from ..errors import DataError, ParameterError
from .source import Source
from .wording import number_of

#: UTF-32 before UTF-16: the mark of one begins with the mark of the other.
_MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SPOKEN = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with a byte order mark",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 (little endian)",
    "utf-16-be": "UTF-16 (big endian)",
    "utf-32": "UTF-32",
    "cp949": "CP949 (Korean)",
    "cp1252": "CP1252 (Western European)",
}
#: How many characters beyond ASCII are looked at to tell Korean from Western European.
MOST_JUDGED = 50_000
#: A file is still taken for what it nearly is when at most this share of those is broken.
MOST_BROKEN = 0.02

_NAME_IT = (
    "Name it, for example encoding='cp932' (Japanese), 'gb18030' (Chinese), 'cp1251' (Cyrillic) "
    "or 'cp1250' (Central European); or save the file as UTF-8."
)
#: Control characters that no text file holds; Excel's and people's files hold none of them.
_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\v\f\r\x1b")


@dataclass(frozen=True)
class Decoded:
    """The text as UTF-8 bytes without a mark, and the encoding it was read from."""

    utf8: bytes
    encoding: str
    notes: tuple[str, ...]


def decode(source: Source, encoding: str | None = None) -> Decoded:
    """The text of a file; raises `DataError` where the bytes are no text or the encoding cannot
    be told, `ParameterError` for an encoding that does not exist."""
    if encoding is not None:
        return _decoded_as_told(source, encoding)
    data = source.data
    certain = _by_mark(data) or _by_zero_bytes(data)
    if certain:
        return _decoded_as_told(source, certain)
    if _holds_control_characters(data):
        raise _no_text(source)
    if _decodes(data, "utf-8"):
        return Decoded(data, "utf-8", ("The text is encoded as UTF-8.",))
    return _plausible(source)


def _decoded_as_told(source: Source, encoding: str) -> Decoded:
    try:
        text = source.data.decode(_text_codec(encoding))
    except UnicodeDecodeError as error:
        raise DataError(
            f"{source.opening} is not {encoding}: byte {error.start:,} "
            f"(0x{source.data[error.start]:02x}) cannot be read.",
            "Leave the encoding out to have it guessed, or name another.",
        ) from error
    utf8 = text.removeprefix("\ufeff").encode("utf-8", errors="replace")
    if _holds_control_characters(utf8):
        raise _no_text(source)
    return Decoded(utf8, encoding, (f"The text is encoded as {_spoken(encoding)}.",))


def _text_codec(encoding: str) -> str:
    try:
        # Only codecs between text and bytes: 'zlib' and 'rot13' are codecs too.
        "".encode(encoding)
    except (LookupError, ValueError) as error:
        raise ParameterError(
            f"encoding = {encoding!r} is not a text encoding.",
            "Use one such as 'utf-8', 'cp949', 'cp1252' or 'utf-16'.",
        ) from error
    return encoding


def _spoken(encoding: str) -> str:
    return _SPOKEN.get(codecs.lookup(encoding).name, encoding)


def _by_mark(data: bytes) -> str | None:
    return next((name for mark, name in _MARKS if data.startswith(mark)), None)


def _by_zero_bytes(data: bytes) -> str | None:
    """UTF-16 without a mark: delimiters, digits and line ends have a zero byte on one side."""
    head = data[:4096]
    at_even, at_odd = head[0::2].count(0), head[1::2].count(0)
    most, least = max(at_even, at_odd), min(at_even, at_odd)
    if len(data) % 2 or most < len(head) / 20 or least > most / 5:
        return None
    encoding = "utf-16-be" if at_even > at_odd else "utf-16-le"
    return encoding if _decodes(data, encoding) else None


def _decodes(data: bytes, encoding: str) -> bool:
    try:
        data.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _plausible(source: Source) -> Decoded:
    data = source.data
    if _broken_share(data, "utf-8") <= MOST_BROKEN:
        return _repaired(data, "utf-8")
    if _broken_share(data, "cp949") <= MOST_BROKEN and _reads_as_korean(data):
        return _repaired(data, "cp949")
    if _reads_as_western(data):
        return _repaired(data, "cp1252")
    raise DataError(
        f"The encoding of {source.spoken} cannot be told: the text is neither UTF-8 nor plausible "
        "Korean (cp949) or Western European (cp1252).",
        _NAME_IT,
    )


def _repaired(data: bytes, encoding: str) -> Decoded:
    text = data.decode(encoding, errors="replace")
    broken = text.count("\ufffd")
    guess = (
        f"The text is encoded as {_SPOKEN[encoding]}, as far as can be told; if letters look "
        "wrong, name the encoding."
    )
    if not broken:
        return Decoded(text.encode("utf-8"), encoding, (guess,))
    line = text[: text.index("\ufffd")].count("\n") + 1
    loss = (
        f"{number_of(broken, 'character')} could not be read and became '\ufffd', "
        f"the first on line {line:,}."
    )
    return Decoded(text.encode("utf-8"), encoding, (guess, loss))


def _beyond_ascii(data: bytes, encoding: str) -> list[str]:
    text = data.decode(encoding, errors="replace")
    return [m.group() for m in islice(re.finditer("[^\x00-\x7f]", text), MOST_JUDGED)]


def _broken_share(data: bytes, encoding: str) -> float:
    letters = _beyond_ascii(data, encoding)
    return letters.count("\ufffd") / len(letters) if letters else 0.0


def _reads_as_korean(data: bytes) -> bool:
    """Most syllables are of the everyday 2,350. A Western text read as cp949 gives an accented
    letter and the ASCII letter after it, which are rare syllables outside those. Signs of the
    same standard (￦, ㎡, ※) tell nothing."""
    letters = [c for c in _beyond_ascii(data, "cp949") if c != "\ufffd"]
    syllables = [c for c in letters if _is_hangul(c) or not _is_everyday(c)]
    everyday = sum(_is_hangul(c) and _is_everyday(c) for c in syllables)
    return everyday > 0.6 * len(syllables)


def _is_hangul(letter: str) -> bool:
    return "가" <= letter <= "힣"


def _is_everyday(letter: str) -> bool:
    """Whether it stands in the standard that cp949 extends."""
    return all(byte >= 0xA1 for byte in letter.encode("cp949"))


def _reads_as_western(data: bytes) -> bool:
    """Letters beyond ASCII stand alone or in pairs: where they form words of their own, the
    alphabet is another."""
    runs = [m.group() for m in islice(re.finditer(rb"[\x80-\xff]+", data), MOST_JUDGED)]
    short = sum(len(run) <= 2 for run in runs)
    undefined = sum(byte in run for run in runs for byte in b"\x81\x8d\x8f\x90\x9d")
    return short >= 0.8 * len(runs) and undefined <= MOST_BROKEN * len(runs)


def _holds_control_characters(data: bytes) -> bool:
    # Deleting them from 100 MB takes a tenth of searching for them.
    return len(data.translate(None, _CONTROL)) < len(data)


def _no_text(source: Source) -> DataError:
    return DataError(
        f"{source.opening} is not a table: it holds bytes that no text has.",
        "Bring a CSV, Excel or Parquet file.",
    )
