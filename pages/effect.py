"""How large is the effect?"""

from ui import guard, page, steps

guard.enter(__file__)
page.begin(
    "Effect",
    "How much the outcome would change, who was compared for it, and by which estimator; a number "
    "here is an effect only under the graph that was drawn.",
)

asked = page.need_question()
steps.run("effect", asked, steps.PAGES["effect"])
page.link("What would break it", "robustness")
