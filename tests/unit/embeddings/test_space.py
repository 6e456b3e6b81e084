"""What is nearest, beside what comparing everything with everything says: exactly, among some rows, through an index, with rows gone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from rvbbit.embeddings import space as spaces
from rvbbit.embeddings.index import Index
from rvbbit.embeddings.kept import Kept
from rvbbit.embeddings.space import Space, grown
from rvbbit.interfaces import Matrix

DIMS = 32


def unit(rows: Matrix) -> Matrix:
    lengths: Matrix = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    return lengths


def points(count: int, seed: int = 0) -> Matrix:
    """Clusters, as texts are: not evenly spread."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(40, DIMS))
    return unit((centres[random.integers(0, 40, count)] + random.normal(size=(count, DIMS))).astype(np.float32))


def space(matrix: Matrix, owner: list[int] | None = None, index: Index | None = None) -> Space:
    owners = np.arange(len(matrix)) if owner is None else np.array(owner, np.int64)
    return Space("state", pa.array(range(len(owners))), owners, pa.array([f"h{i}" for i in range(len(matrix))]), matrix, index)


def brute(one: Space, vector: Matrix, k: int, rows: np.ndarray | None = None) -> list[int]:
    among = range(len(one.owner)) if rows is None else sorted(rows.tolist())
    cosines = one.matrix @ vector
    return sorted(among, key=lambda row: (-cosines[one.owner[row]], row))[:k]


def indexed(matrix: Matrix) -> Index:
    made = Index.made(matrix, 2, lambda count: True)
    assert made is not None
    return made


@pytest.mark.parametrize("k", [1, 10, 500, 2_000])
def test_exact_is_what_comparing_everything_says(k: int) -> None:
    one = space(points(500))
    for vector in points(20, seed=1):
        places, cosines = one.nearest(vector, k)
        assert places.tolist() == brute(one, vector, k)
        assert cosines.tolist() == sorted(cosines.tolist(), reverse=True)


@pytest.mark.parametrize("share", [0.01, 0.4, 0.9])
def test_among_some_rows_k_of_them_come_back(share: float) -> None:
    one = space(points(500))
    rows = np.flatnonzero(np.random.default_rng(2).random(500) < share)
    for vector in points(20, seed=1):
        assert one.nearest(vector, 10, rows)[0].tolist() == brute(one, vector, 10, rows)


def test_rows_of_one_text_are_all_found_and_the_first_of_equals_comes_first() -> None:
    one = space(points(3), owner=[2, 0, 2, 1, 2, 0])
    places, cosines = one.nearest(one.matrix[2], 3)
    assert (places.tolist(), np.round(cosines, 4).tolist()) == ([0, 2, 4], [1, 1, 1])
    assert one.nearest(one.matrix[2], 2, np.array([1, 4]))[0].tolist() == [4, 1]


def test_vectors_whose_rows_are_gone_do_not_come_back() -> None:
    one = space(points(3), owner=[0, 2])
    assert sorted(one.nearest(one.matrix[1], 3)[0].tolist()) == [0, 1]
    assert one.stale == pytest.approx((1 + 3) / 3)


@pytest.mark.parametrize(("k", "rows"), [(0, None), (-1, None), (5, np.array([], np.int64))])
def test_nothing_is_asked_for_and_nothing_found(k: int, rows: np.ndarray | None) -> None:
    assert [len(part) for part in space(points(3)).nearest(points(1)[0], k, rows)] == [0, 0]


def test_an_empty_space_finds_nothing() -> None:
    assert len(space(np.empty((0, DIMS), np.float32)).nearest(points(1)[0], 5)[0]) == 0


def test_a_threshold_is_the_least_similarity() -> None:
    one = space(points(100))
    _, cosines = one.nearest(one.matrix[7], 100, threshold=0.5)
    assert 0 < len(cosines) < 100
    assert cosines.min() >= 0.5
    assert len(one.nearest(one.matrix[7], 100, threshold=1.1)[0]) == 0


@pytest.fixture(scope="module")
def large() -> tuple[Matrix, Index]:
    matrix = points(12_000)
    return matrix, indexed(matrix)


