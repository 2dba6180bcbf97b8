"""Results as one HTML file that opens anywhere, also without a network."""

from .report import report, report_html

__all__ = ["report", "report_html"]
