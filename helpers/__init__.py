"""The small modules that the notebooks build, import and train with."""
