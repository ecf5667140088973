"""The experiments of each tab: a package a tab, a file an experiment (components/tabs/experiment.py)."""
