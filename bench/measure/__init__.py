"""The vault beside its peers: servers, requests, work, budgets, report. Entry point: bench/run.py."""
