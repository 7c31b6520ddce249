"""Files that are read whole: what never ends, or has any size, is told."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from runtime.model.errors import StudioError
from runtime.model.files import input_file
from runtime.model.files.input_file import read_bounded, read_input


def test_a_file_is_read_whole_up_to_a_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(input_file, "_AT_ONCE", 4)
    path = tmp_path / "file"
    path.write_bytes(b"0123456789")
    assert read_bounded(path) == read_bounded(path, 10) == b"0123456789"
    os.truncate(path, 1 << 40)  # of which the disk holds nothing
    for endless in (path, Path("/dev/zero")):
        with pytest.raises(OSError, match="File too large") as told:
            read_bounded(endless, 10)
        assert (told.value.errno, told.value.filename) == (errno.EFBIG, str(endless))
    with pytest.raises(StudioError, match="the component cannot be read: File too large"):
        read_input(path, "the component", "Name another one.")
