"""What would change if one acted? The question, and whether it may be answered."""

from ui import guard, page, question, selftest, steps

guard.enter(__file__)
page.begin(
    "Cause",
    "What would happen to an outcome if a treatment were set to another value; the answer holds "
    "only if no common cause of the two was left out, which no data can show.",
)

table = page.need_data()
asked = question.ask(table)
if asked is None:
    steps.announce(steps.PAGES["cause"])
else:
    steps.run("cause", asked, steps.PAGES["cause"])
    page.link("Estimate the effect", "effect")
selftest.show()
