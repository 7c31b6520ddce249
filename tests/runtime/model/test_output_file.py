"""Files that somebody asked to be written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runtime.model.errors import StudioError
from runtime.model.files.output_file import open_output, require_writable, write_output


def test_a_file_that_exists_stays_unless_it_may_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "out"
    require_writable(path, "the list")
    assert not path.exists()
    write_output(path, "the list", "first")
    with pytest.raises(StudioError, match="the list cannot be written: File exists") as refused:
        require_writable(path, "the list")
    assert refused.value.diagnostics[0].help == (
        "Choose another file, or replace it with --overwrite. Nothing was run."
    )
    with pytest.raises(StudioError, match="File exists"):
        write_output(path, "the list", "second")
    require_writable(path, "the list", overwrite=True)
    assert path.read_text() == "first"
    write_output(path, "the list", "2", overwrite=True)
    assert path.read_text() == "2"


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_is_called_one_and_a_device_is_written_to(tmp_path: Path, overwrite: bool) -> None:
    with pytest.raises(StudioError, match="Is a directory"):
        require_writable(tmp_path, "the list", overwrite=overwrite)
    with pytest.raises(IsADirectoryError):
        open_output(tmp_path, overwrite=overwrite)
    with pytest.raises(StudioError, match="No such file or directory"):
        require_writable(tmp_path / "no" / "out", "the list", overwrite=overwrite)
    with pytest.raises(StudioError, match="- does not stand for standard output here"):
        require_writable(Path("-"), "the list", overwrite=overwrite)
    require_writable(Path(os.devnull), "the list", overwrite=overwrite)
    write_output(Path(os.devnull), "the list", "gone", overwrite=overwrite)
