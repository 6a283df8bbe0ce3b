"""Settings: everything comes from the environment; `base` is the product, `test` the suite's few overrides."""
