"""Everything Streamlit, but for the pages: session, cache, forms, and how a result is shown."""
