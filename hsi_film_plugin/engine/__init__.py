"""The science of HSI FiLM. Imports neither QGIS nor Qt, and runs in its own process."""
