"""knockon's own tables: a folder of CSV or Parquet, one CSV, Parquet, YAML or JSON file.

Words: the head is title, weight_unit, hindsight and sources; an incident is a graph with a scenario
and what was reported; rules say what a mode crosses. Read `yaml.py` first: the JSON file and the
incidents are documents of the same shape. `write.py` writes what `folder.py` reads.
"""
