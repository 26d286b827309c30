"""What the dashboards are made of. `generate.py` writes them."""
