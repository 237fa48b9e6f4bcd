from __future__ import annotations

import numpy as np
import pytest

from bench.accuracy.benchmark import Outcome, judged, load_benchmark

from .conftest import SIDE, BenchmarkMaker


def test_pixels_carry_the_class_they_have_in_the_label_files(
    make_benchmark: BenchmarkMaker,
) -> None:
    benchmark = make_benchmark(noise=0.0)
    assert benchmark.values.tolist() == [10, 20, 30]
    for pixels in (benchmark.train, benchmark.test):
        spectra = pixels.of(benchmark.cube)
        for c in range(3):
            assert len(np.unique(spectra[pixels.classes == c], axis=0)) == 1


def test_nodata_is_neither_trained_on_nor_tested(make_benchmark: BenchmarkMaker) -> None:
    benchmark = make_benchmark(nodata=5)
    assert not benchmark.valid[:, :5].any()
    assert min(benchmark.train.cols.min(), benchmark.test.cols.min()) == 5


def test_pixels_that_are_trained_on_are_not_tested(make_benchmark: BenchmarkMaker) -> None:
    files = make_benchmark().files
    both = load_benchmark("x", 0, type(files)(files.raster, files.train, files.train))
    assert len(both.train) == SIDE * SIDE // 4
    assert len(both.test) == 0


def test_figures_are_those_of_the_confusion_matrix(make_benchmark: BenchmarkMaker) -> None:
    benchmark = make_benchmark()
    truth = benchmark.test.classes
    said = np.where(truth == 2, 0, truth)  # the third class is always taken for the first
    figures = judged(benchmark, Outcome(said, 2.0, 1.0, {"extra": 5.0}))
    assert figures["overall"] == pytest.approx((truth != 2).mean())
    assert figures["balanced"] == pytest.approx(2 / 3)
    assert figures["seconds"] == 3.0
    assert figures["extra"] == 5.0
    assert figures["test_pixels"] == len(truth)
