"""What would have to be wrong for the effect to vanish?"""

from ui import guard, page, steps

guard.enter(__file__)
page.begin(
    "Robustness",
    "What would break the effect: chance, a common cause that nobody measured, a few rows, or the "
    "choices made. Each check looks at one way to be wrong and is computed when it is opened.",
)

steps.run("robustness", page.need_question(), steps.PAGES["robustness"])
