"""For whom is the effect larger?"""

from ui import guard, page, steps

guard.enter(__file__)
page.begin(
    "Heterogeneity",
    "Whether the effect differs between rows, and between which. Most differences that a model "
    "finds are noise: single rows' effects are shown only after they have stood three tests.",
)

steps.run("heterogeneity", page.need_question())
