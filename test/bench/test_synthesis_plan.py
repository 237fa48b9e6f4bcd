from __future__ import annotations

from bench.synthesis.plan import ARMS, CHEAP, MIDDLE, PARTS, STAGES, Method, tasks

SCENES = ("a", "b")


def test_a_method_is_found_by_its_name_again() -> None:
    wanted = tasks(SCENES, 2)
    methods = {method for task in wanted for method in task.methods}
    assert len({method.name for method in methods}) == len(methods)
    assert all(Method.of_name(method.name) == method for method in methods)


def test_no_run_is_planned_twice() -> None:
    units = [unit for task in tasks(SCENES, 3) for unit in task.units]
    assert len(units) == len(set(units))


def test_every_arm_is_compared_with_every_number_of_labels() -> None:
    found = {
        (task.labels, method.classifier, method.arm)
        for task in tasks(SCENES, 1)
        for method in task.methods
    }
    for labels in (5, 10, 15):
        for arm in ARMS:
            assert {(labels, "svm", arm), (labels, "cnn", arm)} <= found


def test_an_early_stop_leaves_some_of_everything() -> None:
    order = [task.stage for task in tasks(SCENES, 5)]
    assert order[0] == "cheap"
    first = {stage: order.index(stage) for stage in STAGES}
    assert max(first.values()) < len(order) / 2
    draws = [task.draw for task in tasks(SCENES, 5, ("core",))]
    assert draws == sorted(draws)


def test_the_runs_of_a_task_need_one_synthesizer_at_most() -> None:
    for task in tasks(SCENES, 1):
        if task.stage in ("core", "labels"):
            assert len({method.synthesizer for method in task.methods}) == 1
    assert not any(Method("svm", arm).synthesizer for arm in CHEAP)
    switched = {Method("svm", "fine", without=part).synthesizer for part in PARTS}
    assert switched == {f"fine-{part}" for part in PARTS}
    assert Method("cnn", "vae").synthesizer == Method("svm", "fine", guidance=7.0).synthesizer


def test_a_task_can_be_narrowed_to_some_methods() -> None:
    task = tasks(SCENES, 1, ("cheap",))[0]
    assert task.labels == MIDDLE
    assert {method.classifier for method in task.only(["svm/*"]).methods} == {"svm"}
    assert not task.only(["film/*"]).methods
