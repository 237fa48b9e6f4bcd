"""The page of synthetic samples: it lists the classes, and nothing can be started yet."""

from __future__ import annotations


def test_it_lists_the_classes_and_can_start_nothing(labelling, add_scene, give_labels, until):
    from hsi_film_plugin.dock.synthetic_page import SyntheticPage

    page = SyntheticPage(labelling)
    assert page.sampleClass.count() == 0
    labelling.set_scene(add_scene())
    labels = give_labels(labelling, "Forest", "<b>&x")
    until(lambda: page.sampleClass.count() == 2)
    assert [page.sampleClass.itemText(i) for i in range(2)] == ["Forest", "<b>&x"]
    labels.delete_class(1)
    until(lambda: page.sampleClass.count() == 1)
    for name in ("prompt", "sampleClass", "make", "addToTraining", "gallery"):
        assert not getattr(page, name).isEnabled()
    assert "not part of this version" in page.note.text()
