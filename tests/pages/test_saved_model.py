"""A model leaves as a file and comes back, with its table, into a session that had none."""

import pytest

from tests.pages.conftest import Dashboard, data_of, model_of
from ui import saved
from ui.state import Key
from workbench import FittedModel, train
from workbench.storing import model_bytes


def bring(dashboard: Dashboard, content: bytes, name: str = "model.whence.zip") -> Dashboard:
    dashboard.app.file_uploader(key="model-file").upload(name, content, "application/zip").run()
    return dashboard.sound()


def test_a_model_is_written_on_request(dashboard: Dashboard) -> None:
    dashboard.use(model_of("binary", "decision_tree")).go("model")
    assert not dashboard.app.download_button
    dashboard.press("Save this model")
    (button,) = dashboard.app.download_button
    assert button.label == "Download the model"
    assert "can read the rows" in dashboard.text


def test_a_saved_model_opens_with_its_table(dashboard: Dashboard) -> None:
    model = model_of("binary", "decision_tree")
    bring(dashboard.go("model"), model_bytes(model))
    assert dashboard[Key.MODEL].fingerprint == model.fingerprint
    assert dashboard[Key.DATASET].fingerprint == model.data.fingerprint
    assert "ROC AUC" in dashboard.text
    dashboard.go("dependence")
    assert dashboard.figures > 0
    (result,) = dashboard.press("Pin to report")[Key.PINNED]
    assert "load_model('model.whence.zip')" in result.provenance.script.text


@pytest.mark.parametrize(
    ("task", "family", "asked"),
    [
        ("regression", "gradient_boosting",
         {"objective": "quantile", "quantile": 0.8, "max_leaf_nodes": 7, "test_share": 0.3}),
        ("binary", "xgboost",
         {"early_stopping": True, "seed": 5, "class_weight": "balanced", "min_child_weight": 2.0}),
        ("multiclass", "random_forest", {"max_samples": 60, "n_estimators": 20}),
    ],
)  # fmt: skip
def test_the_form_is_filled_so_that_training_gives_the_same_model(
    dashboard: Dashboard, task: str, family: str, asked: dict
) -> None:
    model = train(data_of(task), family, **asked)
    bring(dashboard.go("model"), model_bytes(model))
    assert "differ from those of the model" not in dashboard.text
    again = dashboard.press("Train")[Key.MODEL]
    last = again.script.text.split("\nmodel = ")[-1]
    assert last.startswith("train(")
    assert again.fingerprint == model.fingerprint
    assert again.losses == model.losses


def test_what_the_form_cannot_hold_leaves_it_as_it_is(dashboard: Dashboard) -> None:
    model = train(data_of("binary"), "decision_tree", class_weight={"예": 3})
    bring(dashboard.go("model"), model_bytes(model))
    assert dashboard[Key.MODEL].fingerprint == model.fingerprint
    assert "differ from those of the model" in dashboard.text


def test_a_saved_model_is_opened_once(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[object] = []

    def load(file: object) -> FittedModel:
        opened.append(file)
        return model_of("regression", "decision_tree")

    monkeypatch.setattr(saved, "load_model", load)
    bring(dashboard.go("model"), b"any").app.run()
    dashboard.sound()
    assert len(opened) == 1


def test_a_file_that_is_none_is_a_sentence_and_changes_nothing(dashboard: Dashboard) -> None:
    model = model_of("binary", "decision_tree")
    bring(dashboard.use(model).go("model"), b"\x80\x04 no model")
    assert "is a pickle" in dashboard.warnings
    assert "What to do:" in dashboard.warnings
    assert dashboard[Key.MODEL] is model


def test_what_cannot_be_saved_is_a_sentence(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.storing import table

    monkeypatch.setattr(table, "MOST_BYTES", 100)
    dashboard.use(model_of("binary", "decision_tree")).go("model").press("Save this model")
    assert "at most" in dashboard.warnings
    assert not dashboard.app.download_button
    assert dashboard[Key.DATASET] is data_of("binary")