@pytest.mark.parametrize("share", [None, 0.02, 0.5])
def test_an_index_finds_nearly_all_of_the_ten_nearest(
    large: tuple[Matrix, Index], monkeypatch: pytest.MonkeyPatch, share: float | None
) -> None:
    monkeypatch.setattr(spaces, "EXACT_UNDER", 100)
    matrix, index = large
    one = space(matrix, index=index)
    rows = None if share is None else np.flatnonzero(np.random.default_rng(3).random(len(matrix)) < share)
    found = [len({*one.nearest(vector, 10, rows)[0].tolist()} & {*brute(one, vector, 10, rows)}) for vector in points(40, seed=4)]
    assert sum(found) / (10 * len(found)) >= 0.98


def test_what_came_behind_an_index_is_found_beside_it(large: tuple[Matrix, Index], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spaces, "EXACT_UNDER", 100)
    matrix, index = large
    new = points(5, seed=9)
    one = space(np.concatenate([matrix, new]), index=index)
    assert [one.nearest(vector, 1)[0].tolist() for vector in new] == [[len(matrix) + place] for place in range(5)]


def test_an_index_with_vectors_whose_rows_are_gone_finds_k_others(large: tuple[Matrix, Index], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spaces, "EXACT_UNDER", 100)
    matrix, index = large
    gone = {*brute(space(matrix), matrix[0], 500)}
    left = [place for place in range(len(matrix)) if place not in gone]
    one = space(matrix, owner=left, index=index)
    places, _ = one.nearest(matrix[0], 10)
    assert len(places) == 10
    assert not {left[place] for place in places} & gone


def test_making_an_index_can_be_stopped() -> None:
    assert Index.made(points(6_000), 2, lambda count: False) is None


def test_a_space_is_kept_and_read_again(large: tuple[Matrix, Index], tmp_path: Path) -> None:
    matrix, index = large
    one, kept = space(matrix, index=index), Kept(tmp_path / "embeddings")
    assert kept.load("a") is None
    kept.save("a", one)
    again = Kept(tmp_path / "embeddings").load("a")
    assert again is not None
    assert (again.state, again.ids.to_pylist(), again.hashes.to_pylist()) == (one.state, one.ids.to_pylist(), one.hashes.to_pylist())
    assert again.index is not None and again.index.size == len(matrix)
    for vector in points(5, seed=4):
        assert again.nearest(vector, 10)[0].tolist() == one.nearest(vector, 10)[0].tolist()
    assert kept.load("b") is None
    kept.save("a", space(matrix, owner=[1, 2], index=index))
    assert len(Kept(tmp_path / "embeddings").load("a").owner) == 2  # type: ignore[union-attr]
    assert [path.name for path in (tmp_path / "embeddings").iterdir() if path.name.startswith(".new-")] == []


def test_a_space_without_an_index_is_kept_too(tmp_path: Path) -> None:
    one, kept = space(points(30), owner=[2, 0, 2, 29]), Kept(tmp_path)
    kept.save("a", space(points(20), index=indexed(points(20))))
    kept.save("a", one)
    again = kept.load("a")
    assert again is not None and again.index is None
    assert [part.tolist() for part in again.nearest(one.matrix[2], 3)] == [part.tolist() for part in one.nearest(one.matrix[2], 3)]


@pytest.mark.parametrize("file", ["space.json", "matrix.npy", "rows.arrow", "hashes.arrow", "index.usearch"])
@pytest.mark.parametrize("harm", ["cut", "gone", "rubbish"])
def test_a_harmed_file_is_made_again_and_never_believed(large: tuple[Matrix, Index], tmp_path: Path, file: str, harm: str) -> None:
    matrix, index = large
    kept = Kept(tmp_path)
    kept.save("a", space(matrix, index=index))
    (place,) = tmp_path.glob(f"*/{file}")
    whole = place.read_bytes()
    if harm == "gone":
        place.unlink()
    else:
        place.write_bytes(whole[: len(whole) // 2] if harm == "cut" else b"\x00rubbish" * 10)
    assert kept.load("a") is None


def test_a_space_grows_behind_what_it_had() -> None:
    old = space(points(2))
    assert [part.to_pylist() for part in grown(old, pa.array(["h1", "new"]))] == [["h0", "h1", "new"], ["new"]]
    assert [part.to_pylist() for part in grown(None, pa.array(["b", "a"]))] == [["b", "a"], ["b", "a"]]
