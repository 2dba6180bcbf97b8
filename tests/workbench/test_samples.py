import pytest

from workbench import SAMPLES, ParameterError, sample, train


@pytest.mark.parametrize("name", list(SAMPLES))
def test_every_sample_is_ready_to_be_used(name):
    data, said = sample(name), SAMPLES[name]
    assert data.target == said.target
    assert said.title
    assert said.says.endswith(".")
    assert said.asks.endswith("?")
    assert len(data) >= 100
    assert data.features
    assert data.script.text.endswith(f"data = sample({name!r})\n")
    assert sample(name).fingerprint == data.fingerprint
    for column in said.question.confounders if said.question else ():
        assert column in data.features


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("diabetes", "regression"),
        ("nhefs", "regression"),
        ("breast_cancer", "binary"),
        ("hiv_results", "binary"),
        ("penguins", "multiclass"),
    ],
)
def test_every_sample_trains(name, task):
    assert train(sample(name), family="decision_tree").task == task


def test_nhefs_holds_the_textbooks_question_and_nothing_that_came_later():
    data, question = sample("nhefs"), SAMPLES["nhefs"].question
    assert question is not None
    assert set(data.features) == {question.treatment, *question.confounders}
    assert data.frame.shape[0] == 1566
    assert data.frame["qsmk"].sum() == 403
    # Hernán and Robins, chapter 12: those who stopped gained 2.5 kg more.
    gained = data.frame.groupby("qsmk")["wt82_71"].mean()
    assert gained[1] - gained[0] == pytest.approx(2.54, abs=0.01)
    assert data.frame["sex"].value_counts()["female"] == 804
    assert data.frame["education"].cat.ordered
    assert next(iter(data.frame["education"].cat.categories)) == "8th grade or less"
    assert any("wt82" in note for note in data.notes)


def test_job_training_holds_the_trained_beside_those_who_are_not_like_them():
    frame = sample("job_training").frame
    means = frame.groupby("treat")["re78"].mean()
    assert frame["treat"].value_counts().to_dict() == {0: 15_992, 1: 185}
    assert means[1] - means[0] == pytest.approx(-8497.52, abs=0.01)


def test_diabetes_is_in_its_own_units():
    frame = sample("diabetes").frame
    assert frame["age"].between(19, 79).all()
    assert frame["bmi"].between(18, 43).all()


def test_a_sample_that_is_not_there_names_those_that_are():
    with pytest.raises(ParameterError, match="no sample called 'iris'") as caught:
        sample("iris")
    assert "penguins" in caught.value.hint
