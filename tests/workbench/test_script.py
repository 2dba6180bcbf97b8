from workbench.script import Name, Script, call


def test_a_script_grows_by_statements_and_gathers_its_imports():
    data = Script("data", (("workbench", "read"),), ('data = read("a.csv")',))
    model = data.then("model", "workbench", "train", Name("data"), family="xgboost")
    assert model.name == "model"
    assert model.text == (
        "from workbench import read, train\n\n"
        'data = read("a.csv")\n'
        "model = train(data, family='xgboost')\n"
    )


def test_a_long_call_is_written_one_argument_to_a_line():
    written = call("ask", Name("data"), confounders=tuple(f"confounder {i}" for i in range(9)))
    assert written.startswith("ask(\n    data,\n    confounders=['confounder 0'")
    assert written.endswith(",\n)")


def test_what_a_user_named_stays_a_string():
    name = "');import os;('"
    compiled = compile(call("f", feature=name), "script", "eval")
    assert name in compiled.co_consts


def test_what_a_script_makes_can_be_called_something_else():
    data = Script("data", (), ('data = read("a.csv")',))
    model = data.then("model", "workbench", "train", Name("data")).renamed("model_2")
    assert model.name == "model_2"
    assert model.statements == ('data = read("a.csv")', "model_2 = train(data)")
    changed = model.also("model_2", (), ("model_2.name = 'b'",)).renamed("last")
    assert changed.statements[-1] == "last = model_2"
