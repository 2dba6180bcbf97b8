"""Which design fits, when no list of confounders convinces?"""

from causal.designs.which_design import WhichDesign
from ui import guard, method, page
from workbench import METHODS

guard.enter(__file__)
page.begin(
    "Designs",
    "Most questions have no convincing list of confounders. How the treatment came about can take "
    "its place: five answers lead to a design, what it assumes and the columns it needs.",
)

data = page.need_data()
questions = [setting.name for setting in METHODS["causal.which_design"].settings]
found = method.present("causal.which_design", data, inline=questions)
if isinstance(found, WhichDesign):
    for way in found.frame[found.frame["fits"] != "no"].to_dict("records"):
        page.link(f"{way['design']} ({way['fits']})", way["page"])
